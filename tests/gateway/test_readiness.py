"""What makes the whole not ready, in words; the rest of it needs servers: see test_faults.py."""

from typing import Any

import pytest

from gateway import readiness
from gateway.desk import Desk

GOOD = {"outbox": 0, "outbox_lag": 0.0, "consuming": True}


def parts(monkeypatch: pytest.MonkeyPatch, **status: Any) -> list[dict[str, str]]:
    """Return what is missing where clients says ``status`` and all the rest is well."""
    said = {"clients": {**GOOD, **status}, "feedback": GOOD}
    monkeypatch.setattr(readiness, "_answers", lambda question: True)
    monkeypatch.setattr(readiness, "statuses", lambda desk: said)
    return readiness.missing(Desk(), "en")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({"away": True}, "no answer"),
        ({"consuming": False}, "does not hear events yet"),
        (
            {"consuming": False, "foreign_queue": "clients.x.q1"},
            "has “clients.x.q1” with other arguments than this version needs: "
            "delete it once it is empty",
        ),
        ({"outbox": 3, "outbox_lag": 61.0}, "facts have long been waiting to be sent"),
    ],
)
def test_it_names_the_part_and_what_ails_it(
    monkeypatch: pytest.MonkeyPatch, status: dict[str, Any], words: str
) -> None:
    (part,) = parts(monkeypatch, **status)
    assert part["part"] == "clients" and part["text"].endswith(words)


def test_it_is_ready_while_facts_are_on_their_way(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parts(monkeypatch, outbox=300, outbox_lag=2.0) == []
