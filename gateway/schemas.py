"""What the gateway takes: queries and bodies, as marshmallow schemas (contracts.md section 5).

An undeclared parameter or field is an error that names it.
"""

from typing import ClassVar

from marshmallow import fields, validate

from contracts.fields import (
    AudienceField,
    BodyTypeField,
    ClientStatusField,
    ContractSchema,
    InquiryKindField,
    InquiryOutcomeField,
    LanguageField,
    LineField,
    MonthField,
    RefField,
    TextField,
)

LARGEST_PAGE = 200
# A cursor holds the name that a page ended with; in Cyrillic a long one takes its place.
LONGEST_CURSOR = 2_000


class YesNo(fields.Boolean):
    """A flag in a query: true, 1, false or 0."""

    truthy: ClassVar[set[object]] = {"true", "1"}  # type: ignore[misc]
    falsy: ClassVar[set[object]] = {"false", "0"}  # type: ignore[misc]


class NoQuery(ContractSchema):
    """No parameters."""


class PageQuery(ContractSchema):
    """Which page of a list: at most 200 rows, continued after ``cursor``."""

    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=LARGEST_PAGE))
    cursor = fields.String(validate=validate.Length(min=1, max=LONGEST_CURSOR))


class ListQuery(PageQuery):
    """A list with search; where there is an order, a leading ``-`` turns it round."""

    q = RefField()


class ClientQuery(ListQuery):
    """Filters that organisations and people share; a territory includes its parts."""

    sort = fields.String(validate=validate.OneOf(("name", "-name", "registered", "-registered")))
    audience = AudienceField()
    territory = LineField()
    municipality = fields.UUID()
    registered = YesNo()
    status = ClientStatusField()
    language = LanguageField()


class OrganisationQuery(ClientQuery):
    """Filters of organisations."""

    body_type = BodyTypeField()


class PersonQuery(ClientQuery):
    """Filters of people; ``organisation`` is one in which they hold a post now."""

    organisation = fields.UUID()


class InquiryQuery(ListQuery):
    """Filters of inquiries; ``client`` is our id or the portal's reference."""

    sort = fields.String(validate=validate.OneOf(("received", "-received", "due", "-due")))
    state = RefField()
    overdue = YesNo()
    kind = InquiryKindField()
    language = LanguageField()
    client = RefField()


class MonthQuery(ContractSchema):
    """The month asked for; absent means this month, or the last one of the newest plan."""

    month = MonthField()


class EvidenceQuery(PageQuery):
    """The rows behind a figure of a month."""

    month = MonthField()


class StatusQuery(ContractSchema):
    """Whether to count what each service received and emitted."""

    counts = YesNo(load_default=False)


class SignIn(ContractSchema):
    """A login and its password."""

    login = LineField(required=True, validate=validate.Length(min=1, max=100))
    password = fields.String(
        required=True, validate=validate.Length(min=1, max=1000), load_only=True
    )


class InquiryAnswer(ContractSchema):
    """An answer to the client; ``language`` absent means the inquiry's."""

    text = TextField(required=True)
    language = LanguageField()


class InquiryResolution(ContractSchema):
    """How an inquiry ended."""

    outcome = InquiryOutcomeField(required=True)
    reason = LineField()


class InquiryReopening(ContractSchema):
    """Why a closed inquiry is open again."""

    reason = LineField(required=True)
