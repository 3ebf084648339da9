"""A blank has every column of the client that it becomes: none is forgotten by a new column."""

from dataclasses import fields

import pytest

from services.clients import blanks
from services.clients.models import Client, Organisation, Person

KINDS = [(blanks.BlankOrganisation, Organisation), (blanks.BlankPerson, Person)]


@pytest.mark.parametrize(("blank", "model"), KINDS)
def test_it_has_the_columns_of_the_client(blank: type, model: type[Client]) -> None:
    columns = {column.key for column in model.__mapper__.column_attrs}
    assert {field.name for field in fields(blank)} == columns
