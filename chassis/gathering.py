"""Deliveries of one queue that wait to be handled together, and how they are acknowledged."""

from collections import deque
from collections.abc import Sequence
from typing import Any

from kombu.message import Message

# The most messages and bytes that one transaction takes, and the wait for more of them (seconds).
BATCH = 100
BATCH_BYTES = 2 * 2**20
LINGER = 0.01


class Gathering:
    """What a queue has delivered: not begun, and not settled."""

    def __init__(self, *, abreast: int = 1) -> None:
        """Prepare for so many batches at work at a time."""
        self.waiting: deque[Message] = deque()
        self.abreast = abreast
        self.at_work = 0
        self._channel: Any = None
        self._open: set[int] = set()

    def add(self, message: Message) -> bool:
        """Take a delivery; return whether somebody has to be sent to work."""
        if message.channel is not self._channel:
            # Tags are a channel's own; those of a channel that is gone cannot be settled.
            self._channel, self._open = message.channel, set()
        self._open.add(message.delivery_tag)
        self.waiting.append(message)
        # Another batch is begun beside the first only when it is a whole one.
        is_wanted = self.at_work == 0 or (
            self.at_work < self.abreast and len(self.waiting) >= BATCH
        )
        self.at_work += is_wanted
        return is_wanted

    def take(self) -> list[Message]:
        """Return the next messages, as many as one transaction takes; none when all are taken."""
        taken: list[Message] = []
        size = 0
        while self.waiting and len(taken) < BATCH:
            size += len(self.waiting[0].body)
            if taken and size > BATCH_BYTES:
                break
            taken.append(self.waiting.popleft())
        return taken

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Acknowledge these: with one word, if it speaks of no other delivery.

        This and ``reject`` are said one after the other (``DrainingConsumer.settle``).
        """
        self._forget(messages)
        last = max(messages, key=lambda message: message.delivery_tag)
        is_own = all(message.channel is last.channel for message in messages)
        if is_own and all(tag > last.delivery_tag for tag in self._open):
            last.ack(multiple=True)
            return
        for message in messages:
            message.ack()

    def reject(self, message: Message, *, requeue: bool) -> None:
        """Give a message back, or to the dead-letter queue."""
        self._forget([message])
        message.reject(requeue=requeue)

    def _forget(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if message.channel is self._channel:
                self._open.discard(message.delivery_tag)
