"""Fault row 24: yesterday's backup of one service and a replay give the same rows and figures.

Real processes on real servers: a day, a backup, another day; then a database is lost.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from chassis import clock
from chassis.db import Database
from chassis.settings import Settings
from contracts import catalogue
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
from launch.files import write_private
from services.feedback.service import FeedbackService
from services.reporting.service import ReportingService
from tests.broker.house import CLASSES, House, eventually
from tests.conftest import skipped_if_missing
from tests.factories import as_service, event, instant

pytestmark = [pytest.mark.broker, pytest.mark.flow, pytest.mark.timeout(600)]

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
        consent=Consent(
            purposes=["service", "magazine", "campaign"],
            text_version="1",
            channel="web",
            at=instant(at),
        ),
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
        event_ref=ref, title=Words(ru=f"Вебинар {number}"), starts_at=instant(starts)
    )
    visits = [
        event(fact, at=at)
        for client in ("c-1", "c-2")
        for fact in (
            EventRegisteredV1(event_ref=ref, client_ref=client),
            EventAttendedV1(event_ref=ref, client_ref=client),
        )
    ]
    return [
        event(announced, at=at),
        *visits,
        event(EventHeldV1(event_ref=ref, ended_at=instant(at)), at=at),
    ]


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
        self.posted = 0
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

    def day(self, instant_: str, facts: list[Event[Any]]) -> None:
        """Let the portal post the facts of a day, and wait until all has settled."""
        # In one step: the processes read it all the time.
        write_private(self.house.folder / "clock", f"{instant_}\n")
        for fact in facts:
            self.house.post_until_accepted(fact)
        self.posted += len(facts)
        self.settle()

    def staff_work(self) -> None:
        """Answer one inquiry of the day before and resolve it, as staff do over RPC."""
        feedback = as_service(self.house.databases["feedback"], FeedbackService)
        number = self.house.one("feedback", "SELECT id FROM inquiries WHERE ref = 'q-1'")
        with clock.freeze(instant(SECOND)):
            answered = feedback.answer_inquiry(str(number), "Подпишитесь на сайте.", "key-1")
            assert "ok" in answered, answered
            assert "ok" in feedback.resolve_inquiry(str(number), "answered", "key-2")

    def settle(self) -> None:
        """Wait until nothing waits anywhere."""
        eventually(self._is_settled, "everything has settled", seconds=240)

    def _is_settled(self) -> bool:
        one = self.house.one
        portal = one("reporting", "SELECT count(*) FROM journal WHERE emitter = 'portal'")
        told = sum(one(name, "SELECT count(*) FROM outbox") for name in catalogue.SERVICES)
        if portal < self.posted or one("reporting", "SELECT count(*) FROM journal") < portal + told:
            return False
        return all(self._is_quiet(name) for name in catalogue.SERVICES)

    def _is_quiet(self, service: str) -> bool:
        """Whether a service has heard all that concerns it, and has nothing left to do."""
        heard = [f"'{each.type}'" for each in catalogue.listened_to_by(service)] or ["''"]
        journal = f"SELECT count(*) FROM journal WHERE type IN ({', '.join(heard)})"
        inbox = "SELECT count(*) FROM inbox WHERE listener <> 'everything'"
        waits = [
            "SELECT count(*) FROM outbox WHERE sent_at IS NULL",
            "SELECT count(*) FROM outgoing_mail WHERE NOT announced",
            "SELECT count(*) FROM inbox WHERE next_at IS NOT NULL",
        ]
        return self.house.one(service, inbox) == self.house.one("reporting", journal) and not any(
            self.house.one(service, query) for query in waits
        )

    def figures(self) -> Any:
        """Return every figure of the month, and the evidence of one."""
        reporting = as_service(self.house.databases["reporting"], ReportingService)
        found = [
            reporting.indicators("2022-03", "ru"),
            reporting.evidence("R2.0", "2022-03"),
            reporting.evidence("R3", "2022-03"),
        ]
        return [stripped(each) for each in found]

    def rows(self, service: str, *, without: tuple[str, ...] = ()) -> dict[str, list[str]]:
        """Return the rows of each table of a service, bookkeeping aside."""
        found = contents(self.house.databases[service])
        return {name: rows for name, rows in found.items() if name not in without}

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
        url = databases.urls(self.settings)[service]
        # Its session at the server ends a moment after the process.
        eventually(lambda: restore.is_stopped(url), f"{service} is gone")
        said: list[str] = []
        restore.refill(self.settings, self.backup, service, replace=True)
        restore.replay({**os.environ, **self.environment}, service, said.append)
        return said

    def dead(self) -> int:
        """Return how many dead letters there are in all."""
        query = "SELECT count(*) FROM dead_letters"
        return sum(self.house.one(name, query) for name in catalogue.SERVICES)


def difference(one: dict[str, list[str]], other: dict[str, list[str]]) -> list[str]:
    """Return the rows that stand in one of them only, marked by the side."""
    return [
        f"{side} {name}: {row}"
        for name in sorted({*one, *other})
        for side, rows, rest in (("-", one, other), ("+", other, one))
        for row in rows.get(name, [])
        if row not in rest.get(name, [])
    ]


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


@pytest.fixture(scope="module")
def days(postgres: Any, rabbit: Any, tmp_path_factory: Any) -> Iterator[Days]:
    """Two days with all five processes; each test leaves the house as it found it."""
    tmp_path: Path = tmp_path_factory.mktemp("days")
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
    assert "\n".join(difference(rows, days.rows("clients"))) == ""
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
    assert "\n".join(difference(rows, days.rows("notifications"))) == ""
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
    assert "\n".join(difference(facts, days.rows("reporting", without=PROMISES))) == ""
    assert days.dead() == 0


def is_refused(days: Days, words: str) -> bool:
    """Return whether a restore of clients is refused with these words; restores nothing."""
    try:
        restore.refill(days.settings, days.backup, "clients", replace=False)
    except LaunchError as refusal:
        return words in str(refusal)
    return False


def test_it_refuses_what_would_lose_rows(days):
    with pytest.raises(LaunchError, match="clients is running: stop it first"):
        restore.refill(days.settings, days.backup, "clients", replace=True)
    days.house.kill("clients")
    # Its session at the server ends a moment after the process.
    eventually(lambda: not is_refused(days, "is running"), "nobody runs")
    with pytest.raises(LaunchError, match="is not empty"):
        restore.refill(days.settings, days.backup, "clients", replace=False)
    (days.backup / "clients.dump").write_bytes(b"spoilt")
    with pytest.raises(LaunchError, match="is damaged"):
        restore.refill(days.settings, days.backup, "clients", replace=True)
    shutil.rmtree(days.backup)
    with pytest.raises(LaunchError, match="is no backup"):
        restore.refill(days.settings, days.backup, "clients", replace=True)
