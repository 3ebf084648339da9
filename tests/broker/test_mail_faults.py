"""Mailers that are killed, and readers who leave while a run is under way (fault rows 20, 22)."""

import os
import random
import subprocess
import sys
import time
from uuid import UUID

import pytest
import requests
from sqlalchemy import text

from contracts.parts import ClientName, Consent
from contracts.portal import ClientRegisteredV1
from services.notifications.rules.unsubscribe_tokens import make_token
from tests.broker.house import SECRET, House, eventually
from tests.broker.test_faults import straight
from tests.chassis.test_outgoing import fill
from tests.factories import event, instant
from tests.project import ROOT
from tests.sink import Sink

pytestmark = pytest.mark.broker

SENT = "SELECT count(*) FROM outgoing_mail WHERE state = 'sent'"
OPEN = "SELECT count(*) FROM outgoing_mail WHERE state IN ('queued', 'sending')"
UNSUBSCRIBED = "SELECT count(*) FROM outgoing_mail WHERE state = 'skipped'"
TOLD = (
    "SELECT count(*) FROM outbox, jsonb_array_elements(wire->'data'->'rows') row "
    "WHERE type = 'deliveries_settled' AND row->>'state' = 'delivered'"
)


def reader(number: int) -> ClientRegisteredV1:
    """Return a citizen who wants mail and has an address."""
    return ClientRegisteredV1(
        client_ref=f"c-{number}",
        kind="person",
        audience="citizens",
        name=ClientName(surname=f"Асанов {number}"),
        email=f"reader{number}@example.org",
        consent=Consent(text_version="1", at=instant("2022-03-04 09:00"), channel="portal"),
    )


def test_it_sends_every_mail_though_killed_at_every_step(postgres, rabbit, house):
    """The mailer dies at one step after another; each successor takes over what it finds."""
    running: House = house(postgres, rabbit, "clients", "notifications")
    running.set_clock("2022-03-04T10:00:00+06:00")
    running.start("clients")
    straight(running, [event(reader(n), at="2022-03-04 09:30").to_wire() for n in range(12)])
    for step in (
        "outgoing.after_claim",
        "outgoing.after_send:2",
        "outgoing.after_record:2",
        "outgoing.before_settled",
        "outgoing.after_settled",
    ):
        running.start("notifications", failpoints=step)
        assert running.wait_dead("notifications") == 9
        with running.databases["notifications"].begin() as session:
            # The lease of the dead mailer is over; waiting for it would only take time.
            session.execute(text("UPDATE outgoing_mail SET lease_until = now() - interval '1 s'"))
    running.start("notifications")
    eventually(lambda: running.one("notifications", SENT) == 12, "twelve welcomes")
    eventually(lambda: running.one("notifications", TOLD) == 12, "settled and told once")
    # A mail sent twice has the same Message-ID and so is the same file.
    assert len(list((running.folder / "mail").glob("*.eml"))) == 12


def lone_mailer(database: str, relay: Sink, *, mutant: str = "") -> "subprocess.Popen[bytes]":
    """Start a mailer of its own process on a ledger."""
    url = f"smtp://127.0.0.1:{relay.port}?starttls=never"
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.broker.lone_mailer", database, url],
        cwd=ROOT,
        env={**os.environ, "MUTANT": mutant},
    )


def sent(db) -> int:
    """Return how many mails the ledger knows as sent."""
    with db.begin() as session:
        return session.scalar(text(SENT)) or 0


def test_it_loses_no_mail_of_three_mailers_that_are_killed_again_and_again(notifications_db):
    """Row 20: repeats are no more than the kills, and bear the Message-ID of the first."""
    mails, kills, dice = 240, 20, random.Random(20)
    fill(notifications_db, *(f"r{number}" for number in range(mails)))
    mailers = []
    with Sink() as relay:
        relay.pause = 0.01
        try:
            mailers += [lone_mailer(notifications_db.url, relay) for _ in range(3)]
            for kill in range(kills):
                enough = (kill + 1) * 8
                eventually(lambda least=enough: len(relay.taken) >= least, "mail leaves")
                victim = mailers.pop(dice.randrange(3))
                victim.kill()
                victim.wait()
                mailers.append(lone_mailer(notifications_db.url, relay))
            eventually(lambda: sent(notifications_db) == mails, "all mail is sent", 120)
        finally:
            for mailer in mailers:
                mailer.kill()
                mailer.wait()
        with notifications_db.begin() as session:
            known = set(session.scalars(text("SELECT message_id FROM outgoing_mail")))
        assert set(relay.ids) == known, "lost 0, and nothing that the ledger does not know"
        assert relay.ids.total() - mails <= kills


def test_it_sends_nothing_to_who_has_left_while_the_run_goes_on(postgres, rabbit, house):
    """Row 22: after the answer to the unsubscription at most the one mail that is in SMTP."""
    running: House = house(postgres, rabbit, "gateway", "clients", "notifications")
    running.set_clock("2022-03-04T10:00:00+06:00")
    running.start("clients")
    running.start("gateway")
    straight(running, [event(reader(n), at="2022-03-04 09:30").to_wire() for n in range(30)])
    with Sink() as relay:
        relay.pause = 0.3
        url = f"smtp://127.0.0.1:{relay.port}?starttls=never"
        running.start("notifications", AYMAK_SMTP_URL=url)
        eventually(running.is_up, "the gateway is up")
        eventually(lambda: len(relay.taken) >= 3, "the run has begun")
        with running.databases["notifications"].begin() as session:
            last = session.execute(
                text(
                    "SELECT address, meta->>'client_id' FROM outgoing_mail "
                    "ORDER BY queued_at DESC, id DESC LIMIT 8"
                )
            ).all()
        taken_at = {address: leave(running, relay, client) for address, client in last}
        eventually(
            lambda: (
                running.one("notifications", "SELECT count(*) FROM outgoing_mail") == 30
                and running.one("notifications", OPEN) == 0
            ),
            "the run is over",
        )
        late = [who for who, count in taken_at.items() if who in relay.readers[count:]]
        assert len(late) <= 1
        assert running.one("notifications", UNSUBSCRIBED) >= 1
        assert len(relay.taken) + running.one("notifications", UNSUBSCRIBED) == 30


def leave(running: House, relay: Sink, client_id: str) -> int:
    """Unsubscribe by the link of the mail; return how much had been sent when it was answered."""
    token = make_token(SECRET, UUID(client_id), "service")
    end = time.monotonic() + 60
    while requests.post(f"{running.address}/v1/unsubscribe/{token}", timeout=30).status_code != 200:
        assert time.monotonic() < end, "never unsubscribed"
    return len(relay.taken)
