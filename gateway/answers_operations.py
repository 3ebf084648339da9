"""What the routes of operation answer: dead letters, kept facts, receipts, differences."""

from marshmallow import fields

from gateway.answers import Open, Thing


class DeadLetter(Thing):
    service = fields.String(required=True)
    state = fields.String(required=True)
    reason = fields.String(required=True)
    text = fields.String(required=True)
    error = fields.String(required=True, allow_none=True)
    listener = fields.String(required=True)
    source = fields.String(required=True, allow_none=True)
    event_id = fields.String(required=True, allow_none=True)
    type = fields.String(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    settled_at = fields.AwareDateTime(allow_none=True)
    settled_by = fields.String(allow_none=True)
    settled_reason = fields.String(allow_none=True)
    outcome = fields.String(allow_none=True)


class Kept(Open):
    service = fields.String()
    listener = fields.String(required=True)
    source = fields.String(required=True)
    event_id = fields.String(required=True)
    type = fields.String(required=True)
    outcome = fields.String(required=True)
    text = fields.String(required=True)
    since = fields.AwareDateTime(required=True)
    next_at = fields.AwareDateTime(required=True, allow_none=True)


class Tried(Open):
    handled = fields.List(fields.Nested(Kept), required=True)


class HandledBy(Open):
    service = fields.String(required=True)
    outcome = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    text = fields.String(required=True)


class CountedIn(Open):
    code = fields.String(required=True)
    month = fields.String(required=True)


class Receipt(Open):
    id = fields.String(required=True)
    source = fields.String(required=True)
    type = fields.String(required=True)
    time = fields.AwareDateTime(required=True, allow_none=True)
    received_at = fields.AwareDateTime(required=True)
    handled = fields.List(fields.Nested(HandledBy), required=True)
    counted = fields.List(fields.Nested(CountedIn), required=True, allow_none=True)
    awaited = fields.List(fields.String(), required=True)
    away = fields.List(fields.String(), required=True)


class Difference(Open):
    service = fields.String(required=True)
    kind = fields.String(required=True)
    subject = fields.String(required=True)
    count = fields.Integer(required=True)
    repaired = fields.Integer(required=True)
    first_seen_at = fields.AwareDateTime(required=True)
    text = fields.String(required=True)
    where = fields.String(required=True)


class Differences(Open):
    items = fields.List(fields.Nested(Difference), required=True)
    checked = fields.Dict(required=True)
    away = fields.List(fields.String(), required=True)
