"""Write every page of `docs/reference/` again, and note what the public names have grown by."""

from __future__ import annotations

from tests.reference import public_api
from tests.reference.pages import FOLDER, render_all


def main() -> None:
    public_api.main()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in render_all().items():
        path = FOLDER / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(path.relative_to(FOLDER.parent.parent))  # noqa: T201 - says what it changed


main()
