"""Fault row 24: yesterday's backup of one service and a replay give the same rows and figures.

Real processes on real servers: a day, a backup, another day; then a database is lost.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from chassis.db import Database
from chassis.settings import Settings
from contracts.envelope import Event
from contracts.parts import ClientName, Consent, Words
from contracts.portal import (
    ClientRegisteredV1,
    ClientUpdatedV1,
    EventAnnouncedV1,
    EventAttendedV1,
    EventHeldV1,
    EventRegisteredV1,
    InquiryCommentedV1,
    InquiryOpenedV1,
)
from launch import backup, databases, restore
from launch.errors import LaunchError
from services.feedback.service import FeedbackService
from services.reporting.service import ReportingService
from tests.broker.house import CLASSES, House, eventually
from tests.conftest import skipped_if_missing
from tests.factories import as_service, event

pytestmark = [pytest.mark.broker, pytest.mark.flow]

FIRST, SECOND = "2022-03-10T11:00:00+06:00", "2022-03-11T11:00:00+06:00"
# What tells when a row was written, and what counts rows: neither is the state of anything.
BOOKKEEPING = {
    *("received_at", "handled_at", "created_at", "sent_at", "position", "next_at", "attempts"),
    *("fence", "give_up_at", "lease_until", "recordedtime", "settled_at", "not_before"),
}
PROMISES = ("inbox", "outbox", "outgoing_mail")


def person(number: int, at: str, **more: Any) -> Event[Any]:
    """Return the registration of a person who works for the organisation o-1."""
    data = ClientRegisteredV1(
        client_ref=f"c-{number}",
        kind="person",
        audience="lsg_bodies",
        name=ClientName(surname=f"Асанов {number}"),
        email=f"c{number}@example.org",
        organisation_ref="o-1",
        consent=Consent(purposes=["service", "events"], text_version="1", channel="web", at=at),
        **more,
    )
    return event(data, at=at)


def organisation(at: str) -> Event[Any]:
    """Return the registration of the organisation o-1."""
    data = ClientRegisteredV1(
        client_ref="o-1",
        kind="organisation",
        audience="lsg_bodies",
        body_type="ayil_okmotu",
        municipality="Кызыл-Туу",
        territory="KG-C",
        name=ClientName(ru="Айыл окмоту Кызыл-Туу"),
        email="o1@example.org",
    )
    return event(data, at=at)


def meeting(number: int, at: str, starts: str) -> list[Event[Any]]:
    """Return an online event that was announced, visited by c-1 and c-2, and held."""
    ref = f"e-{number}"
    announced = EventAnnouncedV1(
        event_ref=ref, title=Words(ru=f"Вебинар {number}"), starts_at=starts
    )
    visits = [
        event(fact, at=at)
        for client in ("c-1", "c-2")
        for fact in (
            EventRegisteredV1(event_ref=ref, client_ref=client),
            EventAttendedV1(event_ref=ref, attendee=client, client_ref=client, minutes=60),
        )
    ]
    return [event(announced, at=at), *visits, event(EventHeldV1(event_ref=ref), at=at)]


def inquiry(number: int, at: str) -> Event[Any]:
    """Return an inquiry of c-1."""
    data = InquiryOpenedV1(
        inquiry_ref=f"q-{number}",
        kind="question",
        subject=f"Вопрос {number}",
        text="Как получить журнал?",
        client_ref="c-1",
    )
    return event(data, at=at)


class Days:
    """A house in which two days have passed, with a backup made between them."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.mail = folder / "mail"
        self.settings = Settings.from_env(self.environment)
        self.day(FIRST, self.first())
        self.backup = backup.make(databases.urls(self.settings), folder / "backups")
        self.second_facts = self.second()
        self.day(SECOND, self.second_facts)
        self.staff_work()
        self.settle()

    @property
    def environment(self) -> dict[str, str]:
        """The settings that the house gives to its processes."""
        return {
            "AMQP_URI": self.house.rabbit.uri,
            "DATABASE_URL": self.house.url,
            "AYMAK_STATE": str(self.house.folder),
            "AYMAK_SECRET": "a-secret-of-the-tests-0123456789-abc",
            "AYMAK_CLOCK_FILE": str(self.house.folder / "clock"),
        }

    def first(self) -> list[Event[Any]]:
        """Return the facts before the backup."""
        at = "2022-03-10 10:00"
        people = [person(number, at) for number in range(1, 6)]
        return [
            organisation(at),
            *people,
            *meeting(1, at, "2022-03-10T09:00:00+06:00"),
            inquiry(1, at),
        ]

    def second(self) -> list[Event[Any]]:
        """Return the facts after it: new clients, changes to old ones, a meeting, inquiries."""
        at = "2022-03-11 10:00"
        update = ClientUpdatedV1(client_ref="c-3", email="new3@example.org")
        moved = ClientUpdatedV1(client_ref="o-1", territory="KG-Y")
        comment = InquiryCommentedV1(inquiry_ref="q-1", text="Спасибо")
        return [
            *(person(number, at) for number in range(6, 11)),
            *(event(data, at=at) for data in (update, moved, comment)),
            *meeting(2, at, "2022-03-11T09:00:00+06:00"),
            *(inquiry(number, at) for number in (2, 3)),
        ]

    def day(self, clock: str, facts: list[Event[Any]]) -> None:
        """Let the portal post the facts of a day, and wait until all has settled."""
        (self.house.folder / "clock").write_text(f"{clock}\n")
        for fact in facts:
            self.house.post_until_accepted(fact)
        self.settle()

    def staff_work(self) -> None:
        """Answer one inquiry of the day before and resolve it, as staff do over RPC."""
        feedback = as_service(self.house.databases["feedback"], FeedbackService)
        number = self.house.one("feedback", "SELECT id FROM inquiries WHERE ref = 'q-1'")
        answered = feedback.answer_inquiry(str(number), "Подпишитесь на сайте.", "key-1")
        assert "ok" in answered, answered
        assert "ok" in feedback.resolve_inquiry(str(number), "answered", "key-2")

    def settle(self) -> None:
        """Wait until nothing waits anywhere."""
        eventually(self._is_settled, "everything has settled")

    def _is_settled(self) -> bool:
        counts = []
        for name, database in self.house.databases.items():
            if name == "gateway":
                continue
            with database.begin() as session:
                query = "SELECT count(*) FROM outbox WHERE sent_at IS NULL"
                counts.append(session.scalar(text(query)))
                open_ = "SELECT count(*) FROM outgoing_mail WHERE NOT announced"
                counts.append(session.scalar(text(open_)))
                waits = "SELECT count(*) FROM inbox WHERE next_at IS NOT NULL"
                counts.append(session.scalar(text(waits)))
        told = "SELECT count(*) FROM outbox"
        names = [name for name in self.house.databases if name != "gateway"]
        derived = sum(self.house.one(name, told) for name in names)
        portal = self.house.one(
            "reporting", "SELECT count(*) FROM journal WHERE emitter = 'portal'"
        )
        everything = self.house.one("reporting", "SELECT count(*) FROM journal")
        return not any(counts) and everything == derived + portal and portal >= self.posted

    @property
    def posted(self) -> int:
        """How many facts the portal has posted so far."""
        return len(self.first()) + len(getattr(self, "second_facts", []))

    def figures(self) -> Any:
        """Return every figure of the month, and the evidence of one."""
        reporting = as_service(self.house.databases["reporting"], ReportingService)
        return [
            reporting.indicators("2022-03", "ru"),
            reporting.evidence("R2.0", "2022-03"),
            reporting.evidence("R3", "2022-03"),
        ]

    def rows(self, service: str, *, without: tuple[str, ...] = ()) -> dict[str, str]:
        """Return a checksum of each table of a service, bookkeeping aside."""
        return {
            name: hashlib.sha256("\n".join(rows).encode()).hexdigest()
            for name, rows in contents(self.house.databases[service]).items()
            if name not in without
        }

    def mails(self) -> list[str]:
        """Return the Message-IDs of all mails that left, each time that they did."""
        found = []
        for path in sorted(self.mail.glob("*.eml")):
            lines = path.read_text("utf-8", "replace").splitlines()
            found += [line for line in lines if line.lower().startswith("message-id:")]
        return found

    def lose(self, service: str) -> list[str]:
        """Lose a service's database while it works, restore it, replay; return what was said."""
        self.house.kill(service)
        said: list[str] = []
        restore.refill(self.settings, self.backup, service, replace=True)
        restore.replay({**os.environ, **self.environment}, service, said.append)
        return said

    def dead(self) -> int:
        """Return how many dead letters there are in all."""
        names = [name for name in self.house.databases if name != "gateway"]
        return sum(self.house.one(name, "SELECT count(*) FROM dead_letters") for name in names)


