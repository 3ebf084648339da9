"""The state of the client base at a month's end: by audience and by oblast."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import String, column, func, select, true
from sqlalchemy.orm import Session

from contracts.codes import AUDIENCES
from services.reporting.documents.model import AudienceLine, TerritoryLine, Words
from services.reporting.models import ClientFact
from services.reporting.queries.base import Scope
from services.reporting.queries.bodies import bodies, deputies_count, in_base, is_there, staff

OBLAST = re.compile(r"KG-(?:GB|GO|[BCJNOTY])")
NAMES = Path(__file__).parent.parent / "data" / "territories.json"


def audiences(session: Session, scope: Scope) -> tuple[AudienceLine, ...]:
    """People and organisations of each of the nine audiences, now and a month ago."""
    now = _by_audience(session, scope.end)
    before = _by_audience(session, scope.start) if scope.previous_month else None
    return tuple(
        AudienceLine(
            audience=audience,
            people=now["person", audience],
            organisations=now["organisation", audience],
            previous_people=before["person", audience] if before else None,
            previous_organisations=before["organisation", audience] if before else None,
        )
        for audience in AUDIENCES
    )


def _by_audience(session: Session, end: dt.datetime) -> Counter[tuple[str, str]]:
    audience = (
        func.jsonb_array_elements_text(ClientFact.audiences)
        .table_valued(column("value", String), name="audience")
        .render_derived()
        .lateral()
    )
    query = (
        select(ClientFact.kind, audience.c.value, func.count())
        .select_from(ClientFact)
        .join(audience, true())
        .where(in_base(ClientFact, end), is_there(ClientFact, end))
        .group_by(ClientFact.kind, audience.c.value)
    )
    return Counter({(kind, name): n for kind, name, n in session.execute(query)})


def territories(session: Session, scope: Scope) -> tuple[TerritoryLine, ...]:
    """Counted bodies and staff by oblast or city, those with any, in the order of their codes."""
    now = _bodies_by_oblast(session, scope.end)
    before = _bodies_by_oblast(session, scope.start)
    people = staff(scope.end, deputies_count=deputies_count(scope))
    staff_of = Counter(oblast(item.territory) for item in session.execute(people))
    return tuple(
        TerritoryLine(
            territory=code,
            name=names()[code],
            bodies=len(now[code]),
            municipalities=len({place for _, place in now[code] if place is not None}),
            staff=staff_of[code],
            new_bodies=len({body for body, _ in now[code]} - {body for body, _ in before[code]}),
        )
        for code in _in_order({*now, *staff_of})
    )


def _bodies_by_oblast(
    session: Session, end: dt.datetime
) -> defaultdict[str, list[tuple[UUID, UUID | None]]]:
    found: defaultdict[str, list[tuple[UUID, UUID | None]]] = defaultdict(list)
    for row in session.execute(bodies(end)):
        found[oblast(row.territory)].append((row.client_id, row.municipality_id))
    return found


def oblast(territory: str | None) -> str:
    """The oblast or city of a territory's code; "" where none is stated or it is not ours."""
    match = OBLAST.match(territory or "")
    return match[0] if match else ""


def _in_order(codes: Iterable[str]) -> list[str]:
    order = list(names())
    return sorted(codes, key=order.index)


@cache
def names() -> dict[str, Words]:
    """Names of the seven oblasts and two cities, and of "not stated" under ""."""
    raw: dict[str, Any] = json.loads(NAMES.read_text(encoding="utf-8"))
    return {code: Words(**words) for code, words in raw.items()}
