"""The kinds of jobs: what each asks for, who may have it done, and how one thing of it is done."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from marshmallow import Schema, fields, validate

from contracts.fields import ContractSchema, InquiryOutcomeField, LineField
from gateway.inside import Values
from gateway.jobs.columns import TABLES, Table
from gateway.jobs.sheets import FORMATS
from gateway.policy import Access


class ExportParams(ContractSchema):
    """In which format."""

    format = fields.String(load_default="xlsx", validate=validate.OneOf(sorted(FORMATS)))


class ResolveParams(ContractSchema):
    """How the inquiries ended."""

    outcome = InquiryOutcomeField(required=True)
    reason = LineField()


class ReasonParams(ContractSchema):
    """Why."""

    reason = LineField(required=True)


class NoParams(ContractSchema):
    """Nothing is asked for."""


@dataclass(frozen=True, slots=True)
class Export:
    """A list written into a file."""

    access: Access
    table: Table
    params: Schema = field(default_factory=ExportParams)


@dataclass(frozen=True, slots=True)
class Bulk:
    """One act on many things: the route of the act, the list that finds them."""

    access: Access
    act: str
    value: str
    listed: str
    params: Schema
    any_version: bool = False

    def body(self, params: Values) -> Values:
        """Return what the act is told of each thing."""
        return {name: value for name, value in params.items() if value}


KINDS: Mapping[str, Export | Bulk] = {
    **{f"{name}.export": Export(Access(name, "read"), table) for name, table in TABLES.items()},
    "inquiries.resolve": Bulk(
        Access("inquiries", "resolve"),
        "resolve_inquiry",
        "inquiry_id",
        "list_inquiries",
        ResolveParams(),
        any_version=True,
    ),
    "dead-letters.replay": Bulk(
        Access("dead_letters", "replay"),
        "replay_dead_letter",
        "letter_id",
        "list_dead_letters",
        NoParams(),
    ),
    "dead-letters.discard": Bulk(
        Access("dead_letters", "discard"),
        "discard_dead_letter",
        "letter_id",
        "list_dead_letters",
        ReasonParams(),
    ),
}
MOST_CHOSEN = 10_000


def screen_of(what: str) -> str:
    """Return the list that a kind of job belongs to."""
    return what.partition(".")[0]


def acts_of(screen: str) -> list[str]:
    """Return the kinds of jobs that a list offers."""
    return [what for what in KINDS if screen_of(what) == screen]
