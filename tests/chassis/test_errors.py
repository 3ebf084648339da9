"""Errors travel over RPC and come back as what they were."""

import pytest

from chassis import errors
from chassis.problems import NoWords, describe


@pytest.mark.parametrize(
    "error",
    [
        errors.NotFound("inquiry", "О-2022-0001"),
        errors.Conflict("resolved", "reopen it first", number="О-2022-0001"),
        errors.Invalid(fields={"text": ["Missing data for required field."]}),
        errors.Unavailable("database_away", retry_after=5),
    ],
)
def test_it_comes_back_as_it_was(error):
    again = errors.from_dict(error.to_dict())
    assert type(again) is type(error)
    assert again.to_dict() == error.to_dict()


def test_it_makes_a_plain_error_of_an_unknown_kind():
    assert type(errors.from_dict({"kind": "Weird", "code": "x"})) is errors.AymakError


def test_it_has_one_entry_for_each_wrong_field():
    error = errors.Invalid(fields={"data.email": ["Not an address.", "Too long."], "id": ["Odd."]})
    assert describe(error, NoWords(), "en")["errors"] == [
        {"field": "data.email", "message": "Not an address. Too long."},
        {"field": "id", "message": "Odd."},
    ]
