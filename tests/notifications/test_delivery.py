"""Delivery under faults: crashes, refusals, a real SMTP server, and exactly-once settling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from chassis import context
from chassis.mail import FakeMailer, MailRefused
from chassis.smtp import SmtpMailer
from services.notifications import delivery
from tests.chassis.test_smtp import free_port
from tests.factories import emitted
from tests.notifications.cast import AIGUL, BORIS, CLARA, WEBINAR, House, person, read


class Killed(BaseException):
    """As ``kill -9`` would end the process: nothing of the product catches it."""


@dataclass(slots=True)
class DyingMailer(FakeMailer):
    """Hands over ``lives`` mails, then dies after the next one was taken."""

    lives: int = 0

    def send(self, raw: bytes, sender: str, recipient: str) -> None:
        """Send, then perhaps die."""
        FakeMailer.send(self, raw, sender, recipient)
        self.lives -= 1
        if self.lives < 0:
            raise Killed


def run(house: House, mailer: Any) -> None:
    """One tick with that mailer."""
    with context.flowing("notifications"):
        delivery.send_due(house.db, mailer)


def ids(mailer: FakeMailer) -> list[str]:
    """Message-IDs that left."""
    return [str(read(raw)["Message-ID"]) for raw, _ in mailer.sent]


def test_it_doubles_one_mail_for_each_crash_with_the_same_id(house: House) -> None:
    people = [person(f"Reader{n}") for n in range(12)]
    house.know(*people)
    house.hear(WEBINAR)
    mailers = [DyingMailer(lives=3), DyingMailer(lives=2), FakeMailer()]
    for mailer in mailers[:2]:
        with pytest.raises(Killed):
            run(house, mailer)
        house.let_pass()
    run(house, mailers[2])
    sent = [one for mailer in mailers for one in ids(mailer)]
    assert len(set(sent)) == 12 and len(sent) == 12 + 2, "two kills, two doubles, none lost"
    assert len(house.settled()) == 12


def test_it_settles_each_row_once_when_killed_between(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.know(AIGUL, BORIS, CLARA)
    house.hear(WEBINAR)

    def die(name: str) -> None:
        if name == "outgoing.before_settled":
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("chassis.dispatch.failpoint", die)
        with pytest.raises(Killed):
            run(house, house.mailer)
    assert len(house.mailer.sent) == 3 and house.settled() == []
    house.post()
    house.post()
    assert len(house.mailer.sent) == 3, "nobody is mailed again"
    rows = [row.delivery_id for row in house.settled()]
    assert len(rows) == len(set(rows)) == 3


def test_it_settles_what_a_relay_refuses(house: House) -> None:
    house.hear(AIGUL)
    gone = MailRefused(permanent=True, code=550, text="no such user", scope="recipient")
    house.mailer.refusals.append(gone)
    assert house.post() == []
    (row,) = house.settled()
    assert (row.state, row.reason) == ("failed", "smtp_550")


def test_it_chunks_what_it_settles(house: House) -> None:
    house.know(*[person(f"R{n}", consents=[]) for n in range(3)])
    with house.db.begin() as session:
        copy_recipients(session, 600)
    house.hear(WEBINAR)
    house.post()
    sizes = [len(item.data.rows) for item in emitted(house.db, "deliveries_settled")]
    assert sizes == [500, 103]


def copy_recipients(session: Any, count: int) -> None:
    """Many more readers without consent, made by the database."""
    from sqlalchemy import text

    session.execute(
        text(
            "INSERT INTO recipients SELECT gen_random_uuid(), kind, status, name, language, email,"
            " email_key, audiences, posts, sequence"
            " FROM (SELECT * FROM recipients LIMIT 1) one, generate_series(1, :count)"
        ),
        {"count": count},
    )


@dataclass
class Sink:
    """Takes all mail."""

    taken: list[tuple[str, list[str], bytes]] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep it."""
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 OK"


@pytest.fixture
def sink() -> Iterator[tuple[Sink, int]]:
    """A real SMTP server on a loopback port."""
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield handler, controller.port
    controller.stop()


def test_it_speaks_to_a_real_relay(house: House, sink: tuple[Sink, int]) -> None:
    handler, port = sink
    house.know(AIGUL, BORIS)
    house.hear(WEBINAR)
    mailer = SmtpMailer(f"smtp://127.0.0.1:{port}", timeout=5)
    run(house, mailer)
    mailer.close()
    assert sorted(reader for _, [reader], _ in handler.taken) == [
        "aigul@example.kg",
        "boris@example.kg",
    ]
    senders = {sender for sender, _, _ in handler.taken}
    assert senders == {"portal@aymak.example"}
    assert {row.state for row in house.settled()} == {"delivered"}
    mail = read(handler.taken[0][2])
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
