"""The gateway's few small pages: one template, words from the translation files, no script."""

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.wrappers import Response

from contracts.codes import LANGUAGES
from gateway.words import say

FOLDER = Path(__file__).parent / "templates"
_environment = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined
)


@cache
def style() -> str:
    """Return the style sheet that every page carries inside."""
    return (FOLDER / "page.css.txt").read_text("utf-8")


@cache
def policy() -> str:
    """Return the Content-Security-Policy: nothing from anywhere but this very style sheet."""
    hashed = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{hashed}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def render(template: str, language: str, status: int = 200, **values: object) -> Response:
    """Return a page; templates find their words by ``say(key)`` or ``say(key, language)``."""

    def words(key: str, other: str = language, **params: object) -> str:
        return say(other, key, **params)

    text = _environment.get_template(template).render(
        say=words, style=style(), language=language, languages=LANGUAGES, **values
    )
    response = Response(text, status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = policy()
    response.headers["Content-Language"] = language
    return response