def contents(database: Database) -> dict[str, list[str]]:
    """Return the rows of each table as sorted JSON lines, without bookkeeping."""
    with database.begin() as session:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        names = list(session.scalars(text(query)))
        found = {}
        for name in names:
            rows = session.scalars(text(f'SELECT to_jsonb(t) FROM "{name}" t'))
            found[name] = sorted(json.dumps(stripped(row), sort_keys=True) for row in rows)
    return found


def stripped(value: Any) -> Any:
    """Return a JSON value without bookkeeping keys, at any depth."""
    if isinstance(value, dict):
        return {key: stripped(item) for key, item in value.items() if key not in BOOKKEEPING}
    return [stripped(item) for item in value] if isinstance(value, list) else value


@pytest.fixture
def days(postgres: Any, rabbit: Any, tmp_path: Path) -> Iterator[Days]:
    """Two days with all five processes."""
    with skipped_if_missing("servers"):
        house = House(postgres, rabbit, tmp_path, tuple(CLASSES))
    house.set_clock(FIRST)
    try:
        for name in CLASSES:
            house.start(name)
        eventually(house.is_up, "the gateway answers")
        yield Days(house, tmp_path)
    finally:
        house.close()


def test_it_restores_clients_with_the_same_rows_ids_and_figures(days):
    rows, figures, mails = days.rows("clients"), days.figures(), days.mails()
    said = days.lose("clients")
    assert not any("otherwise" in line or "could not" in line for line in said), said
    assert any("0 are told now" in line for line in said), said
    assert days.rows("clients") == rows
    days.house.start("clients")
    days.settle()
    assert days.figures() == figures
    assert (days.mails(), days.dead()) == (mails, 0)


