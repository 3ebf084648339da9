"""The health check of a container: ``python -m launch.health clients`` (or any other process).

The gateway is asked over HTTP. A service is healthy while the broker has it as a consumer of each
of its queues: a process that hangs misses its heartbeats and loses them. Needs no curl and no
right beyond signing in.
"""

import os
import sys
import urllib.request

from amqp import AMQPError
from kombu.connection import Connection

from chassis import topology
from chassis.settings import Settings
from contracts import catalogue

SECONDS = 5


def complaint(process: str, settings: Settings) -> str | None:
    """Return in words why the process is not healthy; None when it is."""
    try:
        if process == "gateway":
            return _ask_gateway(settings.bind.rpartition(":")[2])
        return _deserted(process, settings.amqp_uri)
    except (OSError, AMQPError) as problem:
        return f"{process}: {problem}"


def queues_of(service: str) -> list[str]:
    """Return the names of the queues that a service must consume."""
    heard = [topology.queue_of(service, each).name for each in catalogue.listened_to_by(service)]
    journal = [topology.journal_queue().name] if service == catalogue.JOURNAL else []
    return [topology.calls_of(service), *heard, *journal]


def _ask_gateway(port: str) -> str | None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=SECONDS) as answer:
        return None if answer.status == 200 else f"gateway: status {answer.status}"


def _deserted(service: str, uri: str) -> str | None:
    with Connection(uri, connect_timeout=SECONDS) as connection:  # type: ignore[no-untyped-call]
        channel = connection.default_channel
        for name in queues_of(service):
            if channel.queue_declare(name, passive=True).consumer_count == 0:
                return f"{service}: nobody consumes {name}"
    return None


if __name__ == "__main__":
    sys.exit(complaint(sys.argv[1], Settings.from_env(os.environ)))
