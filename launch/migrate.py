"""Brings the databases to the state that this code expects, and makes the first accounts.

It runs as a process of its own (`python -m launch.migrate`, settings in the environment), so that
the supervisor stays small and a broken migration is a sentence with a log, not a crash. With
`--topology` it also declares the broker's exchanges and queues: where each service has a user of
its own (docker-compose.yml), only the owner may.
"""

import os
import sys
from pathlib import Path

from kombu.connection import Connection

from chassis import topology
from chassis.migrate import upgrade
from chassis.settings import Settings
from gateway.accounts import ensure_first_accounts
from launch import databases
from launch.credentials import Credentials
from launch.errors import LaunchError
from launch.state import State


def main() -> None:
    """Create, upgrade, and on the very first run make the administrator and the portal key."""
    settings = Settings.from_env(os.environ)
    for name in databases.ensure(settings):
        print(f"database {name} created", flush=True)
    for service, url in databases.urls(settings).items():
        upgrade(service, url)
        print(f"database of {service} is up to date", flush=True)
    _ensure_credentials(settings)
    if "--topology" in sys.argv[1:]:
        with Connection(settings.amqp_uri, connect_timeout=5) as connection:  # type: ignore[no-untyped-call]
            topology.declare(connection)
        print("exchanges and queues are declared", flush=True)


def _ensure_credentials(settings: Settings) -> None:
    made = ensure_first_accounts(databases.urls(settings)["gateway"])
    if made is None:
        return
    state = State(Path(settings.state))
    path = state.credentials
    Credentials(
        url=f"http://{settings.bind}",
        admin_login=made.admin_login,
        admin_password=made.admin_password,
        portal_key=made.portal_key,
    ).write(path)
    state.unshown.touch(mode=0o600)
    print(f"first administrator and portal key made, kept in {path}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except LaunchError as error:
        sys.exit(str(error))
