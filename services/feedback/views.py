"""Rows as the plain JSON that readers get: ISO times in UTC, days as they are in Bishkek."""

from datetime import UTC, date, datetime
from typing import Any

from chassis import calendar_kg, clock
from services.feedback import timeline
from services.feedback.models import Client, Inquiry, InquiryEvent, Message
from services.feedback.rules import deadlines


def line(
    inquiry: Inquiry, client: Client | None, organisation: Client | None, *, today: date
) -> dict[str, Any]:
    """Return an inquiry as one line of a list, as it stands on ``today`` (Bishkek)."""
    return {
        "id": str(inquiry.id),
        "number": inquiry.number,
        "version": inquiry.version,
        "state": inquiry.state,
        "kind": inquiry.kind,
        "subject": inquiry.subject,
        "topic": inquiry.topic,
        "language": inquiry.language,
        "channel": inquiry.channel,
        "client": _client(inquiry, client, organisation),
        "contact": inquiry.contact,
        "received_at": _iso(inquiry.received_at),
        "answered_at": _iso(inquiry.answered_at),
        "resolved_at": _iso(inquiry.resolved_at),
        "outcome": inquiry.outcome,
        "due_on": _day(inquiry.due_on),
        "answer_due_on": _day(inquiry.answer_due_on),
        "working_days_left": _days_left(inquiry, today),
        "on_time": _on_time(inquiry, today),
        "overdue": [one.name for one in timeline.deadlines_of(inquiry) if one.is_missed(today)],
        "reopened": inquiry.turn - 1,
    }


def card(inquiry: Inquiry) -> dict[str, Any]:
    """Return what the card of an inquiry shows beyond its line."""
    return {
        "source": inquiry.source,
        "ref": inquiry.ref,
        "about": inquiry.about,
        "reason": inquiry.reason,
        "registered_at": _iso(inquiry.registered_at),
        "first_answered_at": _iso(inquiry.first_answered_at),
        "registration_due_on": _day(inquiry.registration_due_on),
        "first_response_due_on": _day(inquiry.first_response_due_on),
        "registered_on_time": _kept(inquiry.registration_due_on, inquiry.registered_at),
        "first_response_on_time": _kept(inquiry.first_response_due_on, inquiry.first_answered_at),
    }


def link(inquiry: Inquiry) -> dict[str, Any]:
    """Return another inquiry as a card links to it."""
    return {"id": str(inquiry.id), "number": inquiry.number, "state": inquiry.state}


def message(row: Message) -> dict[str, Any]:
    """Return one word of the thread; ``side`` is client, staff or note."""
    return {
        "id": str(row.id),
        "side": row.side,
        "at": _iso(row.written_at),
        "text": row.text,
        "author": row.author,
        "language": row.language,
        "on_time": row.on_time,
    }


def event(row: InquiryEvent) -> dict[str, Any]:
    """Return one line of the timeline."""
    return {
        "what": row.what,
        "at": _iso(row.at),
        "actor": row.actor,
        "version": row.version,
        "data": row.data,
    }


def _client(
    inquiry: Inquiry, client: Client | None, organisation: Client | None
) -> dict[str, Any] | None:
    """Return who asked; a client that the base does not know yet has a reference only."""
    if inquiry.client_ref is None:
        return None
    return {
        "source": inquiry.source,
        "ref": inquiry.client_ref,
        "client_id": str(client.client_id) if client else None,
        "kind": client.kind if client else None,
        "name": client.display_name if client else None,
        "organisation": organisation.display_name if organisation else None,
        "language": client.language if client else None,
    }


def _days_left(inquiry: Inquiry, today: date) -> int | None:
    """Return the working days left for the answer, negative when late, None when it is given."""
    if inquiry.is_resolved or inquiry.answered_at:
        return None
    return calendar_kg.working_days_between(today, inquiry.answer_due_on)


def _on_time(inquiry: Inquiry, today: date) -> bool | None:
    done_at = inquiry.answered_at or inquiry.resolved_at
    done_on = clock.day_of(done_at) if done_at else None
    return deadlines.is_on_time(inquiry.answer_due_on, done_on, today)


def _kept(due_on: date, done_at: datetime | None) -> bool | None:
    return clock.day_of(done_at) <= due_on if done_at else None


def _iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
