"""The ledger as lists show it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from chassis.db import Database
from tests.notifications.cast import AIGUL, BORIS, DANA, WEBINAR, House


def names(house: House, **query: object) -> list[str]:
    """Names of one page."""
    return [item["name"] for item in house.call("list_deliveries", query)["items"]]


def test_it_lists_and_filters(house: House) -> None:
    house.hear(AIGUL)
    house.know(BORIS, DANA)
    house.at("2022-03-05 10:00")
    house.hear(WEBINAR)
    house.post()
    page = house.call("list_deliveries", {})
    assert page["total"] == 4 and page["items"][-1]["notice"] == "welcome"
    assert sorted(names(house, about="e-9")) == ["Aigulов Aigul", "Borisов Boris", "Danaов Dana"]
    assert names(house, client=str(AIGUL.client_id), purpose="service") == ["Aigulов Aigul"]
    assert names(house, state="skipped") == ["Danaов Dana"]
    (skipped,) = house.call("list_deliveries", {"state": "skipped"})["items"]
    assert (skipped["reason"], skipped["about"]) == ("no_consent", {"type": "event", "ref": "e-9"})


def test_it_pages(house: House) -> None:
    house.know(AIGUL, BORIS, DANA)
    house.hear(WEBINAR)
    first = house.call("list_deliveries", {"limit": 2})
    rest = house.call("list_deliveries", {"limit": 2, "cursor": first["next"]})
    found = {item["id"] for item in (*first["items"], *rest["items"])}
    assert len(found) == 3 and rest["next"] is None


def test_it_refuses_an_unknown_state(house: House) -> None:
    assert house.call("list_deliveries", {"state": "lost"})["kind"] == "Invalid"


@pytest.mark.parametrize("name", ["client_id", "about_ref"])
def test_the_mails_of_one_client_are_found_by_an_index(
    notifications_db: Database, name: str
) -> None:
    asked = f"SELECT id FROM outgoing_mail WHERE meta ->> '{name}' = 'x' ORDER BY queued_at"
    with notifications_db.begin() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = session.scalars(text(f"EXPLAIN {asked}")).all()
    assert any(f"ix_outgoing_mail_{name}" in line for line in plan)
