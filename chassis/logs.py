"""Logs: one JSON object a line on standard output, without personal data by construction.

Only named values are logged, never bodies. Exceptions are told by their classes and the places
they passed, never by their texts: a text may hold whatever was at hand when it was raised. What
runs inside :func:`about` carries the ids of its event, call or request in every line.
"""

import logging
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError

# Passwords in addresses, bearer tokens, keys, sessions and links of ours: none may stand in a log
# (S18).
SECRET = re.compile(
    r"(?<=://)[^\s/@\"]*:[^\s/@\"]*(?=@)|(?<=Bearer )[\w.~+/=-]+|\ba[ksl]_[\w-]{20,}"
)
TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
ROOT = Path(__file__).resolve().parent.parent
LONGEST_CHAIN = 8


def redact(_: Any, __: str, line: str) -> str:
    """Return a log line without secrets (the last step of structlog's chain)."""
    return SECRET.sub("***", line)


def trace_of(traceparent: object) -> str | None:
    """Return the trace id of a W3C traceparent; None when it is none."""
    match = TRACEPARENT.fullmatch(traceparent) if isinstance(traceparent, str) else None
    return match[1] if match else None


@contextmanager
def about(**ids: object) -> Iterator[None]:
    """Let every line logged inside carry these ids; those that are None are left out."""
    known = {name: value for name, value in ids.items() if value is not None}
    tokens = structlog.contextvars.bind_contextvars(**known)
    try:
        yield
    finally:
        structlog.contextvars.reset_contextvars(**tokens)


def ids_at_hand() -> dict[str, str]:
    """Return the ids of the request that is at work, to be handed on with a call."""
    bound = structlog.contextvars.get_contextvars()
    return {name: bound[name] for name in ("request_id", "trace_id") if name in bound}


def about_event(wire: dict[str, Any], listener: str) -> AbstractContextManager[None]:
    """Let every line carry the ids of the event that ``listener`` handles."""
    return about(
        event_id=wire.get("id"),
        correlation_id=wire.get("correlationid") or wire.get("id"),
        trace_id=trace_of(wire.get("traceparent")),
        listener=listener,
    )


def name_of(problem: BaseException) -> str:
    """Return an exception's class; of a database error also its SQLSTATE and constraint."""
    parts = [type(problem).__name__]
    if isinstance(problem, DBAPIError) and problem.orig is not None:
        diagnosis = getattr(problem.orig, "diag", None)
        parts += [getattr(problem.orig, "pgcode", None) or type(problem.orig).__name__]
        parts += [getattr(diagnosis, "constraint_name", None) or ""]
    code = getattr(problem, "code", None)
    if isinstance(code, str) and not isinstance(problem, DBAPIError):
        parts.append(code)
    return " ".join(part for part in parts if part)


def place_of(problem: BaseException) -> str:
    """Return the innermost line of ours that an exception passed: ``services/x/y.py:12``."""
    places = [
        f"{Path(frame.filename).relative_to(ROOT)}:{frame.lineno}"
        for frame in traceback.extract_tb(problem.__traceback__)
        if Path(frame.filename).is_relative_to(ROOT) and "site-packages" not in frame.filename
    ]
    return places[-1] if places else ""


def told(problem: BaseException) -> str:
    """Return an exception with its causes as one text of classes and places, without its words."""
    lines: list[str] = []
    found: BaseException | None = problem
    while found is not None and len(lines) < LONGEST_CHAIN:
        lines.append(f"{name_of(found)} at {_passed(found.__traceback__)}")
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
    return " <- ".join(lines)


def _passed(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)
    return " > ".join(
        f"{frame.filename.removeprefix(f'{ROOT}/').rpartition('site-packages/')[2]}"
        f":{frame.lineno} {frame.name}"
        for frame in frames
    )


def tell_exception(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """Put what was raised into the line (a step of structlog's chain)."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    problem = given[1] if isinstance(given, tuple) else given
    if isinstance(problem, BaseException):
        event["exception"] = told(problem)
    return event


class Wordless(logging.Filter):
    """Take the texts of exceptions out of what libraries log with ``%s``."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace exceptions among the arguments by their names; every record passes."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                name_of(value) if isinstance(value, BaseException) else value
                for value in record.args
            )
        elif isinstance(record.args, dict):
            record.args = {
                key: name_of(value) if isinstance(value, BaseException) else value
                for key, value in record.args.items()
            }
        if isinstance(record.msg, BaseException):
            record.msg = name_of(record.msg)
        return True


def configure(service: str, level: str) -> None:
    """Set up structlog and the standard library's logging for this process."""

    def name_service(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
        # Not bound as a context variable: each greenlet has a context of its own.
        return {"service": service, **event}

    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        name_service,  # type: ignore[list-item]
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        tell_exception,  # type: ignore[list-item]
    ]
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(Wordless())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
                redact,  # type: ignore[list-item]
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    # SQLAlchemy logs rows at DEBUG; the others say more than anybody reads.
    for noisy in ("nameko", "amqp", "kombu", "alembic", "sqlalchemy"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        # Below the level a call returns at once; the standard library would look at the end.
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
    )
