"""Words of the gateway's own answers in ru, ky and en, from `gateway/locale/*.po`.

Problems are looked up by their code. Messages of wrong fields arrive in English (marshmallow's
and ours); the English texts of the keys `field.*` are the patterns that recognise them, so that
one list serves for recognising and for saying.
"""

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from chassis.i18n import Catalog
from contracts.codes import LANGUAGES

CATALOG = Catalog(Path(__file__).parent / "locale")
# What a status means where a code has no words of its own; a test finds such codes.
GENERAL = {
    400: "bad_request",
    401: "unauthorised",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    412: "precondition_failed",
    413: "too_large",
    422: "invalid",
    428: "precondition_required",
    429: "too_many",
    503: "unavailable",
}


def say(language: str, key: str, **params: object) -> str:
    """Return the words of ``key``; raises ``LookupError`` for a key that nobody wrote."""
    return CATALOG.gettext(language, key, **params)


@lru_cache(maxsize=256)
def _language(accept: str) -> str:
    for tag, quality in parse_accept_header(accept, LanguageAccept):
        language = tag.partition("-")[0].lower()
        if quality > 0 and language in LANGUAGES:
            return str(language)
    return "ru"


class GatewayWords:
    """The words of problems, as `chassis.problems.Words` asks for them."""

    def language(self, accept: str) -> str:
        """Return ru, ky or en by an Accept-Language header; ru when it names none of them."""
        return _language(accept)

    def problem(
        self, code: str, status: int, language: str, params: dict[str, Any]
    ) -> tuple[str, str]:
        """Return title and detail of a problem; the status speaks for a code without words."""
        if f"problem.{code}.title" not in CATALOG.keys(language):
            code = GENERAL.get(status, "internal")
        known = Known(params, service=self._service(language, params))
        title, detail = (
            CATALOG.forms(language, f"problem.{code}.{part}")[0].format_map(known)
            for part in ("title", "detail")
        )
        return title, detail

    def field(self, message: str, language: str) -> str:
        """Return the message of a wrong field in ``language``; an unknown one as it came."""
        for key, pattern in patterns():
            if match := pattern.fullmatch(message):
                return say(language, key, **match.groupdict())
        return message

    def _service(self, language: str, params: dict[str, Any]) -> str:
        key = f"service.{params.get('service')}"
        return say(language, key if key in CATALOG.keys(language) else "service.some")


class Known(dict[str, object]):
    """Parameters of a text, short; one that is missing shows as a gap, never as an error."""

    def __missing__(self, key: str) -> str:
        return "…"

    def __getitem__(self, key: str) -> object:
        value = super().__getitem__(key)
        return value[:100] if isinstance(value, str) else value


@cache
def patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Return the field messages: each key with what recognises its English text."""
    texts = {key: CATALOG.forms("en", key)[0] for key in CATALOG.keys("en")}
    fields = [key for key in texts if key.startswith("field.")]
    # The text with the most words of its own is tried first: "between 1 and 5" is no single value.
    fields.sort(key=lambda key: (-len(re.sub(r"\{\w+\}", "", texts[key])), key))
    return [(key, _pattern(texts[key])) for key in fields]


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", text)
    rest = (f"(?P<{p}>.+?)" if i % 2 else re.escape(p) for i, p in enumerate(parts))
    return re.compile("".join(rest), re.DOTALL)
