"""Field types of the contracts: a Python type for code, a marshmallow field for the boundary.

Single lines are folded to one line and NFC here, so that no name or subject can carry a line
break into a mail header; control characters are refused because PostgreSQL cannot store NUL.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate
from marshmallow.exceptions import SCHEMA

from contracts import codes

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
ONE_DAY = timedelta(days=1)
# At most two places, no sign, no exponent: nothing is rounded and nothing is guessed.
AMOUNT = re.compile(r"[0-9]{1,13}(\.[0-9]{1,2})?")
# What a database column of whole numbers holds.
LARGEST_COUNT = 2_147_483_647


def no_control(text: str) -> None:
    """Refuse control characters."""
    if CONTROL.search(text):
        raise ValidationError("Control characters are not allowed.")


class FlagField(fields.Boolean):
    """True or false as JSON writes them; "yes", "0" or 1 would be a guess."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class ContractSchema(Schema):
    """Base of all schemas: an undeclared field is an error that names it (contracts.md §1)."""

    TYPE_MAPPING = {**Schema.TYPE_MAPPING, bool: FlagField}  # noqa: RUF012

    class Meta:
        unknown = RAISE

    def handle_error(self, error: ValidationError, data: Any, *, many: bool, **kwargs: Any) -> None:
        """Say which fields there are where one is unknown (marshmallow's hook)."""
        words = unknown_field(self.fields)
        # What is wrong with the object as a whole stands under a name that is no field either.
        for name in set(error.messages_dict) - {*self.fields, SCHEMA}:
            error.messages_dict[name] = [words]


def unknown_field(known: Iterable[str]) -> str:
    """Return the message about a field that is not declared, with those that are."""
    names = ", ".join(sorted(known))
    return f"Unknown field. Known here: {names}." if names else "Unknown field."


class StrictString(fields.String):
    """A string in NFC without control characters, at most ``longest`` characters."""

    longest = 20_000
    shortest = 0

    def __init__(self, **options: Any) -> None:
        options.setdefault("validate", validate.Length(min=self.shortest, max=self.longest))
        super().__init__(**options)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = unicodedata.normalize("NFC", super()._deserialize(value, attr, data, **kwargs))
        text = self.tidy(text)
        no_control(text)
        return text

    def tidy(self, text: str) -> str:
        return text.strip()


class LineField(StrictString):
    """One line of at most 500 characters; white space of any kind becomes one blank."""

    longest = 500
    shortest = 1

    def tidy(self, text: str) -> str:
        return " ".join(text.split())


class TextField(StrictString):
    """Free text of several lines, at most 20,000 characters."""

    shortest = 1


class RefField(LineField):
    """The portal's own id of a thing: 1-128 characters (contracts.md §1)."""

    longest = 128


class IdField(fields.UUID):
    """One of our ids: a UUID."""


class EmailField(fields.Email):
    """An e-mail address, kept as written; at most 254 characters (RFC 5321)."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("validate", [validate.Length(max=254), no_control])
        super().__init__(**options)


class UrlField(fields.Url):
    """An absolute http(s) address."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("validate", [validate.Length(max=2000), no_control])
        super().__init__(schemes={"http", "https"}, **options)


class AwareField(fields.AwareDateTime):
    """An instant: RFC 3339 with an offset, inside the years 1 to 9999 on every clock."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="iso", **options)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime:
        at = super()._deserialize(value, attr, data, **kwargs)
        try:
            # No clock is further from UTC than a day.
            for distance in (-ONE_DAY, ONE_DAY):
                at.astimezone(UTC) + distance
        except OverflowError as problem:
            raise ValidationError("Not a valid datetime.") from problem
        return at


class AmountField(fields.Decimal):
    """Money as a string decimal with at most two places; a number or a third place is refused."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("validate", validate.Range(min=Decimal("0.01")))
        super().__init__(places=2, as_string=True, **options)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Decimal:
        if not isinstance(value, str) or AMOUNT.fullmatch(value) is None:
            raise ValidationError("Not a valid number.")
        amount: Decimal = super()._deserialize(value, attr, data, **kwargs)
        return amount


