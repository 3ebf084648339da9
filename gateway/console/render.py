"""Templates become pages: Jinja2 with escaping on, words, and a policy that runs nothing inline."""

import gzip
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.wrappers import Request, Response

from gateway.console import assets, client_words, figures, inquiry_words, navigation, words

FOLDER = Path(__file__).parent / "templates"
# S12. Pictures in style sheets are data:, which runs nothing; frames show our own documents.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# Below that a packed page is hardly smaller.
WORTH_PACKING = 1_000


@cache
def environment() -> Environment:
    """Return the one environment of all templates."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(words.FUNCTIONS | figures.FUNCTIONS)
    made.globals.update(inquiry_words.FUNCTIONS | client_words.FUNCTIONS)
    made.globals.update(asset=assets.address, new_key=lambda: str(uuid4()))
    made.globals["navigation"] = navigation.navigation
    return made


def page(
    request: Request, template: str, context: dict[str, Any], *, language: str, status: int = 200
) -> Response:
    """Return a page, or the part of one that the template is, in ``language``."""
    with words.speaking(language):
        text = environment().get_template(template).render(context)
    response = Response(text, status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Content-Language"] = language
    # A form without any would say that it comes from nowhere (Origin: null).
    response.headers["Referrer-Policy"] = "same-origin"
    return pack(request, response)


def pack(request: Request, response: Response) -> Response:
    """Return the response compressed where the browser takes it."""
    body = response.get_data()
    if len(body) >= WORTH_PACKING and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.set_data(gzip.compress(body, compresslevel=5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response
