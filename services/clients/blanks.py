"""Blanks: clients who are not in the base yet, as plain objects.

They have the columns of the table and become rows by one statement; the rules that fill a card
take them as they take a ``Client``. An object of the ORM costs many times as much.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chassis import bulk
from services.clients.models import Client, Organisation, Person


@dataclass(kw_only=True)
class Blank:
    """The columns of a new ``Client``; they mean what they mean there."""

    id: UUID
    kind: str
    audience: str
    status: str = "active"
    language: str | None = None
    territory: str | None = None
    municipality_text: str | None = None
    municipality_id: UUID | None = None
    inn: str | None = None
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    portal_registered_at: datetime | None = None
    verified_at: datetime | None = None
    verified_method: str | None = None
    confirmed_at: datetime | None = None
    field_times: dict[str, str] = field(default_factory=dict)
    sort_name: str = ""
    search_text: str = ""
    version: int = 0
    announced: str | None = None


@dataclass(kw_only=True)
class BlankOrganisation(Blank):
    """The columns of a new ``Organisation``."""

    name_ru: str | None = None
    name_ky: str | None = None
    name_en: str | None = None
    body_type: str | None = None


@dataclass(kw_only=True)
class BlankPerson(Blank):
    """The columns of a new ``Person``."""

    surname: str | None = None
    given_name: str | None = None
    patronymic: str | None = None


Card = Client | Blank
AnyOrganisation = Organisation | BlankOrganisation
AnyPerson = Person | BlankPerson
KINDS: dict[str, type[Blank]] = {"organisation": BlankOrganisation, "person": BlankPerson}
# A row says nothing of the columns of the other kind: they are empty.
INSERT = bulk.insertion(Client, [column.name for column in Client.__table__.columns])
