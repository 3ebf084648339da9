"""What a role without personal rights is answered: these fields and no others (quality.md S7).

Closed schemas beside the open ones of `gateway/answers.py`; `gateway/masking.py` lets nothing
else through. Names, addresses, numbers, texts and titles of posts are not among them.
"""

from marshmallow import RAISE, Schema, fields


class Closed(Schema):
    """Base: no further fields."""

    class Meta:
        unknown = RAISE


class WordsMasked(Closed):
    ru = fields.String(allow_none=True)
    ky = fields.String(allow_none=True)
    en = fields.String(allow_none=True)


class BodyMasked(Closed):
    id = fields.UUID()
    name = fields.Nested(WordsMasked)
    body_type = fields.String(allow_none=True)


class PostMasked(Closed):
    role = fields.String(allow_none=True)
    since = fields.String()
    until = fields.String(allow_none=True)
    organisation = fields.Nested(BodyMasked)


class ParticipationMasked(Closed):
    id = fields.UUID()
    title = fields.Nested(WordsMasked)
    starts_at = fields.AwareDateTime(allow_none=True)
    state = fields.String()
    people = fields.Integer()
    minutes = fields.Integer(allow_none=True)
    counts = fields.Boolean(allow_none=True)
    registered_at = fields.AwareDateTime(allow_none=True)


class ClientMasked(Closed):
    id = fields.UUID(required=True)
    kind = fields.String()
    audience = fields.String()
    status = fields.String()
    language = fields.String(allow_none=True)
    territory = fields.Dict(allow_none=True)
    municipality = fields.Dict(allow_none=True)
    registered_at = fields.AwareDateTime(allow_none=True)
    verified_at = fields.AwareDateTime(allow_none=True)
    confirmed_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()
    events = fields.List(fields.Nested(ParticipationMasked))


class OrganisationMasked(ClientMasked):
    name = fields.Nested(WordsMasked, required=True)
    body_type = fields.String(allow_none=True)
    posts = fields.Integer()
    people = fields.List(fields.Nested(PostMasked))


class PersonMasked(ClientMasked):
    organisation = fields.Nested(BodyMasked, allow_none=True)
    post = fields.Nested(PostMasked, allow_none=True)
    posts = fields.List(fields.Nested(PostMasked))
    registrations = fields.List(fields.Nested(ParticipationMasked))


class AttendantMasked(Closed):
    audience = fields.String(allow_none=True)
    lsg = fields.Boolean()
    minutes = fields.Integer()
    stays = fields.Integer()
    counts = fields.Boolean()


class AbsentMasked(Closed):
    registered_at = fields.AwareDateTime()


