"""Values as events carry them, as Python has them; None stays None."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID


def at(value: str | None) -> datetime | None:
    """Return an instant."""
    return datetime.fromisoformat(value) if value else None


def uuid(value: str | None) -> UUID | None:
    """Return an id."""
    return UUID(value) if value else None


def day(value: str | None) -> date | None:
    """Return a day."""
    return date.fromisoformat(value) if value else None


def words(data: dict[str, Any]) -> dict[str, str]:
    """Return the languages of a text that have one."""
    return {language: data[language] for language in ("ru", "ky", "en") if data.get(language)}
