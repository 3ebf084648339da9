"""Start one service: ``python -m chassis.main services.clients.service:ClientsService``."""

import eventlet

eventlet.monkey_patch()

# Everything below must be imported after the patch, or it would keep the blocking originals.
import gc  # noqa: E402
import importlib  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402

import nameko  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402

from chassis import hub, logs, serving  # noqa: E402
from chassis.rpc_queues import EXCHANGE  # noqa: E402
from chassis.settings import Settings, SettingsError  # noqa: E402

MAX_WORKERS = 40


def main(target: str) -> int:
    """Run the service class named ``module:Class`` until it ends; return the exit code."""
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as problem:
        print(problem, file=sys.stderr)
        return 2
    module, _, name = target.partition(":")
    service = getattr(importlib.import_module(module), name)
    logs.configure(service.name, settings.log_level)
    hub.tell_failures()
    if not hub.driver_yields():
        print("The database driver blocks the event loop: psycopg2 is not green.", file=sys.stderr)
        return 3
    nameko.config.setup(
        {
            "AMQP_URI": settings.amqp_uri,
            "rpc_exchange": EXCHANGE,
            "WEB_SERVER_ADDRESS": settings.bind,
            "max_workers": MAX_WORKERS,
            "serializer": "json",
            "ACCEPT": ["json"],
        }
    )
    runner = ServiceRunner()
    runner.add_service(service)
    eventlet.spawn_n(hub.watch)
    # What is loaded by now stays: the collector need not walk through it again and again.
    gc.collect()
    gc.freeze()
    return serving.serve(runner)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
