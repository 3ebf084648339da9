"""What staff ask for over RPC: checked input, once per idempotency key, on the version they saw."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, TypeVar
from uuid import UUID

from marshmallow import Schema, ValidationError, validates_schema
from marshmallow_dataclass import class_schema
from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import context
from chassis.errors import Conflict, Invalid, NotFound, PreconditionFailed
from contracts.envelope import flatten
from contracts.fields import ContractSchema, Count, InquiryOutcome, Language, Line, Text
from services.feedback.models import Inquiry, InquiryEvent
from services.feedback.timeline import Entry

A = TypeVar("A", bound="Act")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """``key``: the same key is the same act; ``version``: the one the asker saw, None = any."""

    key: Line
    version: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerAct(Act):
    """An answer; ``language`` absent means the language of the inquiry."""

    text: Text
    language: Language | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveAct(Act):
    """A resolution; an outcome that is no answer says why."""

    outcome: InquiryOutcome
    reason: Line | None = None

    @validates_schema
    def unanswered_needs_reason(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse to close an inquiry as spam, duplicate or withdrawn without a reason."""
        if data.get("outcome") not in (None, "answered") and not data.get("reason"):
            raise ValidationError({"reason": ["Say why this is closed without an answer."]})


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAct(Act):
    """A note of staff for staff."""

    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenAct(Act):
    """A reopening by staff."""

    reason: Line


SCHEMAS: dict[type[Act], Schema] = {
    kind: class_schema(kind, base_schema=ContractSchema)()
    for kind in (AnswerAct, NoteAct, ResolveAct, ReopenAct)
}


def load(kind: type[A], **values: Any) -> A:
    """Return the checked act; raises ``Invalid`` with one entry for each wrong field."""
    try:
        act: A = SCHEMAS[kind].load(values)
    except ValidationError as problem:
        fields: dict[str, list[str]] = {}
        flatten(problem.messages, "", fields)
        raise Invalid(fields=fields) from problem
    return act


def start(session: Session, inquiry_id: str, act: Act) -> Inquiry | None:
    """Return the inquiry, locked for this act; None when the act was done before (same key).

    Raises ``NotFound``; ``Conflict`` (key_reused) when the key belongs to another act;
    ``PreconditionFailed`` when somebody changed the inquiry since ``act.version`` was read.
    """
    inquiry = _locked(session, inquiry_id)
    done = select(InquiryEvent).where(InquiryEvent.inquiry_id == inquiry.id)
    earlier = session.scalars(done.where(InquiryEvent.key == act.key)).one_or_none()
    if earlier is not None:
        if earlier.fingerprint != _fingerprint(act):
            raise Conflict("key_reused", "this key was used for another act on this inquiry")
        return None
    if act.version is not None and act.version != inquiry.version:
        message = f"{inquiry.number} is at version {inquiry.version}, not {act.version}"
        raise PreconditionFailed(message=message, version=inquiry.version)
    return inquiry


def entry(what: str, act: Act, inquiry: Inquiry, **rest: Any) -> Entry:
    """Return the timeline's line of an act; ``rest``: its time ``at`` and ``data``.

    The time is never before what it acts on: a portal's clock may run ahead of ours.
    """
    at = max(rest.pop("at"), inquiry.changed_at)
    actor = context.current().actor
    return Entry(what=what, at=at, actor=actor, key=act.key, fingerprint=_fingerprint(act), **rest)


def _locked(session: Session, inquiry_id: str) -> Inquiry:
    try:
        query = select(Inquiry).where(Inquiry.id == UUID(inquiry_id)).with_for_update()
    except (ValueError, AttributeError, TypeError) as problem:
        raise NotFound("inquiry", inquiry_id) from problem
    inquiry = session.scalars(query).one_or_none()
    if inquiry is None:
        raise NotFound("inquiry", inquiry_id)
    return inquiry


def _fingerprint(act: Act) -> str:
    asked = {key: value for key, value in asdict(act).items() if key not in ("key", "version")}
    text = json.dumps([type(act).__name__, asked], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
