"""What the gateway answers, as marshmallow schemas: for the OpenAPI document and the tests.

Services answer plain JSON; these name what clients rely on and leave room for more fields.
"""

from typing import Any

from marshmallow import INCLUDE, Schema, fields

from gateway.masked import PAGES
from gateway.routes import Answer


class Open(Schema):
    """Base: further fields may come."""

    class Meta:
        unknown = INCLUDE


class FieldProblem(Open):
    field = fields.String(required=True)
    message = fields.String(required=True)


class Problem(Open):
    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True)
    errors = fields.List(fields.Nested(FieldProblem), required=True)


class EventAccepted(Open):
    id = fields.String(required=True)
    source = fields.String(required=True)
    receipt = fields.String(required=True)


class BatchItem(Open):
    id = fields.String(required=True, allow_none=True)
    status = fields.Integer(required=True)
    problem = fields.Nested(Problem)


class BatchResult(Open):
    results = fields.List(fields.Nested(BatchItem), required=True)


class EventSchema(Open):
    type = fields.String(required=True)
    version = fields.Integer(required=True)
    emitter = fields.String(required=True)
    summary = fields.String(required=True)
    personal = fields.List(fields.String(), required=True)
    dataschema = fields.Url(required=True)
    schema = fields.Url(required=True, require_tld=False)


class SessionMade(Open):
    token = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)


class Me(Open):
    login = fields.String(required=True)
    role = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)
    language = fields.String(required=True, allow_none=True)
    may = fields.List(fields.String(), required=True)


class Thing(Open):
    """Anything with an id of ours."""

    id = fields.UUID(required=True)


class Client(Thing):
    """What organisations and people share."""

    name = fields.Dict(required=True)
    full_name = fields.String()
    audience = fields.String()
    status = fields.String()
    language = fields.String(allow_none=True)
    territory = fields.Dict(allow_none=True)
    municipality = fields.Dict(allow_none=True)
    emails = fields.List(fields.String())
    phones = fields.List(fields.String())
    registered_at = fields.AwareDateTime(allow_none=True)
    verified_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()


class Organisation(Client):
    body_type = fields.String(allow_none=True)


class Person(Client):
    organisation = fields.Dict(allow_none=True)
    post = fields.Dict(allow_none=True)


class OnlineEvent(Thing):
    title = fields.Dict(required=True)
    state = fields.String(required=True)
    starts_at = fields.AwareDateTime(required=True)
    participants = fields.Integer(required=True)
    needed = fields.Integer(required=True)
    counts = fields.Boolean(required=True, allow_none=True)


class Delivery(Thing):
    notice = fields.String(required=True)
    purpose = fields.String(required=True)
    state = fields.String(required=True)
    language = fields.String(required=True)
    queued_at = fields.AwareDateTime(required=True)


class LogLine(Open):
    source = fields.String(required=True)
    id = fields.String(required=True)
    type = fields.String(required=True)
    title = fields.String(required=True)
    time = fields.AwareDateTime(required=True)


class LogEvent(LogLine):
    data = fields.Dict(required=True)
    handled = fields.List(fields.Dict(), required=True)
    counted = fields.List(fields.Dict(), required=True)
    effects = fields.List(fields.Dict(), required=True)


class TimelineLine(Open):
    at = fields.AwareDateTime(required=True)
    type = fields.String(required=True)
    kind = fields.String(required=True)
    title = fields.String(required=True)


class Territory(Open):
    code = fields.String(required=True)


class Inquiry(Thing):
    number = fields.String(required=True)
    version = fields.Integer(required=True)
    state = fields.String(required=True)
    kind = fields.String(required=True)
    subject = fields.String(required=True)
    language = fields.String(required=True)


class Report(Thing):
    month = fields.String(required=True)


class Evidence(Open):
    at = fields.String(required=True, allow_none=True)


class Indicator(Open):
    code = fields.String(required=True)
    title = fields.String(required=True)
    state = fields.String(required=True, allow_none=True)
    formula = fields.List(fields.String())
    pace = fields.Dict()
    days_left = fields.Dict()
    evidence = fields.String(required=True)


class Indicators(Open):
    month = fields.String(required=True)
    items = fields.List(fields.Nested(Indicator), required=True)


class Account(Thing):
    login = fields.String(required=True)
    role = fields.String(required=True)
    language = fields.String(required=True, allow_none=True)
    disabled = fields.Boolean(required=True)
    invited = fields.Boolean(required=True)
    version = fields.Integer(required=True)


class Link(Open):
    token = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)


class AccountMade(Account):
    link = fields.Nested(Link, required=True)


class ApiKey(Thing):
    name = fields.String(required=True)
    sources = fields.List(fields.String(), required=True, allow_none=True)
    types = fields.List(fields.String(), required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    last_used_at = fields.AwareDateTime(required=True, allow_none=True)
    revoked_at = fields.AwareDateTime(required=True, allow_none=True)


class ApiKeyMade(ApiKey):
    secret = fields.String(required=True)


class AuditLine(Open):
    id = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True)
    actor = fields.String(required=True, allow_none=True)
    role = fields.String(required=True, allow_none=True)
    address = fields.String(required=True)
    action = fields.String(required=True)
    thing = fields.String(required=True, allow_none=True)
    outcome = fields.String(required=True)
    before = fields.Dict(required=True, allow_none=True)
    after = fields.Dict(required=True, allow_none=True)


class Items(Open):
    items = fields.List(fields.Dict(), required=True)


class Anything(Open):
    """An object whose fields its service describes."""


class Ready(Open):
    ready = fields.Boolean(required=True)
    text = fields.String(required=True)
    missing = fields.List(fields.Dict(), required=True)


class Healthy(Open):
    alive = fields.Boolean(required=True)


class Status(Open):
    clock = fields.AwareDateTime(required=True)
    services = fields.Dict(required=True)


def page(item: type[Schema]) -> Schema:
    """Return the schema of a page of ``item``."""
    name = f"{item.__name__}Page"
    return _made(name, items=fields.List(fields.Nested(item), required=True))


_pages: dict[str, type[Schema]] = {}


def _made(name: str, **declared: Any) -> Schema:
    if name not in _pages:
        more: dict[str, Any] = {
            "next": fields.String(required=True, allow_none=True),
            "total": fields.Integer(allow_none=True),
            "total_at_least": fields.Integer(),
        }
        made = Open.from_dict({**declared, **more}, name=name)
        _pages[name] = made
    return _pages[name]()


def listed(item: type[Schema], *, masked: type[Schema] | None = None) -> dict[int, Answer]:
    """Return the answers of a list; ``masked`` is its item for roles without personal rights."""
    hidden = PAGES[masked] if masked else None
    return {200: Answer("A page; Link rel=next leads on.", page(item), ("Link",), masked=hidden)}


def one(
    item: type[Schema], *, headers: tuple[str, ...] = (), masked: type[Schema] | None = None
) -> dict[int, Answer]:
    """Return the answers of one thing; ``masked`` is it for roles without personal rights."""
    return {200: Answer("The thing.", item(), headers, masked=masked() if masked else None)}
