"""Notifications for tests: settings, a clock that is set by hand, a mailer that keeps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis import clock
from chassis.db import Database
from chassis.settings import settings
from tests.notifications.cast import House


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The settings of a small installation."""
    told = {
        "AMQP_URI": "amqp://nobody@127.0.0.1:1/",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/aymak",
        "AYMAK_STATE": str(tmp_path),
        "AYMAK_SECRET": "only-for-tests-0123456789-abcdefgh",
        "AYMAK_PUBLIC_URL": "https://aymak.example",
        "AYMAK_MAIL_FROM": "Портал <portal@aymak.example>",
        "AYMAK_MAIL_REPLY_TO": "Редакция <office@aymak.example>",
        "AYMAK_STAFF_MAIL": "office@aymak.example,deputy@aymak.example",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def house(notifications_db: Database) -> Iterator[House]:
    """Notifications with an empty database on Friday, 4 March 2022, 10:00 in Bishkek."""
    made = House(notifications_db)
    with clock.use(lambda: made.now):
        yield made
