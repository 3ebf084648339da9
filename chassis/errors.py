"""The small tree of errors that cross rooms.

Each has a ``code`` that ``chassis.http`` maps to a status and the gateway to words in the
reader's language; the message here is English and for logs.
"""

from typing import Any


class AymakError(Exception):
    """Base: ``code`` for machines, ``fields`` (dotted path → messages), ``params`` for words."""

    code = "error"

    def __init__(
        self,
        code: str | None = None,
        message: str = "",
        *,
        fields: dict[str, list[str]] | None = None,
        **params: Any,
    ) -> None:
        self.code = code or type(self).code
        super().__init__(message or self.code)
        self.fields = fields or {}
        self.params = params

    def to_dict(self) -> dict[str, Any]:
        """Return the plain form in which an error travels over RPC."""
        return {
            "kind": type(self).__name__,
            "code": self.code,
            "message": str(self),
            "fields": self.fields,
            "params": self.params,
        }


class Invalid(AymakError):
    """Input that breaks a rule; ``fields`` names what and how to mend it."""

    code = "invalid"


class NotFound(AymakError):
    """A thing that is not there: ``NotFound("thing", id)``."""

    code = "not_found"

    def __init__(self, noun: str = "", ref: object = "", **params: Any) -> None:
        # ``code`` and ``message`` come back as keywords when the error has travelled over RPC.
        code, message = params.pop("code", None), params.pop("message", "")
        params = {"noun": noun, "ref": str(ref), **params}
        super().__init__(code, message or f"no {noun} {ref}", **params)


class Conflict(AymakError):
    """The state of the thing does not allow this now; the code says what to do first."""

    code = "conflict"


class PreconditionFailed(AymakError):
    """Somebody else changed the thing since it was read (If-Match)."""

    code = "precondition_failed"


class PreconditionRequired(AymakError):
    """An edit without If-Match."""

    code = "precondition_required"


class Unauthorised(AymakError):
    """Nobody is signed in, or the key is not known."""

    code = "unauthorised"


class Forbidden(AymakError):
    """The caller may not do this."""

    code = "forbidden"


class TooMany(AymakError):
    """Too many requests; ``params['retry_after']`` in seconds."""

    code = "too_many"


class Unavailable(AymakError):
    """A part is away (broker, database, service); try again after ``params['retry_after']`` s."""

    code = "unavailable"


class Waiting(AymakError):
    """A fact that is kept until ``key`` arrives; raised by use cases through ``inbox.waiting``."""

    code = "waiting"

    def __init__(self, key: str) -> None:
        super().__init__(None, f"waiting for {key}", key=key)
        self.key = key


class Ignored(AymakError):
    """A fact that changes nothing on purpose, e.g. an older snapshot than the one at hand."""

    code = "ignored"


KINDS: dict[str, type[AymakError]] = {
    kind.__name__: kind
    for kind in (
        AymakError,
        Invalid,
        NotFound,
        Conflict,
        PreconditionFailed,
        PreconditionRequired,
        Unauthorised,
        Forbidden,
        TooMany,
        Unavailable,
    )
}


def from_dict(plain: dict[str, Any]) -> AymakError:
    """Return the error that ``to_dict`` made plain; an unknown kind becomes ``AymakError``."""
    kind = KINDS.get(plain.get("kind", ""), AymakError)
    known = {"fields": plain.get("fields"), **plain.get("params", {})}
    return kind(code=plain.get("code"), message=plain.get("message", ""), **known)
