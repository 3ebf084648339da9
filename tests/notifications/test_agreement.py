"""A run of notices whose ledger has not the readers it was made for is a difference."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import text

from chassis import reconcile
from services.notifications.service import NotificationsService
from tests.factories import instant
from tests.notifications.cast import AIGUL, BORIS, DANA, EMIL, WEBINAR, House

FAR = replace(WEBINAR, starts_at=instant("2122-03-15 14:00"), ends_at=None)


def found(house: House) -> list[tuple[str, str, int]]:
    with house.db.begin() as session:
        reconcile.run(session, NotificationsService.checks)
        items = reconcile.listed(session)["items"]
    return [(item["kind"], item["subject"], item["count"]) for item in items]


def test_it_agrees_about_those_invited_now_and_later(house: House) -> None:
    house.know(AIGUL, DANA, EMIL)
    house.hear(FAR)
    # Came before the announcement and is heard of after it.
    house.hear(replace(BORIS, portal_registered_at=None), at="2022-03-01 09:00")
    assert found(house) == []


def test_it_sees_rows_that_are_lost(house: House) -> None:
    house.know(AIGUL, BORIS)
    house.hear(FAR)
    with house.db.begin() as session:
        session.execute(text("DELETE FROM outgoing_mail WHERE address = 'aigul@example.kg'"))
    assert found(house) == [("notice_run_mismatch", FAR.event_ref, 1)]
