"""Every letter in every language, from the golden examples: whole, in one language, well-formed."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from chassis.i18n import LANGUAGES
from contracts.envelope import parse
from services.notifications.rules.notices import NOTICES
from services.notifications.service import NotificationsService
from services.notifications.words import CATALOG
from tests.factories import deliver, instant
from tests.notifications.cast import House, words

EXAMPLES = Path(__file__).parents[2] / "contracts" / "examples"
# What has to be told for each notice, in this order.
STORIES = {
    "welcome": ("clients.client_added",),
    "event_notice": ("clients.client_added", "portal.event_announced"),
    "event_changed": ("clients.client_added", "portal.event_announced", "portal.event_changed"),
    "event_cancelled": ("clients.client_added", "portal.event_announced", "portal.event_cancelled"),
    "inquiry_receipt": ("clients.client_added", "feedback.inquiry_accepted"),
    "inquiry_answer": ("clients.client_added", "feedback.inquiry_answered"),
    "inquiry_overdue": ("feedback.inquiry_overdue",),
}
VOID = {"meta", "br"}


def example(name: str, language: str) -> dict[str, Any]:
    """A golden example, told in ``language``."""
    wire = json.loads((EXAMPLES / f"{name}.v1.json").read_text())
    assert isinstance(wire, dict)
    if "language" in wire["data"]:
        wire["data"]["language"] = language
    return wire


def letter(house: House, notice: str, language: str) -> EmailMessage:
    """The mail that a notice's story ends in."""
    sent: list[EmailMessage] = []
    for name in STORIES[notice]:
        house.now = max(house.now, parse(example(name, language)).time, instant("2022-03-04 10:30"))
        outcome = deliver(house.db, NotificationsService, example(name, language))
        assert outcome == "applied", (name, outcome)
        sent += house.post()
    house.now += timedelta(hours=10)  # What was told of at midnight waits for the morning.
    return [*sent, *house.post()][-1]


class Tags(HTMLParser):
    """Checks that every tag is closed in its turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Open a tag."""
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close it in its turn."""
        assert self.open.pop() == tag


def test_it_has_a_story_for_each_notice() -> None:
    assert set(STORIES) == set(NOTICES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("notice", STORIES)
def test_it_renders_from_the_golden_example(
    house: House, monkeypatch: pytest.MonkeyPatch, notice: str, language: str
) -> None:
    if notice == "inquiry_overdue":
        speak_to_staff(monkeypatch, language)
    mail = letter(house, notice, language)
    html, text = words(mail, "html"), words(mail)
    assert Tags(html).open == []
    assert f'<html lang="{language}">' in html and mail["Content-Language"] == language
    assert mail["Reply-To"].addresses[0].addr_spec == "office@aymak.example"
    for part in (str(mail["Subject"]), html, text):
        assert not re.search(r"[{}]|None\b|\bcommon\.|\b[a-z_]+\.[a-z_]+\b(?=<)", part), part
    regards = CATALOG.gettext(language, "common.regards")
    assert regards in text and regards in html
    for other in set(LANGUAGES) - {language}:
        assert CATALOG.gettext(other, "common.regards") not in text


def speak_to_staff(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    """Alerts are in the first language of the reports."""
    from chassis.settings import settings

    monkeypatch.setenv("AYMAK_REPORT_LANGUAGES", language)
    settings.cache_clear()


def test_it_uses_every_word_that_is_translated() -> None:
    folder = Path(__file__).parents[2] / "services" / "notifications"
    code = "".join(path.read_text() for path in [*folder.glob("*.py"), *folder.glob("templates/*")])
    stems = ("event.kind.", "welcome.item_", "inquiry_overdue.deadline.", "welcome.intro")
    unused = {
        key
        for key in CATALOG.keys("ru")
        if f'"{key}"' not in code
        and not key.startswith(stems)
        and not re.fullmatch(r"event_(notice|changed|cancelled)\.\w+", key)
    } - {"common.bishkek_time"}
    assert unused == set()
