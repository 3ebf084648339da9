"""The plain request: a POST whose head has come at once and holds nothing that is doubtful.

http.server reads a head line by line and into an e-mail message, and WSGI answers through a
handshake of its own; both cost more than accepting an event does. A head that matches the narrow
pattern here is read by it; **anything else** is left, untouched, to `chassis.http_connection`.
"""

import re
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from wsgiref.handlers import format_date_time

from werkzeug.wrappers import Response

# RFC 9112 section 3; no fragment, no blank, nothing beyond ASCII in the address.
HEAD = re.compile(
    rb"POST (/(?!/)[!-\"$-~]*) HTTP/1\.1\r\n"
    rb"((?:[A-Za-z0-9-]{1,100}:[\t -~\x80-\xff]{0,4000}\r\n){1,60})\r\n"
)
FIELD = re.compile(rb"([A-Za-z0-9-]+):[ \t]*([^\r\n]*?)[ \t]*\r\n")
LENGTH = re.compile(r"[0-9]{1,9}")
# Names that say how to read what follows, or when to stop: not plain.
DOUBTFUL = {
    f"HTTP_{name}" for name in ("CONNECTION", "EXPECT", "TE", "TRAILER", "TRANSFER_ENCODING")
} | {"HTTP_UPGRADE"}
KEEP_ALIVE = {"keep-alive", "Keep-Alive"}


# Answers without a body, or with an address that werkzeug completes.
BODILESS = {201, 204, 301, 302, 303, 304, 307, 308}


class Body:
    """The body of a plain request, as ``wsgi.input``.

    ``left`` bytes of it were not read yet; ``is_here`` says that nobody needs to be waited for.
    """

    def __init__(self, stream: Any, length: int, *, is_here: bool = False) -> None:
        self._stream = stream
        self.left = length
        self.is_here = is_here

    def read(self, size: int) -> bytes:
        """Return at most ``size`` bytes, fewer only when the client has gone."""
        data: bytes = self._stream.read(min(size, self.left))
        self.left -= len(data)
        return data


def environ_of(buffered: bytes) -> tuple[dict[str, Any], int] | None:
    """Return what WSGI says of the head of a plain request, and the head's length in bytes.

    None for everything that is not plain: a head that is not there as a whole, a header that is
    given twice, a body without exactly one length.
    """
    match = HEAD.match(buffered)
    if match is None:
        return None
    path, _, query = match[1].decode("ascii").partition("?")
    if "%" in path:
        return None
    found = FIELD.findall(match[2])
    headers = {_key(name): value.decode("latin-1") for name, value in found}
    if len(headers) < len(found) or not LENGTH.fullmatch(headers.get("CONTENT_LENGTH", "")):
        return None
    if headers.pop("HTTP_CONNECTION", "keep-alive") not in KEEP_ALIVE or DOUBTFUL & headers.keys():
        return None
    about = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": "",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
    }
    return about | headers, match.end()


@lru_cache(maxsize=512)
def _key(name: bytes) -> str:
    key = name.decode("ascii").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


def answer_bytes(response: Response, environ: dict[str, Any], *, closing: bool) -> bytes:
    """Return the whole HTTP answer; ``closing`` says that the connection ends with it."""
    headers: Iterable[tuple[str, str]] = response.headers
    if response.is_sequence and response.status_code not in BODILESS:
        status, body = response.status, response.get_data()
    else:
        parts, status, headers = response.get_wsgi_response(environ)
        body = b"".join(parts)
    lines = [f"HTTP/1.1 {status}"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines.append(f"Date: {_date(int(time.time()))}")
    if closing:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return format_date_time(second)
