"""Logs carry no secret, whoever logs it."""

import json
import logging

import structlog

from chassis import logs


def test_it_takes_secrets_out_of_every_line(capsys):
    before = logging.getLogger().handlers[:]
    try:
        logs.configure("clients", "INFO")
        structlog.get_logger().info("lost", uri="amqp://aymak:s3cret-pw@127.0.0.1:5672/v")
        logging.getLogger("other").warning("Authorization: Bearer abc.def-123")
        structlog.get_logger().info("key", key="ak_0123456789abcdefghijklmnop")
        structlog.get_logger().info("token", token="as_0123456789abcdefghijklmnop")
        structlog.get_logger().info("link", token="al_0123456789abcdefghijklmnop")
    finally:
        logging.getLogger().handlers[:] = before
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()
    written = capsys.readouterr().out
    lines = [json.loads(line) for line in written.splitlines()]
    events = ["lost", "Authorization: Bearer ***", "key", "token", "link"]
    assert [line["event"] for line in lines] == events
    assert lines[0]["uri"] == "amqp://***@127.0.0.1:5672/v"
    for secret in ("s3cret-pw", "abc.def-123", "ak_0123", "as_0123", "al_0123"):
        assert secret not in written
