"""Pictures of pages, to look at: wide and narrow, Chinese and English.

    python -m tests.e2e.screens --as worker --password … /today /cases

against a hub that is running (`--at`, by default http://127.0.0.1:8000). Files go to `build/screens`. In a test,
`take(page, "name")` does the same for a page that is already open.
"""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from tests.e2e.conftest import CHROMIUM_FLAGS, chromium_path, sign_in

FOLDER = Path("build", "screens")
WIDTHS = {"wide": 1280, "phone": 390}
LANGUAGES = ("zh", "en")


def take(page: Page, name: str, *, folder: Path = FOLDER) -> Path:
    """One picture of the whole page as it stands."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    page.screenshot(path=path, full_page=True)
    return path


def take_all(page: Page, address: str, *, folder: Path = FOLDER) -> list[Path]:
    """Four pictures of one address: two widths in two languages."""
    name = re.sub(r"[^a-z0-9]+", "-", address.lower()).strip("-") or "home"
    taken = []
    for language in LANGUAGES:
        for width_name, width in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{address}{'&' if '?' in address else '?'}lang={language}")
            taken.append(take(page, f"{name}-{width_name}-{language}", folder=folder))
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--at", default="http://127.0.0.1:8000", help="the running hub")
    parser.add_argument("--as", dest="login", default="", help="sign in with this account first")
    parser.add_argument("--password", default=os.environ.get("HUB_DEMO_PASSWORD", ""))
    parser.add_argument("--to", type=Path, default=FOLDER, help="folder for the pictures")
    parser.add_argument("addresses", nargs="+", help="such as /today /cases")
    asked = parser.parse_args()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        page = browser.new_context(base_url=asked.at, locale="zh-CN", timezone_id="Asia/Shanghai").new_page()
        if asked.login:
            sign_in(page, asked.login, asked.password)
        for address in asked.addresses:
            for path in take_all(page, address, folder=asked.to):
                print(path)  # noqa: T201 - a command line prints
        browser.close()


if __name__ == "__main__":
    main()
