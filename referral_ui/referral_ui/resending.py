"""What a page that could not be served keeps, so that it can be asked for, or sent, once more.

The typed fields stand in the answer itself, in a form whose button sends them again: nothing is stored anywhere, and no
script is needed. The hidden ones go with them: the key, so that what was taken after all does not count twice, and the
token against forgery, as it was sent and not a new one, so that nobody else's form becomes this person's.
"""

from __future__ import annotations

from typing import Any

from referral_ui.kept_form import UNKEPT
from referral_ui.requests import HubRequest

WITH_PASSWORDS = ("/sign-in", "/account")
"""Nothing of these forms is kept. Of every other a password or secret that it asks for is left out."""


def sent_again(request: HubRequest) -> dict[str, Any]:
    """`again`: the address to go to; `kept`: pairs of field and text; `files`: whether a file must be chosen again."""
    query = f"?{request.url.query}" if request.url.query else ""
    again = request.url.path + query
    typed = request.submitted
    if request.method != "POST" or not typed.texts or request.url.path.startswith(WITH_PASSWORDS):
        return {"again": again if request.method == "GET" else None, "kept": [], "files": False}
    secrets = set(typed.texts.get(UNKEPT, ()))
    kept = [(key, text) for key, texts in typed.texts.items() if key not in secrets for text in texts]
    # No link to the other language either: it would lead away from what was typed.
    return {"again": again, "kept": kept, "languages": {}, "files": any(file.filename for file in typed.files.values())}
