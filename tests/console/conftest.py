"""A browser, and the real product with two months of the demo, for all tests of the console."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from launch import browser
from tests import npm
from tests.conftest import skipped_if_missing
from tests.console import product as products
from tests.console.product import Product

DESK = {"width": 1366, "height": 900}
Open = Callable[..., Any]


@pytest.fixture(scope="session")
def product() -> Iterator[Product]:
    """The product; what a test does to it stays, so tests make what they change.

    ``CONSOLE_STATE`` names the state of a demo that runs already: it saves a minute a run.
    """
    if running := os.environ.get("CONSOLE_STATE"):
        yield products.of(Path(running))
        return
    # PostgreSQL runs as a user of its own, who must be able to enter.
    folder = Path(tempfile.mkdtemp(prefix="aymak-console-"))
    folder.chmod(0o755)
    state = folder / "state"
    try:
        with skipped_if_missing("servers of the product"):
            made = products.start(state)
        yield made
    finally:
        products.stop(state)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for the session."""
    with skipped_if_missing("Chromium"), browser.chromium() as running:
        yield running


@pytest.fixture(scope="session")
def axe() -> str:
    """The script that looks at a page for what keeps people out."""
    found = npm.package(Path(__file__).parent, "axe-core") / "axe.min.js"
    return found.read_text("utf-8")


class Watched:
    """A page of the console; what its policy or its scripts complain of ends the test."""

    def __init__(self, context: Any) -> None:
        self.page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))

    def _heard(self, message: Any) -> None:
        # A refused form is a 4xx that the browser tells of, too; tests ask for those.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)


@pytest.fixture
def open_page(product: Product, chromium: Any) -> Iterator[Open]:
    """Return pages of a browser; ``role`` signs somebody in, "" nobody."""
    contexts: list[Any] = []
    watched: list[Watched] = []

    def open_(role: str = "administrator", **options: Any) -> Any:
        settings = {"viewport": DESK, "locale": "ru", "base_url": product.url, **options}
        context = chromium.new_context(**settings)
        context.set_default_timeout(15_000)
        contexts.append(context)
        one = Watched(context)
        watched.append(one)
        if role:
            # Told as over https: the prefix asks for that, and loopback gets it all the same.
            secure = product.url.replace("http:", "https:")
            cookie = {"name": "__Host-aymak", "value": product.token(role), "url": secure}
            flags = {"secure": True, "httpOnly": True, "sameSite": "Lax"}
            context.add_cookies([cookie | flags])
        return one.page

    yield open_
    for context in contexts:
        context.close()
    complaints = [text for one in watched for text in one.complaints]
    assert not complaints, complaints
