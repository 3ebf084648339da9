"""AMQP frames of a publish, so that many messages are one write to the socket.

amqp's own writer sends each message by itself; what it serialises for a confirmed, persistent,
mandatory publish is put together here with amqp's serialisation (AMQP 0-9-1, sections 2.3.5, 4.2).
"""

from functools import lru_cache
from struct import Struct
from typing import NamedTuple

from amqp.serialization import dumps
from amqp.spec import Basic

METHOD, HEADER, BODY, HEARTBEAT = 1, 2, 3, 8
FRAME = Struct(">BHI")
END = b"\xce"
# What a frame holds beside its payload.
OVERHEAD = FRAME.size + len(END)
BEAT = FRAME.pack(HEARTBEAT, 0, 0) + END
CONTENT = Struct(">HHQH")
# content-type, content-encoding, delivery-mode, message-id.
FLAGS = 1 << 15 | 1 << 14 | 1 << 12 | 1 << 7
PERSISTENT = 2
PROPERTIES = dumps("sso", ("application/cloudevents+json", "utf-8", PERSISTENT))


class Message(NamedTuple):
    """What is published: a body in UTF-8 JSON, and where to."""

    exchange: str
    routing_key: str
    body: bytes


def publish_frames(message: Message, number: int, *, channel: int, frame_max: int) -> bytes:
    """Return the frames that publish ``message`` on ``channel``: mandatory and persistent.

    ``number`` is its delivery tag; it goes along as the message-id, because a message that comes
    back (``basic.return``) names no tag. ``frame_max`` is the connection's largest frame in bytes.
    """
    body, name = message.body, b"%d" % number
    header = CONTENT.pack(Basic.CLASS_ID, 0, len(body), FLAGS) + PROPERTIES
    header += b"%c%b" % (len(name), name)
    start: bytes = _method(channel, message.exchange, message.routing_key)
    start += FRAME.pack(HEADER, channel, len(header)) + header + END
    room = frame_max - OVERHEAD
    if 0 < len(body) <= room:
        return start + _frame(BODY, channel, body)
    pieces = (body[at : at + room] for at in range(0, len(body), room))
    return start + b"".join(_frame(BODY, channel, piece) for piece in pieces)


def _frame(kind: int, channel: int, payload: bytes) -> bytes:
    return FRAME.pack(kind, channel, len(payload)) + payload + END


@lru_cache(maxsize=1024)
def _method(channel: int, exchange: str, routing_key: str) -> bytes:
    arguments = (*Basic.Publish, 0, exchange, routing_key, True, False)
    return _frame(METHOD, channel, dumps("BBBssbb", arguments))
