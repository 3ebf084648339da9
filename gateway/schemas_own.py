"""What staff keep for themselves, as it is taken: language, drafts, saved views."""

import re

from marshmallow import fields, validate

from contracts.fields import ContractSchema, LanguageField, LineField
from gateway.views import SCREENS

DRAFT_PLACE = re.compile(r"[a-z0-9:_-]{1,200}")


class OwnWishes(ContractSchema):
    """The language of one's own pages; null is that of the browser."""

    language = LanguageField(required=True, allow_none=True)


class DraftFields(ContractSchema):
    """What was typed, by the names of the form's fields."""

    fields_ = fields.Dict(
        keys=fields.String(validate=validate.Length(max=100)),
        values=fields.String(),
        required=True,
        data_key="fields",
        attribute="fields",
    )


class ViewQuery(ContractSchema):
    """Of which list."""

    screen = fields.String(validate=validate.OneOf(SCREENS))


class ViewNameField(LineField):
    """What a saved view is called."""

    shortest, longest = 1, 100


class ViewChange(ContractSchema):
    """What changes of a view; absent = stays."""

    name = ViewNameField()
    query = fields.String(validate=validate.Length(max=2000))
    shared = fields.Boolean(truthy={True}, falsy={False})


class ViewNew(ViewChange):
    """The filters of a list, as the query string of its address."""

    screen = fields.String(required=True, validate=validate.OneOf(SCREENS))
    name = ViewNameField(required=True)
    query = fields.String(required=True, validate=validate.Length(max=2000))
