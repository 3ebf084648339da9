"""In which figures and months an event counts, also by way of what it caused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chassis.db import Database
from contracts.envelope import Event
from contracts.parts import ClientName
from contracts.portal import ClientRegisteredV1, InquiryOpenedV1
from services.reporting import counted
from tests.factories import PORTAL, event, instant
from tests.reporting.cast import accepted, answered, body, closed, hear, reopened, resolved

NOW = instant("2022-06-10 12:00")
TOOK = ("2022-03-01 10:00", "2022-03-15")


def registered(ref: str) -> Event[Any]:
    """What the portal told before clients told of ``body(ref)``."""
    data = ClientRegisteredV1(
        client_ref=ref,
        kind="organisation",
        audience="lsg_bodies",
        body_type="ayil_okmotu",
        name=ClientName(ru=f"Айыл окмоту {ref}"),
    )
    return event(data, at="2022-02-10 12:00", id=f"portal-{ref}")


def caused(effect: Event[Any], cause: Event[Any]) -> Event[Any]:
    """The effect as `emit` writes it."""
    flow = cause.correlation_id or cause.id
    return replace(effect, causation_id=cause.id, correlation_id=flow)


def counts(db: Database, source: str, event_id: str) -> list[tuple[str, str]] | None:
    with db.begin() as session:
        found = counted.receipt(session, source, event_id, now=NOW)
    return found and [(item["code"], item["month"]) for item in found["counted"]]


def test_it_follows_a_registration_to_the_figures_of_the_client(reporting_db: Database) -> None:
    cause = registered("A")
    added = caused(body("A", "2022-02-10"), cause)
    # The effect may come before its cause.
    hear(reporting_db, added, cause)
    found = [("R2.f", "2022-02"), ("R2.A.bodies", "2022-02"), ("R2.B.bodies", "2022-02")]
    assert sorted(counts(reporting_db, PORTAL, "portal-A") or []) == sorted(found)
    assert counts(reporting_db, "clients", added.id) == counts(reporting_db, PORTAL, "portal-A")


def test_it_counts_a_registration_still_after_the_client_was_changed(
    reporting_db: Database,
) -> None:
    cause = registered("A")
    later = body("A", "2022-02-10", at="2022-04-01", changed=True, sequence=2)
    hear(reporting_db, cause, caused(body("A", "2022-02-10"), cause), later)
    assert ("R2.A.bodies", "2022-02") in (counts(reporting_db, PORTAL, "portal-A") or [])


def test_it_counts_an_inquiry_once_it_is_resolved_and_no_more_when_reopened(
    reporting_db: Database,
) -> None:
    data = InquiryOpenedV1(
        inquiry_ref="q-1", kind="question", subject="Вода", text="Когда?", client_ref="c"
    )
    cause = event(data, at="2022-03-01 10:00", id="portal-q")
    hear(reporting_db, cause, caused(accepted("q-1", "2022-03-01 10:00", due="2022-03-15"), cause))
    assert counts(reporting_db, PORTAL, "portal-q") == []
    hear(
        reporting_db,
        answered("q-1", "2022-03-02 10:00"),
        resolved("q-1", "2022-04-02 10:00", took=TOOK),
    )
    assert counts(reporting_db, PORTAL, "portal-q") == [("R4", "2022-04")]
    hear(reporting_db, reopened("q-1", "2022-04-05 10:00"))
    assert counts(reporting_db, PORTAL, "portal-q") == []


def test_it_counts_an_online_event_in_the_month_of_its_start(reporting_db: Database) -> None:
    enough, short = closed("w-1", "2022-03-31 15:00", 12), closed("w-2", "2022-03-31 15:00", 3)
    hear(reporting_db, enough, short)
    assert counts(reporting_db, "clients", enough.id) == [("R9", "2022-03")]
    assert counts(reporting_db, "clients", short.id) == []


def test_it_does_not_know_what_was_never_journalled(reporting_db: Database) -> None:
    assert counts(reporting_db, PORTAL, "never") is None


def test_it_does_not_take_another_flow_for_its_own(reporting_db: Database) -> None:
    cause, other = registered("A"), registered("B")
    hear(reporting_db, cause, other, caused(body("B", "2022-02-10"), other))
    assert counts(reporting_db, PORTAL, "portal-A") == []