def test_it_restores_notifications_and_mails_nothing_again(days):
    rows, mails = days.rows("notifications"), days.mails()
    assert len(mails) == len(set(mails)) > 10
    said = days.lose("notifications")
    assert not any("could not" in line for line in said), said
    days.house.start("notifications")
    days.settle()
    assert days.mails() == mails
    assert days.rows("notifications") == rows
    assert days.dead() == 0


def test_it_restores_feedback_with_what_staff_did(days):
    numbers = "SELECT string_agg(number || state || version, ',' ORDER BY number) FROM inquiries"
    said_before = "SELECT string_agg(id::text || text, ',' ORDER BY id) FROM messages"
    state = days.house.one("feedback", numbers), days.house.one("feedback", said_before)
    mails, figures = days.mails(), days.figures()
    said = days.lose("feedback")
    assert not any("could not" in line for line in said), said
    assert (days.house.one("feedback", numbers), days.house.one("feedback", said_before)) == state
    days.house.start("feedback")
    days.settle()
    assert (days.figures(), days.mails(), days.dead()) == (figures, mails, 0)


def test_it_restores_reporting_from_the_others_and_from_the_portal(days):
    figures = days.figures()
    facts = days.rows("reporting", without=PROMISES)
    said = days.lose("reporting")
    assert any("let it repeat all that it sent since" in line for line in said), said
    days.house.start("reporting")
    for fact in days.second_facts:
        days.house.post_until_accepted(fact)
    days.settle()
    assert days.figures() == figures
    assert days.rows("reporting", without=PROMISES) == facts
    assert days.dead() == 0


def test_it_refuses_what_would_lose_rows(days):
    with pytest.raises(LaunchError, match="clients is running: stop it first"):
        restore.refill(days.settings, days.backup, "clients", replace=True)
    days.house.kill("clients")
    with pytest.raises(LaunchError, match="is not empty"):
        restore.refill(days.settings, days.backup, "clients", replace=False)
    (days.backup / "clients.dump").write_bytes(b"spoilt")
    with pytest.raises(LaunchError, match="is damaged"):
        restore.refill(days.settings, days.backup, "clients", replace=True)
    shutil.rmtree(days.backup)
    with pytest.raises(LaunchError, match="is no backup"):
        restore.refill(days.settings, days.backup, "clients", replace=True)
