"""HTTP to the product, patient with a product whose processes are being killed.

Refused connections, time-outs and 5xx answers are asked again with growing waits, for some
minutes; everything that is asked so is safe to repeat (ids and Idempotency-Keys from the seed).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import requests

from launch.errors import LaunchError

PATIENCE = 300.0
FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0
# Connecting, and waiting for an answer; the product's own calls inside end after a few seconds.
SECONDS = (5, 30)


@dataclass(slots=True)
class Wire:
    """A connection to the product at ``url``; ``patience`` is in seconds."""

    url: str
    session: requests.Session
    patience: float = PATIENCE
    say: Callable[[str], None] = print

    def __post_init__(self) -> None:
        # Our own address on this machine is not reached through the machine's proxy.
        self.session.trust_env = False

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """Return the first answer that is not a passing failure.

        Raises LaunchError when there is none within the patience.
        """
        deadline = time.monotonic() + self.patience
        wait, complained = FIRST_WAIT, False
        while True:
            answer, trouble = self._once(method, path, options)
            if answer is not None:
                return answer
            if time.monotonic() > deadline:
                raise LaunchError(
                    f"The product at {self.url} did not recover within {self.patience:.0f} s: "
                    f"{trouble}. Run the demo again when it does; it goes on where it was."
                )
            if not complained and wait > 1:
                self.say(f"waiting for the product: {trouble}")
                complained = True
            time.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)

    def _once(
        self, method: str, path: str, options: dict[str, Any]
    ) -> tuple[requests.Response | None, str]:
        """Ask once; None with the reason when it is worth asking again."""
        try:
            answer = self.session.request(method, self.url + path, timeout=SECONDS, **options)
        except requests.RequestException as error:
            return None, f"{method} {path}: {type(error).__name__}"
        if answer.status_code >= 500 or answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            return None, f"{method} {path}: {words_of(answer)}"
        return answer, ""


def words_of(answer: requests.Response) -> str:
    """Return the problem's own words (RFC 9457), or the status line where there are none."""
    try:
        problem = answer.json()
        words = [problem.get("detail") or problem["title"]]
        words += [f"{error['field']}: {error['message']}" for error in problem.get("errors", [])]
        return f"{answer.status_code} {' '.join(words)}"
    except (ValueError, KeyError, AttributeError, TypeError):
        return f"{answer.status_code} {answer.reason}"
