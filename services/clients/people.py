"""People: what a fact says of one, and the names by which they are found."""

from contracts.portal import ClientRegisteredV1, ClientUpdatedV1
from services.clients.blanks import AnyPerson

Fields = dict[str, object]


def fields(data: ClientRegisteredV1 | ClientUpdatedV1) -> Fields:
    """Return the columns that a fact speaks of; None = not said."""
    name = data.name
    return {
        "surname": name and name.surname,
        "given_name": name and name.name,
        "patronymic": name and name.patronymic,
    }


def names(person: AnyPerson) -> list[str]:
    """Return the person's whole name, surname first."""
    parts = (person.surname, person.given_name, person.patronymic)
    return [" ".join(part for part in parts if part)]
