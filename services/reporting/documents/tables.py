"""The month's lists as tables: audiences, oblasts, inquiries by kind, online events.

A list that is not measured becomes a table without rows whose `empty` says so in words; a measured
list without entries says that instead. The two are never the same sentence.
"""

from __future__ import annotations

from services.reporting.documents.cells import capital, change, head, moment, number, total
from services.reporting.documents.model import (
    AudienceLine,
    OnlineEvent,
    ReportData,
    TerritoryLine,
)
from services.reporting.documents.phrases import Phrases
from services.reporting.documents.view import Cell, Pair, Table, Tone


def audiences(phrases: Phrases, data: ReportData) -> Table:
    """People and organisations of the nine audiences, each with its change."""
    lines = data.audiences or ()
    return Table(
        key="audiences",
        title=phrases.text("label.audiences"),
        head=head(phrases, "audience", "people", "change", "organisations", "change"),
        body=tuple(_audience(phrases, line) for line in lines),
        right=(1, 2, 3, 4),
        total=_audience_total(phrases, lines) if lines else (),
        empty=phrases.text("empty.audiences"),
    )


def _audience(phrases: Phrases, line: AudienceLine) -> tuple[Cell, ...]:
    return (
        Cell(capital(phrases.code("audience", line.audience))),
        number(phrases, line.people),
        change(phrases, line.people, line.previous_people),
        number(phrases, line.organisations),
        change(phrases, line.organisations, line.previous_organisations),
    )


def _audience_total(phrases: Phrases, lines: tuple[AudienceLine, ...]) -> tuple[Cell, ...]:
    people = sum(line.people for line in lines)
    organisations = sum(line.organisations for line in lines)
    old_people = total(line.previous_people for line in lines)
    old_organisations = total(line.previous_organisations for line in lines)
    return (
        Cell(phrases.text("label.sum")),
        number(phrases, people),
        change(phrases, people, old_people),
        number(phrases, organisations),
        change(phrases, organisations, old_organisations),
    )


def territories(phrases: Phrases, data: ReportData) -> Table:
    """Counted bodies and staff by oblast and city."""
    lines = data.territories or ()
    return Table(
        key="territories",
        title=phrases.text("label.territories"),
        head=head(phrases, "territory", "bodies", "new_bodies", "municipalities", "staff"),
        body=tuple((Cell(phrases.words(line.name)), *_territory(phrases, line)) for line in lines),
        right=(1, 2, 3, 4),
        total=_territory_total(phrases, lines) if lines else (),
        empty=phrases.text("empty.territories"),
    )


def _territory(phrases: Phrases, line: TerritoryLine) -> tuple[Cell, ...]:
    counts = (line.bodies, line.new_bodies, line.municipalities, line.staff)
    return tuple(number(phrases, count) for count in counts)


def _territory_total(phrases: Phrases, lines: tuple[TerritoryLine, ...]) -> tuple[Cell, ...]:
    sums = (
        sum(line.bodies for line in lines),
        sum(line.new_bodies for line in lines),
        sum(line.municipalities for line in lines),
        sum(line.staff for line in lines),
    )
    return (Cell(phrases.text("label.sum")), *(number(phrases, total) for total in sums))


def kinds(phrases: Phrases, data: ReportData) -> Table:
    """The month's inquiries by kind."""
    counts = data.inquiries.kinds if data.inquiries else ()
    return Table(
        key="kinds",
        title=phrases.text("label.kinds"),
        head=head(phrases, "kind", "number"),
        body=tuple(
            (Cell(capital(phrases.code("kind", kind.code))), number(phrases, kind.count))
            for kind in counts
        ),
        right=(1,),
        empty=phrases.text("empty.kinds" if data.inquiries else "empty.inquiries"),
    )


def inquiries(phrases: Phrases, data: ReportData) -> tuple[Pair, ...]:
    """The figures of the month's inquiries, label by label; empty when not measured."""
    if data.inquiries is None:
        return ()
    whole = ("received", "answered", "resolved", "on_time", "reopened", "open_at_end")
    pairs = [_pair(phrases, data, key) for key in (*whole, "overdue_at_end")]
    if data.inquiries.median_working_days is not None:
        pairs.append(_pair(phrases, data, "median_working_days"))
    return tuple(pairs)


def _pair(phrases: Phrases, data: ReportData, key: str) -> Pair:
    value = getattr(data.inquiries, key)
    return Pair(label=phrases.text(f"label.{key}"), text=phrases.plain(value), value=value)


def events(phrases: Phrases, data: ReportData) -> Table:
    """The online events held in the month, counted or not."""
    return Table(
        key="events",
        title=phrases.text("label.events"),
        head=head(phrases, "event", "starts_at", "participants", "participants_lsg", "counts"),
        body=tuple(_event(phrases, event) for event in data.events or ()),
        right=(2, 3),
        empty=phrases.text("empty.events" if data.events is None else "empty.events_none"),
    )


def _event(phrases: Phrases, event: OnlineEvent) -> tuple[Cell, ...]:
    return (
        Cell(phrases.words(event.title)),
        moment(phrases, event.starts_at),
        number(phrases, event.participants),
        number(phrases, event.lsg_participants),
        Cell(phrases.text("label.yes" if event.counts else "label.no"), tone=_counted(event)),
    )


def _counted(event: OnlineEvent) -> Tone:
    return "met" if event.counts else "none"
