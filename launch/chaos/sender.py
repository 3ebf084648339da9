"""The sender of a chaos run: it posts as a portal does and repeats what was not accepted.

Its threads share one stream; each event is noted before and after each try.
"""

import threading
import time

import requests

from chassis.errors import Unavailable
from chassis.frames import Message
from chassis.publish import Publisher
from launch.chaos.events import Item, Stream
from launch.chaos.ledger import ACCEPTED, Ledger

SECONDS = (5, 15)
AGAIN_AFTER = 0.5
# What may pass by itself; any other refusal is a fault of the sender and is not repeated.
PASSING = frozenset({0, 401, 429, 500, 502, 503, 504})


class Post:
    """One portal's connections: HTTP to the gateway, and AMQP for what goes past it."""

    def __init__(self, url: str, key: str, broker: str, ledger: Ledger) -> None:
        self._url = f"{url}/v1/events"
        self._ledger = ledger
        self._publisher = Publisher(broker)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {key}"
        self._session.headers["Content-Type"] = "application/cloudevents+json"

    def deliver(self, item: Item, *, stop: threading.Event | None = None) -> bool:
        """Send until it is accepted; give up when it may be tried only once, or at ``stop``."""
        while True:
            self._ledger.before(item)
            status = self._past(item) if item.is_past_the_gateway else self._ask(item)
            self._ledger.after(item, status)
            if status == ACCEPTED:
                return True
            if item.once or status not in PASSING or (stop is not None and stop.is_set()):
                return False
            time.sleep(AGAIN_AFTER)

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()
        self._publisher.close()

    def _ask(self, item: Item) -> int:
        try:
            return self._session.post(self._url, data=item.body, timeout=SECONDS).status_code
        except requests.RequestException:
            return 0

    def _past(self, item: Item) -> int:
        try:
            self._publisher.publish([Message("portal.events", item.type, item.body)])
        except Unavailable:
            return 503
        return ACCEPTED


class Sender:
    """Some threads that send ``rate`` events a second in all, until they are stopped."""

    def __init__(self, stream: Stream, posts: list[Post], *, rate: float) -> None:
        self._stream = stream
        self._items = iter(stream)
        self._posts = posts
        self._pause = len(posts) / rate
        self._turn = threading.Lock()
        self._give_up = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(post,)) for post in posts]

    def start(self) -> None:
        """Begin to send."""
        for thread in self._threads:
            thread.start()

    def stop(self, patience: float) -> None:
        """End the stream; what is in hand may be repeated for ``patience`` seconds."""
        self._stream.end()
        until = time.monotonic() + patience
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        self._give_up.set()
        for thread in self._threads:
            thread.join()
        for post in self._posts:
            post.close()

    def _send(self, post: Post) -> None:
        due = time.monotonic()
        while True:
            with self._turn:
                item = next(self._items, None)
            if item is None:
                return
            post.deliver(item, stop=self._give_up)
            # A sender that was held up does not make up for it with a flood.
            due = max(due + self._pause, time.monotonic() - self._pause)
            time.sleep(max(0.0, due - time.monotonic()))
