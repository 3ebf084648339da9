"""Filters of the lists of online events, mails and the event log."""

from marshmallow import fields, validate

from contracts.fields import AwareField, LineField, RefField
from gateway.schemas import CountField, PageQuery, YesNo


class OnlineEventQuery(PageQuery):
    """Filters of online events; ``counts``: held with ten participants, or with fewer."""

    count = CountField()
    sort = fields.String(validate=validate.OneOf(("starts", "-starts")))
    q = RefField()
    state = fields.String(validate=validate.OneOf(("announced", "held", "cancelled")))
    kind = RefField()
    ahead = YesNo()
    counts = YesNo()
    since = AwareField()
    until = AwareField()


class DeliveryQuery(PageQuery):
    """Filters of mails: to whom, about what (its reference), for which purpose, in which state."""

    count = CountField()
    client = fields.UUID()
    about = RefField()
    purpose = LineField()
    notice = LineField()
    state = LineField()


class LogQuery(PageQuery):
    """Filters of the event log; since and until are of the event's own time."""

    type = LineField()
    source = LineField()
    emitter = LineField()
    actor = LineField()
    correlation = LineField()
    subject = LineField()
    since = AwareField()
    until = AwareField()


class TimelineQuery(PageQuery):
    """Whose timeline, and of which kind of happening."""

    client = fields.UUID(required=True)
    kind = fields.String(
        validate=validate.OneOf(("registration", "consent", "event", "inquiry", "mail"))
    )
