"""Organisations (bodies, universities, companies, …): what a fact says of one, and their search."""

from contracts.portal import ClientRegisteredV1, ClientUpdatedV1
from services.clients.blanks import AnyOrganisation

Fields = dict[str, object]


def fields(data: ClientRegisteredV1 | ClientUpdatedV1) -> Fields:
    """Return the columns that a fact speaks of; None = not said."""
    name = data.name
    return {
        "name_ru": name and name.ru,
        "name_ky": name and name.ky,
        "name_en": name and name.en,
        "body_type": data.body_type,
    }


def names(organisation: AnyOrganisation) -> list[str]:
    """Return the organisation's names, the one to sort by first."""
    found = (organisation.name_ru, organisation.name_ky, organisation.name_en)
    return [name for name in found if name]
