"""A mailer that is killed: every mail goes out, at most one twice, with the same Message-ID."""

import pytest
from sqlalchemy import text

from contracts.parts import ClientName, Consent
from contracts.portal import ClientRegisteredV1
from tests.broker.house import House, eventually
from tests.broker.test_faults import straight
from tests.factories import event, instant

pytestmark = pytest.mark.broker

SENT = "SELECT count(*) FROM outgoing_mail WHERE state = 'sent'"
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


@pytest.mark.parametrize("failpoint", ["outgoing.after_claim", "outgoing.after_send:4"])
def test_it_sends_every_mail_when_the_mailer_is_killed_at(failpoint, postgres, rabbit, house):
    running: House = house(postgres, rabbit, "clients", "notifications")
    running.set_clock("2022-03-04T10:00:00+06:00")
    running.start("clients")
    straight(running, [event(reader(n), at="2022-03-04 09:30").to_wire() for n in range(12)])
    running.start("notifications", failpoints=failpoint)
    assert running.wait_dead("notifications") == 9
    with running.databases["notifications"].begin() as session:
        # The lease of the dead mailer is over; waiting for it would only take time.
        session.execute(text("UPDATE outgoing_mail SET lease_until = now() - interval '1 s'"))
    running.start("notifications")
    eventually(lambda: running.one("notifications", SENT) == 12, "twelve welcomes")
    eventually(lambda: running.one("notifications", TOLD) == 12, "settled and told once")
    # A mail sent twice has the same Message-ID and so is the same file.
    assert len(list((running.folder / "mail").glob("*.eml"))) == 12
