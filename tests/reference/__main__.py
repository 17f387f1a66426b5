"""Write every page of `docs/reference/` anew."""

from __future__ import annotations

from tests.reference.pages import FOLDER, render_all


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in render_all().items():
        path = FOLDER / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(path.relative_to(FOLDER.parent.parent))  # noqa: T201 - says what it changed


main()
