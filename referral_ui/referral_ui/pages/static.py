"""Style sheet and script, from memory."""

from __future__ import annotations

from litestar import Response, Router, get
from litestar.params import FromPath

from referral_hub.errors import NotFound
from referral_ui.assets import assets
from referral_ui.errors import answer_hub_error
from referral_ui.guards import public
from referral_ui.requests import HubRequest

_FOR_A_YEAR = "public, max-age=31536000, immutable"


@get("/static/{path:path}", guards=[public], sync_to_thread=False)
def send_asset(request: HubRequest, path: FromPath[str]) -> Response[bytes]:
    """The address carries the content's digest, so what a browser kept is never stale."""
    asset = assets().get(path.lstrip("/"))
    if asset is None:
        return answer_hub_error(request, NotFound())
    zipped = "gzip" in request.headers.get("accept-encoding", "")
    return Response(
        asset.compressed if zipped else asset.content,
        media_type=asset.media_type,
        headers={
            "cache-control": _FOR_A_YEAR,
            "vary": "accept-encoding",
            "etag": f'"{asset.digest}"',
            **({"content-encoding": "gzip"} if zipped else {}),
        },
    )


router = Router("/", route_handlers=[send_asset], include_in_schema=False)
