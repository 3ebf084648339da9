"""Debian's Chromium, driven by Playwright: for the pictures of the console and for its tests.

Nothing of the browser leaves this machine: it is told to look nothing up in the background.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from launch.errors import LaunchError

QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
    "--font-render-hinting=none",
)


@contextmanager
def chromium() -> Iterator[Any]:
    """Yield a running Chromium as a Playwright ``Browser``; raises LaunchError without one."""
    program = shutil.which("chromium")
    if program is None:
        raise LaunchError("There is no chromium here: apt-get install chromium.")
    # A big library that only pictures and tests need.
    from playwright.sync_api import sync_playwright

    # Chromium's sandbox does not work for root.
    options = [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else list(QUIET)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=options)
        try:
            yield browser
        finally:
            browser.close()


def sign_in(page: Any, url: str, login: str, password: str) -> None:
    """Sign in on a page of the console as a person would."""
    page.goto(f"{url}/sign-in")
    page.fill("#f-login", login)
    page.fill("#f-password", password)
    page.click("button.btn-primary")
    page.wait_for_url(lambda found: "/sign-in" not in found)
