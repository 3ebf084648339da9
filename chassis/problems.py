"""Errors as HTTP says them: status, problem+json (RFC 9457), headers that every answer carries.

The one place where errors become statuses. No exception text ever reaches a client: an answer
says its code in the reader's language and carries an id that the log knows (quality.md F26, S11).
"""

import json
import logging
import uuid
from typing import Any, Protocol

import orjson
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.exceptions import NotFound as NoRoute
from werkzeug.wrappers import Response

from chassis import errors

log = logging.getLogger(__name__)

Params = dict[str, Any]
Pair = tuple[str, str]

STATUS: dict[type[errors.AymakError], int] = {
    errors.Invalid: 422,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.PreconditionFailed: 412,
    errors.PreconditionRequired: 428,
    errors.Unauthorised: 401,
    errors.Forbidden: 403,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}
PROBLEMS = "https://aymak.example/problems"
PROBLEM_JSON = "application/problem+json"
RETRY_SECONDS = 5
# S12; pages widen the policy for themselves. Nothing is stored by caches unless an answer says so.
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Vary": "Accept-Language",
}


class Refusal(errors.AymakError):
    """A request that is refused for what HTTP says of it, with its own ``status``."""

    def __init__(
        self, status: int, code: str, headers: dict[str, str] | None = None, **params: Any
    ) -> None:
        super().__init__(code, **params)
        self.status = status
        self.headers = headers or {}


class Words(Protocol):
    """Where the words of problems come from; languages are chosen by Accept-Language."""

    def language(self, accept: str) -> str:
        """Return the language to answer in."""

    def problem(
        self, code: str, status: int, language: str, params: dict[str, Any]
    ) -> tuple[str, str]:
        """Return title and detail of a problem."""

    def field(self, message: str, language: str) -> str:
        """Return the message of a wrong field."""


class NoWords:
    """Codes in place of words, for a server that nobody gave any."""

    def language(self, accept: str) -> str:
        """Return English, which codes are made of."""
        return "en"

    def problem(
        self, code: str, status: int, language: str, params: dict[str, Any]
    ) -> tuple[str, str]:
        """Return the code twice."""
        return code, code

    def field(self, message: str, language: str) -> str:
        """Return the message as it is."""
        return message


def status_of(error: errors.AymakError) -> int:
    """Return the HTTP status of an error; one that the table does not know is ours: 500."""
    if isinstance(error, Refusal):
        return error.status
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)


def describe(error: errors.AymakError, words: Words, language: str) -> dict[str, Any]:
    """Return an error as the members of a problem (contracts.md section 5)."""
    status = status_of(error)
    code = error.code if status != 500 else "internal"
    title, detail = words.problem(code, status, language, error.params)
    return {
        "type": f"{PROBLEMS}/{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": f"urn:uuid:{uuid.uuid4()}",
        "errors": [
            {"field": field, "message": " ".join(words.field(one, language) for one in messages)}
            for field, messages in error.fields.items()
        ],
    }


def problem_response(error: errors.AymakError, words: Words, accept: str) -> Response:
    """Return the answer to an error, and log it under the id that the answer carries."""
    language = words.language(accept)
    body = describe(error, words, language)
    status = body["status"]
    level = logging.ERROR if status == 500 else logging.INFO
    log.log(level, "problem %s %s %s", status, error.code, body["instance"], exc_info=status == 500)
    response = json_response(body, status, mimetype=PROBLEM_JSON)
    response.headers["Content-Language"] = language
    response.headers.update(getattr(error, "headers", {}))
    if status in (429, 503):
        seconds = max(1, round(float(error.params.get("retry_after", RETRY_SECONDS))))
        response.headers["Retry-After"] = str(seconds)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def json_response(
    payload: object, status: int = 200, *, mimetype: str = "application/json"
) -> Response:
    """Return plain JSON values as an answer in UTF-8."""
    try:
        body = orjson.dumps(payload)
    except TypeError:
        # Half a character, or a number of more than 64 bits, that somebody else gave us.
        text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
        body = text.encode("utf-8", "replace")
    return Response(body, status, mimetype=mimetype)


def secure(response: Response) -> None:
    """Add the security headers that the answer does not set itself."""
    given = {name.lower() for name, _ in response.headers}
    response.headers.extend(
        [(name, value) for name, value in SECURITY_HEADERS.items() if name.lower() not in given]
    )


def as_error(problem: Exception) -> errors.AymakError:
    """Return any exception as an error of ours; what nobody foresaw says nothing of itself."""
    if isinstance(problem, errors.AymakError):
        return problem
    if isinstance(problem, MethodNotAllowed):
        allowed = ", ".join(sorted(problem.valid_methods or ()))
        return Refusal(405, "method_not_allowed", {"Allow": allowed}, allowed=allowed)
    if isinstance(problem, NoRoute):
        return Refusal(404, "no_such_address")
    if isinstance(problem, HTTPException):
        return Refusal(400, "bad_request")
    return errors.AymakError("internal", type(problem).__name__)
