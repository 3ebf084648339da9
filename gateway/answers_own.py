"""What is answered of one's own things: saved views, drafts, jobs."""

from marshmallow import fields

from gateway.answers import Open, Thing


class View(Thing):
    screen = fields.String(required=True)
    name = fields.String(required=True)
    query = fields.String(required=True)
    shared = fields.Boolean(required=True)
    own = fields.Boolean(required=True)
    version = fields.Integer(required=True)


class Draft(Open):
    place = fields.String(required=True)
    fields_ = fields.Dict(required=True, data_key="fields", attribute="fields")
    saved_at = fields.AwareDateTime(required=True)


class Job(Thing):
    what = fields.String(required=True)
    state = fields.String(required=True)
    done = fields.Integer(required=True)
    total = fields.Integer(required=True, allow_none=True)
    refused = fields.Integer(required=True)
    problems = fields.List(fields.Dict(), required=True)
    file = fields.Dict(required=True, allow_none=True)
