"""The demo as the portal: posts facts to the gateway in the three forms of CloudEvents.

Most go in batches of at most a hundred; a few go alone, in the structured and in the binary form,
as a portal's own code might send them.
"""

import json
from collections.abc import Sequence
from typing import Any

import requests

from launch.demo.acts import Fact
from launch.demo.wire import Wire, words_of
from launch.errors import LaunchError

EVENTS = "/v1/events"
BATCH = 100
# One fact in so many goes alone in each of the two single forms, chosen by its id.
ALONE = 50
JSON = "application/json"


class Portal:
    """A sender with the portal's key."""

    def __init__(self, wire: Wire, key: str) -> None:
        self.wire = wire
        self.headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}

    def post(self, facts: Sequence[Fact]) -> None:
        """Post facts in their order; returns when all were accepted (202).

        Raises LaunchError that names the first fact that was refused.
        """
        together: list[Fact] = []
        for one in facts:
            form = int(one.id[-6:], 16) % ALONE
            if form > 1:
                together.append(one)
                continue
            self._batch(together)
            together = []
            if form:
                self._structured(one)
            else:
                self._binary(one)
        self._batch(together)

    def _batch(self, facts: Sequence[Fact]) -> None:
        for begin in range(0, len(facts), BATCH):
            part = facts[begin : begin + BATCH]
            body = [one.event().to_wire() for one in part]
            answer = self._send(body, {"Content-Type": "application/cloudevents-batch+json"})
            for one, result in zip(part, answer.json()["results"], strict=True):
                if result["status"] != 202:
                    problem = json.dumps(result["problem"], ensure_ascii=False)
                    raise LaunchError(f"The gateway refused {one.type} {one.id}: {problem}")

    def _structured(self, one: Fact) -> None:
        headers = {"Content-Type": "application/cloudevents+json"}
        self._send(one.event().to_wire(), headers)

    def _binary(self, one: Fact) -> None:
        event = one.event().to_wire()
        data = event.pop("data")
        headers = {"Content-Type": event.pop("datacontenttype", JSON)}
        headers |= {f"ce-{name}": value for name, value in event.items()}
        self._send(data, headers)

    def _send(self, body: Any, headers: dict[str, str]) -> requests.Response:
        content = json.dumps(body, ensure_ascii=False).encode()
        answer = self.wire.ask("POST", EVENTS, data=content, headers=self.headers | headers)
        if answer.status_code == requests.codes.unauthorized:
            raise LaunchError(
                "The gateway refused the portal's key in credentials.json: was it revoked?"
            )
        if answer.status_code != requests.codes.accepted and not _has_results(answer):
            raise LaunchError(f"The gateway refused the portal's events: {words_of(answer)}")
        return answer


def _has_results(answer: requests.Response) -> bool:
    """Whether a refused batch says of each event what is wrong with it."""
    try:
        return "results" in answer.json()
    except ValueError:
        return False
