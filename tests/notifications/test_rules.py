"""The pure rules: lateness, quiet hours, reasons, tokens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.notifications.rules.notices import NOTICES, Notice, is_too_late
from services.notifications.rules.quiet_hours import quiet_until
from services.notifications.rules.reasons import Reader, reason_to_skip
from services.notifications.rules.unsubscribe_tokens import BadToken, make_token, read_token

BISHKEK = ZoneInfo("Asia/Bishkek")
SINCE = datetime(2022, 3, 4, 9, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
SECRET, OTHER = "one secret of thirty-two letters", "another secret of thirty letters"
CLIENT = UUID("053a9625-f8cd-510f-9887-5174ecf58f9e")
READER = Reader(is_person=True, has_address=True, consented=True, unsubscribed=False)


@pytest.mark.parametrize(
    ("notice", "after", "late"),
    [
        ("welcome", WEEK, False),
        ("welcome", WEEK + timedelta(seconds=1), True),
        ("inquiry_receipt", WEEK, False),
        ("inquiry_receipt", WEEK + timedelta(seconds=1), True),
        ("inquiry_answer", timedelta(days=400), False),
        ("event_notice", timedelta(seconds=-1), False),
        ("event_notice", timedelta(0), True),
        ("event_changed", timedelta(0), True),
        ("event_cancelled", timedelta(0), True),
        ("inquiry_overdue", timedelta(days=400), False),
    ],
)
def test_it_knows_what_is_too_late(notice: str, after: timedelta, late: bool) -> None:
    assert is_too_late(NOTICES[notice], at=SINCE + after, since=SINCE) is late


def test_it_is_never_too_late_for_what_has_no_beginning() -> None:
    assert not is_too_late(NOTICES["inquiry_answer"], at=SINCE, since=None)


@pytest.mark.parametrize(
    ("hour", "until"),
    [
        ((0, 0), (4, 8)),
        ((7, 59), (4, 8)),
        ((8, 0), None),
        ((20, 59), None),
        ((21, 0), (5, 8)),
        ((23, 59), (5, 8)),
    ],
)
def test_it_knows_quiet_hours(hour: tuple[int, int], until: tuple[int, int] | None) -> None:
    at = datetime(2022, 3, 4, *hour, tzinfo=BISHKEK)
    expected = until and datetime(2022, 3, until[0], until[1], tzinfo=BISHKEK)
    assert quiet_until(at) == expected


@pytest.mark.parametrize(
    ("notice", "reader", "reason"),
    [
        ("welcome", READER, None),
        ("welcome", replace(READER, consented=False), "no_consent"),
        ("welcome", replace(READER, consented=False, is_person=False), None),
        ("welcome", replace(READER, unsubscribed=True), "unsubscribed"),
        ("welcome", replace(READER, unsubscribed=True, is_person=False), "unsubscribed"),
        ("welcome", replace(READER, has_address=False, consented=False), "no_address"),
        ("welcome", replace(READER, status="merged"), "client_gone"),
        ("inquiry_answer", replace(READER, consented=False, unsubscribed=True), None),
        ("inquiry_answer", replace(READER, status="merged"), None),
        ("inquiry_answer", replace(READER, has_address=False), "no_address"),
    ],
)
def test_it_names_the_first_reason(notice: str, reader: Reader, reason: str | None) -> None:
    assert reason_to_skip(NOTICES[notice], reader) == reason


def test_it_names_lateness_before_all() -> None:
    nobody = replace(READER, has_address=False)
    assert reason_to_skip(NOTICES["welcome"], nobody, late=True) == "too_late"


def test_it_asks_no_consent_of_transactional_mail_only() -> None:
    free = {code for code, notice in NOTICES.items() if notice.transactional}
    assert free == {"inquiry_receipt", "inquiry_answer", "inquiry_overdue"}
    assert Notice(code="x", purpose="service", consent="service").transactional is False


def test_it_asks_the_hour_of_all_but_letters_that_a_client_waits_for() -> None:
    waited_for = {code for code, notice in NOTICES.items() if notice.at_any_hour}
    assert waited_for == {"inquiry_receipt", "inquiry_answer"}


def test_it_reads_its_own_tokens() -> None:
    token = make_token(SECRET, CLIENT, "event_notice")
    assert read_token(SECRET, token) == (CLIENT, "event_notice")
    assert token == make_token(SECRET, CLIENT, "event_notice"), "a link does not change"
    assert token != make_token(SECRET, CLIENT, "service")


def test_it_refuses_tokens_of_another_secret() -> None:
    with pytest.raises(BadToken):
        read_token(OTHER, make_token(SECRET, CLIENT, "event_notice"))


def test_it_refuses_a_second_spelling() -> None:
    token = make_token(SECRET, CLIENT, "service")
    for spelled in (token + "=", token + "\n", token + "!", " " + token):
        with pytest.raises(BadToken):
            read_token(SECRET, spelled)
