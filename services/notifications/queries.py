"""The read side: deliveries as lists show them."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from chassis import paging
from chassis.errors import Invalid
from chassis.outgoing import FINAL, OPEN, OutgoingMail
from contracts.parts import ClientName
from services.notifications.models import Recipient

FILTERS = {"client": "client_id", "about": "about_ref", "purpose": "purpose", "notice": "notice"}
STATES = (*OPEN, *FINAL)
LEDGER = OutgoingMail.__table__.c


def deliveries(session: Session, query: dict[str, Any]) -> dict[str, Any]:
    """One page of the ledger, newest first; filters client, about, purpose, notice, state."""
    limit = paging.page_size(query)
    found = _filtered(select(OutgoingMail), query)
    total = paging.totals(session, _filtered(select(LEDGER.id), query), query)
    rows = session.scalars(
        paging.keyset(
            found,
            [LEDGER.queued_at, LEDGER.id],
            cursor=query.get("cursor"),
            limit=limit,
            descending=True,
        )
    ).all()
    shown, following = paging.page(rows, limit, ["queued_at", "id"])
    names = _names(session, shown)
    items = [_item(mail, names.get(mail.meta["client_id"])) for mail in shown]
    return {"items": items, "next": following, **total}


def _filtered(statement: Select[Any], query: dict[str, Any]) -> Select[Any]:
    for name, key in FILTERS.items():
        if value := query.get(name):
            statement = statement.where(OutgoingMail.meta[key].as_string() == str(value))
    if state := query.get("state"):
        if state not in STATES:
            raise Invalid(fields={"state": [f"Must be one of: {', '.join(STATES)}."]})
        statement = statement.where(OutgoingMail.state == state)
    return statement


def _names(session: Session, mails: list[OutgoingMail]) -> dict[str, str]:
    ids = {UUID(mail.meta["client_id"]) for mail in mails if mail.meta["client_id"]}
    clients = session.scalars(select(Recipient).where(Recipient.id.in_(ids)))
    return {str(client.id): ClientName(**client.name).full() for client in clients}


def _item(mail: OutgoingMail, name: str | None) -> dict[str, Any]:
    meta = mail.meta
    return {
        "id": str(mail.id),
        "notice": meta["notice"],
        "purpose": meta["purpose"],
        "about": {"type": meta["about_type"], "ref": meta["about_ref"]},
        "client_id": meta["client_id"],
        "name": name or meta["facts"].get("name"),
        "address": mail.address,
        "language": mail.language,
        "state": mail.state,
        "reason": mail.reason,
        "attempts": mail.attempts,
        "message_id": mail.message_id,
        "queued_at": mail.queued_at.isoformat(),
        "not_before": mail.not_before and mail.not_before.isoformat(),
        "settled_at": mail.settled_at and mail.settled_at.isoformat(),
    }
