"""Where the broker and the database of a state folder are, whether they run now or not.

What the settings name comes first; else the private servers that `up` made in the folder, by the
files that they left there. Reads only.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from chassis.settings import SettingsError, with_files
from launch import environment
from launch.errors import LaunchError
from launch.ports import LOOPBACK
from launch.postgres import DATABASE
from launch.rabbitmq import VHOST
from launch.state import State


@dataclass(frozen=True, slots=True)
class Addresses:
    """All values that are set, and both addresses; None where there is no server yet."""

    values: dict[str, str]
    amqp_uri: str | None
    database_url: str | None
    own_broker: bool
    own_database: bool


def find(state: State) -> Addresses:
    """Return the addresses; raises LaunchError for a setting or a file that cannot be read."""
    try:
        values = with_files(environment.wanted(state, environment.current()))
    except SettingsError as error:
        raise LaunchError(str(error)) from error
    broker, database = values.get("AMQP_URI"), values.get("DATABASE_URL")
    return Addresses(
        values=values,
        amqp_uri=broker or _private(state.folder / "rabbitmq", "amqp", "amqp", VHOST),
        database_url=database
        or _private(state.folder / "postgresql", "postgresql", "postgresql", DATABASE),
        own_broker=not broker,
        own_database=not database,
    )


def _private(folder: Path, scheme: str, port: str, path: str) -> str | None:
    try:
        number = json.loads((folder / "ports.json").read_text("utf-8"))[port]
        password = (folder / "password").read_text("utf-8").strip()
    except (OSError, ValueError, KeyError):
        return None
    return f"{scheme}://aymak:{password}@{LOOPBACK}:{number}/{path}"
