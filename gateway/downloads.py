"""Documents as downloads: under their own name, in whatever script, running nothing."""

import base64
from typing import Any
from urllib.parse import quote

from werkzeug.http import dump_options_header
from werkzeug.wrappers import Response

# A report brings its own styles and pictures along and runs nothing.
DOCUMENT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"
)


def download(found: dict[str, Any]) -> Response:
    """Return a document that a service sent as base64, under its own name."""
    response = Response(base64.b64decode(found["base64"]), mimetype=found["media_type"])
    response.headers["Content-Disposition"] = disposition(found["name"])
    response.headers["Content-Security-Policy"] = DOCUMENT_POLICY
    response.set_etag(found["sha256"])
    return response


def disposition(name: str) -> str:
    """Return Content-Disposition for a file name of any script (RFC 6266 section 4.3)."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    names = {"filename": plain, "filename*": f"UTF-8''{quote(name, safe='')}"}
    return dump_options_header("attachment", names)
