"""Our own style sheet and script, and the vendored ones, kept in memory and named by their content.

A page links `/static/hub.css?v=<digest>`, so a browser may keep a file for a year and still gets the new one after
an upgrade. Files are compressed once, at the start. Icons are drawn into the page, so that they print, take the
colour of the text and cost no request.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from functools import cache
from pathlib import Path

import msgspec
from markupsafe import Markup

STATIC_FOLDER = Path(__file__).parent / "static"
VENDOR_FOLDER = STATIC_FOLDER / "vendor"
ICON_FOLDER = VENDOR_FOLDER / "icons"

_SERVED = {".css", ".js", ".svg", ".png", ".ico", ".txt"}
_DIGEST_LENGTH = 10
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


class Asset(msgspec.Struct, frozen=True):
    """One file as it is sent."""

    path: str
    media_type: str
    digest: str
    content: bytes
    compressed: bytes


@cache
def assets() -> dict[str, Asset]:
    """Every file that is served, by its path under `static/`. Icons are not: they are drawn into pages."""
    found = {}
    for file in sorted(STATIC_FOLDER.rglob("*")):
        if file.is_file() and file.suffix in _SERVED and ICON_FOLDER not in file.parents:
            asset = _read_asset(file)
            found[asset.path] = asset
    return found


def asset_url(path: str) -> str:
    """The address of a file under `static/`, for templates: `{{ asset("hub.css") }}`."""
    return f"/static/{path}?v={assets()[path].digest}"


@cache
def icon(name: str, label: str = "") -> Markup:
    """Draw a Tabler outline icon. Screen readers pass over it unless it has a label."""
    svg = _COMMENT.sub("", (ICON_FOLDER / f"{name}.svg").read_text(encoding="utf-8"))
    body = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    body = " ".join(line.strip() for line in body.splitlines() if 'd="M0 0h24v24H0z"' not in line).strip()
    spoken = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup(
        '<svg class="icon" width="20" height="20" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        ' stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" focusable="false" {}>{}</svg>'
    ).format(spoken, Markup(body))  # noqa: S704 - drawn by us, from a file of the package


def _read_asset(file: Path) -> Asset:
    content = file.read_bytes()
    return Asset(
        path=file.relative_to(STATIC_FOLDER).as_posix(),
        media_type=mimetypes.types_map.get(file.suffix, "application/octet-stream"),
        digest=hashlib.sha256(content).hexdigest()[:_DIGEST_LENGTH],
        content=content,
        compressed=gzip.compress(content, mtime=0),
    )
