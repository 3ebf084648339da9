"""FastAPI with FastStream's RabbitRouter, as both document it: `uvicorn with_faststream:app`."""

import os
from datetime import datetime
from typing import Any

from fastapi import FastAPI
from faststream.rabbit import ExchangeType, RabbitExchange
from faststream.rabbit.fastapi import RabbitRouter
from pydantic import BaseModel

router = RabbitRouter(os.environ["AMQP_URI"])
exchange = RabbitExchange("portal.events", type=ExchangeType.TOPIC, durable=True)


class Event(BaseModel):
    specversion: str
    id: str
    source: str
    type: str
    time: datetime
    data: dict[str, Any]


@router.post("/events", status_code=202)
async def post_event(event: Event) -> dict[str, str]:
    await router.broker.publish(event, exchange=exchange, routing_key=event.type, persist=True)
    return {"id": event.id}


@router.post("/batch", status_code=202)
async def post_batch(events: list[Event]) -> dict[str, int]:
    for event in events:
        await router.broker.publish(event, exchange=exchange, routing_key=event.type, persist=True)
    return {"accepted": len(events)}


app = FastAPI()
app.include_router(router)
