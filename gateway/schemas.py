"""What the gateway takes: queries and bodies, as marshmallow schemas (contracts.md section 5).

An undeclared parameter or field is an error that names it.
"""

from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validate

from contracts.fields import (
    AudienceField,
    AwareField,
    BodyTypeField,
    ClientStatusField,
    ContractSchema,
    EmailField,
    InquiryKindField,
    InquiryOutcomeField,
    LanguageField,
    LineField,
    MonthField,
    RefField,
    TextField,
)
from gateway.events import ABSOLUTE, PORTAL_TYPES
from gateway.masking import INSTEAD, PERSONAL
from gateway.policy import STAFF

LARGEST_PAGE = 200
CLIENT_SORTS = ("name", "-name", "registered", "-registered")
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


class CountField(fields.String):
    """How a list is counted: exactly, or up to 10,000 and then ``total_at_least``."""

    def __init__(self) -> None:
        super().__init__(validate=validate.OneOf(("exact", "capped")))


class ListQuery(PageQuery):
    """A list with search; where there is an order, a leading ``-`` turns it round."""

    q = RefField(metadata={PERSONAL: True})
    count = CountField()


class ClientQuery(ListQuery):
    """Filters that organisations and people share; a territory includes its parts."""

    sort = fields.String(validate=validate.OneOf(CLIENT_SORTS))
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

    # The order of names tells names, and so does the cursor of a page in that order.
    sort = fields.String(
        validate=validate.OneOf(CLIENT_SORTS),
        metadata={PERSONAL: ("name", "-name"), INSTEAD: "registered"},
    )
    organisation = fields.UUID()


class InquiryQuery(ListQuery):
    """Filters of inquiries; ``client`` is our id or the portal's reference."""

    sort = fields.String(validate=validate.OneOf(("received", "-received", "due", "-due")))
    state = RefField()
    overdue = YesNo()
    due = fields.String(validate=validate.OneOf(("overdue", "today", "week", "none")))
    kind = InquiryKindField()
    language = LanguageField()
    client = RefField(metadata={PERSONAL: True})
    organisation = fields.UUID()


class MonthQuery(ContractSchema):
    """The month asked for; absent means this month, or the last one of the newest plan."""

    month = MonthField()


class EvidenceQuery(PageQuery):
    """The rows behind a figure of a month."""

    month = MonthField()


class StatusQuery(ContractSchema):
    """Whether to count what each service received and emitted, and to look at its queues."""

    counts = YesNo(load_default=False)
    queues = YesNo(load_default=False)


class AuditQuery(PageQuery):
    """Filters of the audit log; ``thing`` is written as there: ``person:<id>``."""

    actor = LineField()
    action = LineField()
    thing = LineField()
    since = AwareField()
    until = AwareField()


class SignIn(ContractSchema):
    """A login and its password."""

    login = LineField(required=True, validate=validate.Length(min=1, max=100))
    password = fields.String(
        required=True, validate=validate.Length(min=1, max=1000), load_only=True
    )


class NewPasswordField(fields.String):
    """A password that somebody chooses: its length is the only rule of form (S3)."""

    def __init__(self) -> None:
        length = validate.Length(min=12, max=1000)
        super().__init__(required=True, validate=length, load_only=True)


class OwnPassword(ContractSchema):
    """The password of today and the one from now on."""

    old = fields.String(required=True, validate=validate.Length(min=1, max=1000), load_only=True)
    new = NewPasswordField()


class PasswordByLink(ContractSchema):
    """The token of a link, and the password from now on."""

    token = fields.String(required=True, validate=validate.Length(min=1, max=200), load_only=True)
    password = NewPasswordField()


class StaffRoleField(fields.String):
    """One of the roles that people have."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=validate.OneOf(STAFF), **options)


class LoginField(LineField):
    """A login; kept in lower case."""

    shortest, longest = 2, 100

    def tidy(self, text: str) -> str:
        """Return what is kept."""
        return super().tidy(text).lower()


class AccountNew(ContractSchema):
    """Who is to be let in."""

    login = LoginField(required=True)
    role = StaffRoleField(required=True)
    language = LanguageField()


class AccountChange(ContractSchema):
    """What changes; absent = stays."""

    role = StaffRoleField()
    language = LanguageField()
    disabled = fields.Boolean(truthy={True}, falsy={False})


class SourceField(LineField):
    """A source that a key may name: an absolute URI."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.validators.append(is_absolute)


def is_absolute(source: str) -> None:
    """Refuse what is no absolute URI."""
    if not ABSOLUTE.fullmatch(source):
        raise ValidationError("Must be an absolute URI.")


class KeyNew(ContractSchema):
    """A client and what its key may send; absent = the portal's source, every type."""

    name = LineField(required=True, validate=validate.Length(min=1, max=100))
    sources = fields.List(SourceField(), validate=validate.Length(min=1, max=20))
    types = fields.List(
        fields.String(validate=validate.OneOf(sorted(PORTAL_TYPES))),
        validate=validate.Length(min=1, max=len(PORTAL_TYPES)),
    )


class TestMail(ContractSchema):
    """To whom a test mail goes; ``language`` absent: that of the request."""

    to = EmailField(required=True)
    language = LanguageField()


class InquiryAnswer(ContractSchema):
    """An answer to the client; ``language`` absent means the inquiry's."""

    text = TextField(required=True)
    language = LanguageField()


class InquiryNote(ContractSchema):
    """A note for colleagues; no client sees it."""

    text = TextField(required=True)


class InquiryResolution(ContractSchema):
    """How an inquiry ended."""

    outcome = InquiryOutcomeField(required=True)
    reason = LineField()


class InquiryReopening(ContractSchema):
    """Why a closed inquiry is open again."""

    reason = LineField(required=True)