class OnlineEventMasked(Closed):
    id = fields.UUID(required=True)
    source = fields.String()
    ref = fields.String()
    title = fields.Nested(WordsMasked, required=True)
    kind = fields.String(allow_none=True)
    topic = fields.String(allow_none=True)
    url = fields.String(allow_none=True)
    audiences = fields.List(fields.String())
    state = fields.String(required=True)
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(allow_none=True)
    started_at = fields.AwareDateTime(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    held_at = fields.AwareDateTime(allow_none=True)
    cancel_reason = fields.String(allow_none=True)
    min_minutes = fields.Integer(allow_none=True)
    registrations = fields.Integer()
    participants = fields.Integer(required=True)
    lsg_participants = fields.Integer()
    enough = fields.Integer()
    needed = fields.Integer(required=True)
    counts = fields.Boolean(required=True, allow_none=True)
    attendance = fields.List(fields.Nested(AttendantMasked))
    absent = fields.List(fields.Nested(AbsentMasked))


class SubjectMasked(Closed):
    type = fields.String(allow_none=True)
    ref = fields.String(allow_none=True)


class DeliveryMasked(Closed):
    id = fields.UUID(required=True)
    notice = fields.String(required=True)
    purpose = fields.String(required=True)
    about = fields.Nested(SubjectMasked)
    client_id = fields.UUID(allow_none=True)
    language = fields.String(required=True)
    state = fields.String(required=True)
    reason = fields.String(allow_none=True)
    attempts = fields.Integer()
    queued_at = fields.AwareDateTime(required=True)
    not_before = fields.AwareDateTime(allow_none=True)
    settled_at = fields.AwareDateTime(allow_none=True)


class WordMasked(Closed):
    id = fields.UUID()
    side = fields.String()
    at = fields.AwareDateTime()
    language = fields.String(allow_none=True)
    on_time = fields.Boolean(allow_none=True)


class StepMasked(Closed):
    what = fields.String()
    at = fields.AwareDateTime()
    version = fields.Integer()


class LinkMasked(Closed):
    id = fields.UUID()
    number = fields.String()
    state = fields.String()


class InquiryMasked(Closed):
    id = fields.UUID(required=True)
    number = fields.String(required=True)
    version = fields.Integer(required=True)
    state = fields.String(required=True)
    kind = fields.String(required=True)
    language = fields.String(required=True)
    channel = fields.String(allow_none=True)
    received_at = fields.AwareDateTime()
    registered_at = fields.AwareDateTime()
    first_answered_at = fields.AwareDateTime(allow_none=True)
    answered_at = fields.AwareDateTime(allow_none=True)
    resolved_at = fields.AwareDateTime(allow_none=True)
    outcome = fields.String(allow_none=True)
    due_on = fields.Date(allow_none=True)
    answer_due_on = fields.Date(allow_none=True)
    registration_due_on = fields.Date(allow_none=True)
    first_response_due_on = fields.Date(allow_none=True)
    working_days_left = fields.Integer(allow_none=True)
    on_time = fields.Boolean(allow_none=True)
    registered_on_time = fields.Boolean(allow_none=True)
    first_response_on_time = fields.Boolean(allow_none=True)
    overdue = fields.List(fields.String())
    reopened = fields.Integer()
    thread = fields.List(fields.Nested(WordMasked))
    timeline = fields.List(fields.Nested(StepMasked))
    previous = fields.Nested(LinkMasked, allow_none=True)
    follow_ups = fields.List(fields.Nested(LinkMasked))


class FactMasked(Closed):
    source = fields.String()
    id = fields.String()


class LogLineMasked(Closed):
    source = fields.String(required=True)
    id = fields.String(required=True)
    type = fields.String(required=True)
    title = fields.String(required=True)
    version = fields.Integer()
    emitter = fields.String()
    time = fields.AwareDateTime(required=True)
    recorded_at = fields.AwareDateTime(allow_none=True)
    received_at = fields.AwareDateTime(allow_none=True)
    actor = fields.String(allow_none=True)
    causation = fields.String(allow_none=True)
    correlation = fields.String(allow_none=True)
    position = fields.Integer()


class HandledMasked(Closed):
    service = fields.String()
    listener = fields.String()
    outcome = fields.String()
    at = fields.AwareDateTime(allow_none=True)
    attempts = fields.Integer()


class CountedMasked(Closed):
    code = fields.String()
    month = fields.String()


class LogEventMasked(LogLineMasked):
    # Asked of the journal without its personal fields, which it keeps apart by contract.
    data = fields.Dict(required=True)
    handled = fields.List(fields.Nested(HandledMasked))
    away = fields.List(fields.String())
    counted = fields.List(fields.Nested(CountedMasked))
    cause = fields.Nested(LogLineMasked, allow_none=True)
    effects = fields.List(fields.Nested(LogLineMasked))


class PlaceMasked(Closed):
    kind = fields.String()
    id = fields.String(allow_none=True)
    ref = fields.String(allow_none=True)
    number = fields.String(allow_none=True)
    title = fields.Nested(WordsMasked, allow_none=True)


class TimelineMasked(Closed):
    at = fields.AwareDateTime(required=True)
    type = fields.String(required=True)
    kind = fields.String(required=True)
    title = fields.String(required=True)
    source = fields.String()
    id = fields.String()
    place = fields.Integer()
    actor = fields.String(allow_none=True)
    about = fields.Nested(PlaceMasked, allow_none=True)
    data = fields.Dict()


class EvidenceMasked(Closed):
    at = fields.String(required=True, allow_none=True)
    subject = fields.String()
    text = fields.String()
    event = fields.Nested(FactMasked)


def page(item: type[Schema]) -> Schema:
    """Return the schema of a masked page of ``item``."""
    made = Closed.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.String(required=True, allow_none=True),
            "total": fields.Integer(allow_none=True),
            "total_at_least": fields.Integer(),
            "counters": fields.Dict(),
        },
        name=f"{item.__name__}Page",
    )
    return made()


ITEMS: tuple[type[Schema], ...] = (
    OrganisationMasked,
    PersonMasked,
    InquiryMasked,
    EvidenceMasked,
    OnlineEventMasked,
    DeliveryMasked,
    LogLineMasked,
    TimelineMasked,
)
PAGES = {item: page(item) for item in ITEMS}
