"""One-click unsubscribing (RFC 8058, quality.md S16)."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from email.message import EmailMessage

import pytest

from chassis.settings import settings
from contracts.portal import EventChangedV1
from tests.factories import emitted, instant
from tests.notifications.cast import AIGUL, BORIS, WEBINAR, House, words
from tests.notifications.test_inquiries import ACCEPTED


def link(mail: EmailMessage) -> str:
    """The https address of the List-Unsubscribe header."""
    found = re.match(r"<(https://[^>]+)>, <(mailto:[^>]+)>$", str(mail["List-Unsubscribe"]))
    assert found
    return found[1]


def token(mail: EmailMessage) -> str:
    """The token of a letter's way out."""
    return link(mail).rpartition("/")[2]


@pytest.fixture
def notice(house: House) -> EmailMessage:
    """Aigul's notice of the webinar; Boris got one too."""
    house.know(AIGUL, BORIS)
    house.hear(WEBINAR)
    return house.post()[0]


def test_it_offers_one_click(notice: EmailMessage) -> None:
    assert link(notice).startswith("https://aymak.example/v1/unsubscribe/")
    assert notice["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert notice["List-Id"] == "<event-notice.aymak.example>"
    assert link(notice) in words(notice) and link(notice) in words(notice, "html")


def test_it_puts_no_personal_field_into_the_token(notice: EmailMessage) -> None:
    spelled = token(notice)
    inside = urlsafe_b64decode(spelled + "=" * (-len(spelled) % 4))
    assert AIGUL.client_id.bytes in inside, "decoded as it was made"
    for personal in ("aigul", "aigulов", "example.kg"):
        assert personal.encode() not in inside.lower() and personal not in link(notice).lower()


def test_it_only_describes_when_asked(house: House, notice: EmailMessage) -> None:
    told = {"topic": "event_notice", "language": "ky", "unsubscribed": False}
    assert house.call("describe_unsubscribe", token(notice)) == told
    assert house.call("describe_unsubscribe", token(notice)) == told
    assert emitted(house.db, "client_unsubscribed") == []


def test_it_unsubscribes_once(house: House, notice: EmailMessage) -> None:
    for _ in range(3):
        assert house.call("unsubscribe", token(notice))["unsubscribed"] is True
    (told,) = emitted(house.db, "client_unsubscribed")
    assert (told.data.client_id, told.data.topic) == (AIGUL.client_id, "event_notice")


def test_it_stops_mail_that_is_queued(house: House, notice: EmailMessage) -> None:
    moved = EventChangedV1(event_ref="e-9", starts_at=instant("2022-03-16 14:00"))
    house.hear(moved, at="2022-03-05 10:00")
    house.call("unsubscribe", token(notice))
    assert house.readers() == ["boris@example.kg"]
    assert house.ledger("event_changed") == {"aigul": "unsubscribed", "boris": "sent"}


def test_it_stops_that_topic_only(house: House, notice: EmailMessage) -> None:
    house.call("unsubscribe", token(notice))
    house.hear(ACCEPTED)
    assert house.readers() == ["aigul@example.kg"]


def test_it_heeds_a_link_of_the_secret_before_this_one(
    house: House, notice: EmailMessage, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer, newest = "newer-for-tests-0123456789-abcdefgh", "newest-for-tests-0123456789-abcdefg"
    monkeypatch.setenv("AYMAK_SECRET_PREVIOUS", settings().secret)
    monkeypatch.setenv("AYMAK_SECRET", newer)
    settings.cache_clear()
    assert house.call("unsubscribe", token(notice))["unsubscribed"] is True
    monkeypatch.setenv("AYMAK_SECRET_PREVIOUS", newer)
    monkeypatch.setenv("AYMAK_SECRET", newest)
    settings.cache_clear()
    assert house.call("unsubscribe", token(notice))["kind"] == "NotFound"


@pytest.mark.parametrize("wrong", ["", "x", "A" * 70, "../../etc", "ы", "A" * 5000])
def test_it_knows_no_other_token(house: House, wrong: str) -> None:
    assert house.call("unsubscribe", wrong)["kind"] == "NotFound"


def test_it_refuses_a_token_that_was_tampered_with(house: House, notice: EmailMessage) -> None:
    good = token(notice)
    for place in range(0, len(good), 7):
        other = "A" if good[place] != "A" else "B"
        bad = good[:place] + other + good[place + 1 :]
        assert house.call("unsubscribe", bad)["kind"] == "NotFound"
    assert emitted(house.db, "client_unsubscribed") == []
