"""Votes and contest entries."""

from dataclasses import dataclass

from contracts.envelope import event
from contracts.fields import Line, Ref, Text


@event("portal", personal=("option",))
@dataclass(frozen=True, slots=True, kw_only=True)
class VoteCastV1:
    """A client voted in a poll; who chose what is secret, so the option is personal."""

    poll_ref: Ref
    client_ref: Ref
    option: Line


@event("portal", personal=("summary",))
@dataclass(frozen=True, slots=True, kw_only=True)
class ContestEntrySubmittedV1:
    """An entry to a contest."""

    contest_ref: Ref
    entry_ref: Ref
    title: Line
    client_ref: Ref | None = None
    territory: Line | None = None
    summary: Text | None = None
