"""A bare ASGI application and aio-pika with confirms: `uvicorn with_aio_pika:app`."""

import json
import os

import aio_pika

state = {}


async def connect():
    connection = await aio_pika.connect_robust(os.environ["AMQP_URI"])
    channel = await connection.channel()
    state["exchange"] = await channel.get_exchange("portal.events")


async def publish(event):
    message = aio_pika.Message(
        json.dumps(event).encode(), delivery_mode=aio_pika.DeliveryMode.PERSISTENT
    )
    await state["exchange"].publish(message, routing_key=event["type"])


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await connect()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    body, more = b"", True
    while more:
        part = await receive()
        body += part.get("body", b"")
        more = part.get("more_body", False)
    found = json.loads(body)
    for event in found if isinstance(found, list) else [found]:
        await publish(event)
    headers = [(b"content-length", b"2"), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 202, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})
