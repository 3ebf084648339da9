"""The card of a client: its fields, each set by the newest fact that spoke of it."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from contracts.parts import ClientName
from contracts.portal import ClientRegisteredV1, ClientUpdatedV1
from services.clients import municipalities, organisations, people, territories
from services.clients.blanks import AnyOrganisation, AnyPerson, Card
from services.clients.models import Client, Person
from services.clients.rules import contacts, merging
from services.clients.rules.folding import fold

Fields = dict[str, object]
# What an index of names can hold; lists of longer names go on by id.
SORTED_BY = 200


def fields(client: Card, data: ClientRegisteredV1 | ClientUpdatedV1) -> Fields:
    """Return the columns that a portal fact speaks of, normalised; None = not said."""
    own = organisations.fields(data) if isinstance(client, AnyOrganisation) else people.fields(data)
    return own | {
        "audience": data.audience,
        "language": data.language,
        "territory": data.territory and territories.resolve(data.territory),
        "municipality_text": data.municipality,
        "inn": data.inn,
        "emails": [contacts.email(data.email)] if data.email else None,
        "phones": (contacts.phones(data.phone) or None) if data.phone else None,
    }


def is_named_so(client: Client, name: ClientName) -> bool:
    """Return whether a name, if it says anything, says something of this kind of client."""
    person, organisation = (name.surname, name.name, name.patronymic), (name.ru, name.ky, name.en)
    is_person = isinstance(client, Person)
    own, other = (person, organisation) if is_person else (organisation, person)
    return any(own) or not any(other)


def write(session: Session, client: Card, values: Mapping[str, object], *, mark: str) -> set[str]:
    """Set the fields that this fact is the newest to speak of; return their names."""
    changed = merging.newer(client.field_times, values, mark)
    for name, value in changed.items():
        setattr(client, name, value)
    client.field_times = client.field_times | dict.fromkeys(changed, mark)
    if changed.keys() & {"municipality_text", "territory"}:
        municipalities.assign(session, client)
    _fold(client)
    return set(changed)


def confirm(client: Card, at: datetime) -> None:
    """Remember that the portal vouched for the card at an instant (row R2.f)."""
    client.confirmed_at = merging.latest(client.confirmed_at, at)


def verify(client: Card, at: datetime) -> None:
    """Remember that the portal made sure who this is; the first time stays."""
    client.verified_at = merging.earliest(client.verified_at, at)


def _fold(client: Card) -> None:
    names = _names(client)
    parts = [
        *names,
        *client.emails,
        *client.phones,
        *(contacts.digits(phone) for phone in client.phones),
        client.inn or "",
        client.municipality_text or "",
    ]
    client.sort_name = fold(names[0])[:SORTED_BY] if names else ""
    client.search_text = fold(" ".join(parts))


def _names(client: Card) -> list[str]:
    if isinstance(client, AnyOrganisation):
        return organisations.names(client)
    return people.names(client) if isinstance(client, AnyPerson) else []
