"""Stock nameko: `@http` and EventDispatcher, as nameko's documentation shows them.

`nameko run with_nameko:Portal --broker amqp://… ` with WEB_SERVER_ADDRESS.
"""

import json

from marshmallow import INCLUDE, Schema, fields
from nameko.events import EventDispatcher
from nameko.web.handlers import http


class EventSchema(Schema):
    class Meta:
        unknown = INCLUDE

    specversion = fields.Str(required=True)
    id = fields.Str(required=True)
    source = fields.Str(required=True)
    type = fields.Str(required=True)
    time = fields.AwareDateTime(format="iso", required=True)
    data = fields.Dict(required=True)


SCHEMA = EventSchema()


class Portal:
    name = "portal"
    dispatch = EventDispatcher()

    @http("POST", "/events")
    def post_event(self, request):
        event = json.loads(request.get_data(as_text=True))
        SCHEMA.load(event)
        self.dispatch(event["type"], event)
        return 202, json.dumps({"id": event["id"]})

    @http("POST", "/batch")
    def post_batch(self, request):
        events = json.loads(request.get_data(as_text=True))
        for event in events:
            SCHEMA.load(event)
            self.dispatch(event["type"], event)
        return 202, json.dumps({"accepted": len(events)})
