"""The broker alone: how many events it confirms to somebody who only publishes.

No server that accepts events can be faster than this, with the processors to itself or not.
"""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from chassis.frames import Message
from chassis.publish import Publisher


def rate(uri: str, messages: Sequence[Message], *, callers: int, seconds: float) -> float:
    """Return messages confirmed a second to ``callers`` who publish all of them over and over."""
    publisher = Publisher(uri)
    publisher.publish(messages)
    began = time.perf_counter()

    def call(_: int) -> int:
        count = 0
        while time.perf_counter() - began < seconds:
            publisher.publish(messages)
            count += len(messages)
        return count

    try:
        with ThreadPoolExecutor(callers) as pool:
            counts = list(pool.map(call, range(callers)))
        return sum(counts) / (time.perf_counter() - began)
    finally:
        publisher.close()