class CodeField(fields.String):
    """One of a closed list of codes."""

    choices: tuple[str, ...] = ()

    def __init__(self, **options: Any) -> None:
        options.setdefault("validate", validate.OneOf(self.choices))
        super().__init__(**options)


class AudienceField(CodeField):
    choices = codes.AUDIENCES


class BodyTypeField(CodeField):
    choices = codes.BODY_TYPES


class RoleField(CodeField):
    choices = codes.ROLES


class LanguageField(CodeField):
    choices = codes.LANGUAGES


class ClientKindField(CodeField):
    choices = codes.CLIENT_KINDS


class ClientStatusField(CodeField):
    choices = codes.CLIENT_STATUSES


class ConsentPurposeField(CodeField):
    choices = codes.CONSENT_PURPOSES


class InquiryKindField(CodeField):
    choices = codes.INQUIRY_KINDS


class InquiryChannelField(CodeField):
    choices = codes.INQUIRY_CHANNELS


class InquiryDeadlineField(CodeField):
    choices = codes.INQUIRY_DEADLINES


class InquiryOutcomeField(CodeField):
    choices = codes.INQUIRY_OUTCOMES


class OnlineEventKindField(CodeField):
    choices = codes.ONLINE_EVENT_KINDS


class PaymentMethodField(CodeField):
    choices = codes.PAYMENT_METHODS


class DeliveryPurposeField(CodeField):
    choices = codes.DELIVERY_PURPOSES


class DeliveryStateField(CodeField):
    choices = codes.DELIVERY_STATES


class MonthField(fields.String):
    """A calendar month in Asia/Bishkek, ``2022-03``."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("validate", validate.Regexp(r"[0-9]{4}-(0[1-9]|1[0-2])\Z"))
        super().__init__(**options)


class CurrencyField(fields.String):
    """An ISO 4217 code."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("validate", validate.Regexp(r"[A-Z]{3}\Z"))
        super().__init__(**options)


class InnField(fields.String):
    """A taxpayer number of a legal entity: 14 digits (product.md §9)."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("validate", validate.Regexp(r"[0-9]{14}\Z"))
        super().__init__(**options)


class CountField(fields.Integer):
    """A whole number, zero or more."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("validate", validate.Range(min=0, max=LARGEST_COUNT))
        super().__init__(strict=True, **options)


class ScoreField(fields.Integer):
    """A mark from 1 to 5."""

    def __init__(self, **options: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(min=1, max=5), **options)


Line = Annotated[str, LineField]
Text = Annotated[str, TextField]
Ref = Annotated[str, RefField]
Email = Annotated[str, EmailField]
Url = Annotated[str, UrlField]
Instant = Annotated[datetime, AwareField]
Day = Annotated[date, fields.Date]
Amount = Annotated[Decimal, AmountField]
Currency = Annotated[str, CurrencyField]
Month = Annotated[str, MonthField]
Inn = Annotated[str, InnField]
Count = Annotated[int, CountField]
Score = Annotated[int, ScoreField]
Audience = Annotated[str, AudienceField]
BodyType = Annotated[str, BodyTypeField]
Role = Annotated[str, RoleField]
Language = Annotated[str, LanguageField]
ClientKind = Annotated[str, ClientKindField]
ClientStatus = Annotated[str, ClientStatusField]
ConsentPurpose = Annotated[str, ConsentPurposeField]
InquiryKind = Annotated[str, InquiryKindField]
InquiryChannel = Annotated[str, InquiryChannelField]
InquiryDeadline = Annotated[str, InquiryDeadlineField]
InquiryOutcome = Annotated[str, InquiryOutcomeField]
OnlineEventKind = Annotated[str, OnlineEventKindField]
PaymentMethod = Annotated[str, PaymentMethodField]
DeliveryPurpose = Annotated[str, DeliveryPurposeField]
DeliveryState = Annotated[str, DeliveryStateField]
