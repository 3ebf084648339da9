"""Logs: one JSON object a line on standard output, without personal data by construction.

Only named values are logged, never bodies; texts of database errors carry no parameters
(``hide_parameters``).
"""

import logging
import re
import sys
from typing import Any

import structlog

# Passwords in addresses, bearer tokens, keys, sessions and links of ours: none may stand in a log
# (S18).
SECRET = re.compile(
    r"(?<=://)[^\s/@\"]*:[^\s/@\"]*(?=@)|(?<=Bearer )[\w.~+/=-]+|\ba[ksl]_[\w-]{20,}"
)


def redact(_: Any, __: str, line: str) -> str:
    """Return a log line without secrets (the last step of structlog's chain)."""
    return SECRET.sub("***", line)


def configure(service: str, level: str) -> None:
    """Set up structlog and the standard library's logging for this process."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(sys.stdout)
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
    for noisy in ("nameko", "amqp", "kombu", "alembic"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    structlog.contextvars.bind_contextvars(service=service)
