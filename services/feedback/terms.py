"""The terms of inquiries, read from ``data/deadlines.toml`` where each names its source."""

import tomllib
from functools import lru_cache
from pathlib import Path

from services.feedback.rules.deadlines import Terms

FILE = Path(__file__).parent / "data" / "deadlines.toml"


@lru_cache(maxsize=1)
def terms() -> Terms:
    """Return the terms, in working days (``reopening``: in calendar days)."""
    plain = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Terms(
        registration=plain["registration"]["working_days"],
        first_response=plain["first_response"]["working_days"],
        answer=plain["answer"]["working_days"],
        reopening=plain["reopening"]["calendar_days"],
    )
