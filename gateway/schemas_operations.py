"""What the routes of operation take: dead letters, kept facts, receipts."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from contracts.catalogue import SERVICES
from contracts.envelope import LONGEST
from contracts.fields import ContractSchema, TextField, no_control
from gateway.jobs.kinds import KINDS, MOST_CHOSEN
from gateway.schemas import PageQuery


class ServiceField(fields.String):
    """One of the services."""

    def __init__(self, **options: object) -> None:
        super().__init__(validate=validate.OneOf(SERVICES), **options)  # type: ignore[arg-type]


class NameField(fields.String):
    """A name as events carry it, taken exactly as it is: ``id``, ``source`` or ``type``."""

    def __init__(self, name: str, **options: object) -> None:
        length = validate.Length(min=1, max=LONGEST[name])
        super().__init__(validate=[length, no_control], **options)  # type: ignore[arg-type]


class FactQuery(PageQuery):
    """Which facts of which service; ``type`` is an event type."""

    service = ServiceField()
    type = NameField("type")
    source = NameField("source")


class DeadLetterQuery(FactQuery):
    """Filters of dead letters; ``state`` absent means the open ones."""

    state = fields.String(validate=validate.OneOf(("open", "replayed", "discarded")))
    reason = fields.String(
        validate=validate.OneOf(
            ("failed", "invalid", "same_id_other_content", "undecodable", "delivery_limit")
        )
    )


class KeptQuery(FactQuery):
    """Filters of kept facts; ``outcome`` absent means both."""

    outcome = fields.String(validate=validate.OneOf(("waiting", "failed")))


class DeadLetterMend(ContractSchema):
    """What takes the place of the stored body; empty = nothing does."""

    data = fields.Dict(keys=fields.String())
    event = fields.Dict(keys=fields.String())


class DeadLetterDiscarding(ContractSchema):
    """Why a dead letter is put aside."""

    reason = TextField(required=True)


class KeptTry(ContractSchema):
    """Which fact is tried at which service."""

    service = ServiceField(required=True)
    source = NameField("source", required=True)
    event_id = NameField("id", required=True)


class JobNew(ContractSchema):
    """What is to be done, on chosen things (``ids``) or on what a list's filter finds."""

    what = fields.String(required=True, validate=validate.OneOf(sorted(KINDS)))
    query = fields.String(validate=validate.Length(max=2000))
    ids = fields.List(fields.UUID(), validate=validate.Length(min=1, max=MOST_CHOSEN))
    params = fields.Dict(keys=fields.String())

    @validates_schema
    def chooses_once(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse both a filter and ids, and neither."""
        if ("query" in data) == ("ids" in data):
            raise ValidationError({"ids": ["Give ids or query."]})


class ReceiptQuery(ContractSchema):
    """The identity of the fact."""

    source = NameField("source", required=True)
    id = NameField("id", required=True)
