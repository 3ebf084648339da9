"""The same with the CloudEvents SDK: it builds the events, the spool of `aymak_client` keeps them.

As a command: `with_sdk.py TYPE ID < data.json` keeps one event and sends what waits.
Needs `pip install cloudevents requests`.
"""

import json
import sys
from datetime import UTC, datetime

import requests
from aymak_client import Client
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent


def build(client: Client, type: str, id: str, data: dict[str, object]) -> CloudEvent:
    """Return an event of the SDK."""
    attributes = {
        "specversion": "1.0",
        "id": id,
        "source": client.source,
        "type": type,
        "time": datetime.now(UTC),
        "datacontenttype": "application/json",
    }
    return CloudEvent(attributes, data)


def keep(client: Client, event: CloudEvent) -> None:
    """Put an event of the SDK into the spool."""
    client.spool.add(json.loads(to_structured_event(event).body))


def send_now(client: Client, key: str, event: CloudEvent) -> requests.Response:
    """Send one event in binary form, without spool and repeats: for trying things out."""
    message = to_binary_event(event)
    headers = {**message.headers, "Authorization": f"Bearer {key}"}
    return requests.post(client.url, data=message.body, headers=headers, timeout=client.timeout)


if __name__ == "__main__":
    ours = Client.from_env()
    keep(ours, build(ours, sys.argv[1], sys.argv[2], json.load(sys.stdin)))
    print(ours.flush())
