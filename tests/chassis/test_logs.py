"""Logs carry no secret, whoever logs it."""

import json
import logging
from contextlib import contextmanager

import structlog

from chassis import logs

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@contextmanager
def configured():
    """Log as a service does, for the block."""
    before = logging.getLogger().handlers[:]
    try:
        logs.configure("clients", "INFO")
        yield
    finally:
        logging.getLogger().handlers[:] = before
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()


def test_it_takes_secrets_out_of_every_line(capsys):
    with configured():
        structlog.get_logger().info("lost", uri="amqp://aymak:s3cret-pw@127.0.0.1:5672/v")
        logging.getLogger("other").warning("Authorization: Bearer abc.def-123")
        structlog.get_logger().info("key", key="ak_0123456789abcdefghijklmnop")
        structlog.get_logger().info("token", token="as_0123456789abcdefghijklmnop")
        structlog.get_logger().info("link", token="al_0123456789abcdefghijklmnop")
    written = capsys.readouterr().out
    lines = [json.loads(line) for line in written.splitlines()]
    events = ["lost", "Authorization: Bearer ***", "key", "token", "link"]
    assert [line["event"] for line in lines] == events
    assert lines[0]["uri"] == "amqp://***@127.0.0.1:5672/v"
    for secret in ("s3cret-pw", "abc.def-123", "ak_0123", "as_0123", "al_0123"):
        assert secret not in written


def test_it_tells_an_exception_by_classes_and_places_only(capsys):
    with configured():
        try:
            try:
                int("aigul@example.kg")
            except ValueError as problem:
                raise RuntimeError("+996 700 111 222") from problem
        except RuntimeError as problem:
            structlog.get_logger().exception("failed")
            logging.getLogger("nameko").exception("error handling worker %s: %s", "x", problem)
            logging.getLogger("other").error(problem)
    written = capsys.readouterr().out
    assert "aigul" not in written and "996" not in written
    lines = [json.loads(line) for line in written.splitlines()]
    assert lines[0]["exception"].startswith("RuntimeError at tests/chassis/test_logs.py:")
    assert "ValueError" in lines[0]["exception"]
    assert lines[1]["event"] == "error handling worker x: RuntimeError"
    assert lines[2]["event"] == "RuntimeError"


def test_it_gives_every_line_of_an_event_its_ids(capsys):
    wire = {
        "id": "e-1",
        "correlationid": "flow-1",
        "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01",
    }
    with configured(), logs.about_event(wire, "portal.client_verified"):
        structlog.get_logger().info("own")
        logging.getLogger("other").warning("foreign")
    for line in map(json.loads, capsys.readouterr().out.splitlines()):
        ids = ("service", "event_id", "correlation_id", "trace_id", "listener")
        assert [line[name] for name in ids] == [
            "clients",
            "e-1",
            "flow-1",
            TRACE,
            "portal.client_verified",
        ]


def test_it_takes_no_strange_trace():
    assert logs.trace_of("nonsense") is None
    assert logs.trace_of(f"00-{'0' * 32}-00f067aa0ba902b7-01") is None
    assert logs.trace_of(None) is None
