"""Flask and kombu's pool of producers, as both document them: `gunicorn -w 4 with_flask:app`."""

import os

from flask import Flask, request
from kombu import Connection, Exchange
from kombu.pools import producers

app = Flask(__name__)
connection = Connection(os.environ["AMQP_URI"], transport_options={"confirm_publish": True})
exchange = Exchange("portal.events", type="topic", durable=True)
NEEDED = {"specversion", "id", "source", "type", "time", "data"}


def publish(events):
    with producers[connection].acquire(block=True) as producer:
        for event in events:
            if not set(event) >= NEEDED:
                raise ValueError("not an event")
            producer.publish(
                event,
                serializer="json",
                exchange=exchange,
                declare=[exchange],
                routing_key=event["type"],
                delivery_mode="persistent",
                retry=True,
            )


@app.post("/events")
def post_event():
    event = request.get_json()
    publish([event])
    return {"id": event["id"]}, 202


@app.post("/batch")
def post_batch():
    events = request.get_json()
    publish(events)
    return {"accepted": len(events)}, 202
