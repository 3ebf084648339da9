"""Who somebody was, when: audience and posts as they follow from all that was ever said of them.

Statements may arrive in any order; the history is a fold over them in the order of their times
(contracts.md §2: a field that is absent stays as it is).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.codes import LSG_BODY_TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one fact said of a client's audience, organisation and post; None = nothing."""

    id: UUID
    mark: str
    at: datetime
    audience: str | None = None
    organisation_id: UUID | None = None
    role: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """One post from ``since`` to ``until`` (None = still held); ``id`` is the statement's."""

    id: UUID
    organisation_id: UUID
    role: str
    title: str | None
    since: datetime
    until: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Return whether the post was held at an instant."""
        return self.since <= at and (self.until is None or at < self.until)


def tenures(statements: Iterable[Statement]) -> list[Tenure]:
    """Return all posts, oldest first.

    Another organisation or role ends the post and starts a new one; another title renames it, and
    a title that is not given stays with its role. A role without an organisation is no post yet;
    an organisation without a role is role "other".
    """
    held: list[Tenure] = []
    role, title = "other", None
    for said in sorted(statements, key=lambda statement: statement.mark):
        last = held[-1] if held else None
        organisation_id = said.organisation_id or (last.organisation_id if last else None)
        elsewhere = last is not None and organisation_id != last.organisation_id
        if said.role is not None and (elsewhere or said.role != role):
            role, title = said.role, None
        title = said.title or title
        if organisation_id is None:
            continue
        if last and (last.organisation_id, last.role) == (organisation_id, role):
            held[-1] = replace(last, title=title)
            continue
        if last:
            held[-1] = replace(last, until=said.at)
        held.append(
            Tenure(
                id=said.id,
                organisation_id=organisation_id,
                role=role,
                title=title,
                since=said.at,
            )
        )
    return held


def tenure_at(held: Sequence[Tenure], at: datetime) -> Tenure | None:
    """Return the post held at an instant; before the first one known, that first one.

    Somebody who came to an event and registered a week later is who they turned out to be.
    """
    covering = next((tenure for tenure in held if tenure.covers(at)), None)
    return covering or (held[0] if held else None)


def audience_at(statements: Iterable[Statement], at: datetime) -> str | None:
    """Return the audience of a client at an instant; before the first one known, that first."""
    said = sorted((s for s in statements if s.audience), key=lambda statement: statement.mark)
    before = [statement for statement in said if statement.at <= at]
    chosen = before[-1] if before else (said[0] if said else None)
    return chosen.audience if chosen else None


def is_lsg(audience: str | None, body_type: str | None) -> bool:
    """Return whether somebody stands for an LSG body: by audience or by a post (ToR row 9)."""
    return audience == "lsg_bodies" or body_type in LSG_BODY_TYPES
