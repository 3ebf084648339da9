"""`./aymak secrets`: every password of docker-compose.yml, made once, each in a file of its own.

The folder is 0700 and its files 0444: Compose mounts a file as it is, and the containers, which
run as users of their own, must be able to read theirs.
"""

import secrets
from pathlib import Path

from launch import broker_users, database_roles
from launch.databases import SERVICES
from launch.errors import LaunchError
from launch.files import write_private

BROKER, DATABASE = "rabbitmq:5672", "postgres:5432"


def make(folder: Path) -> list[str]:
    """Write the files into a new folder and return their names.

    Raises LaunchError when the folder holds any already: servers that run know the old passwords.
    """
    if folder.exists() and any(folder.iterdir()):
        raise LaunchError(
            f"{folder} is not empty: its passwords are in use. To change one, see "
            "“Rotation of secrets” in docs/operation.md."
        )
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    found = contents()
    for name, text in found.items():
        write_private(folder / name, text)
        (folder / name).chmod(0o444)
    return sorted(found)


def contents() -> dict[str, str]:
    """Return new contents of every file by its name."""
    broker = {user: secrets.token_urlsafe(24) for user in broker_users.USERS}
    database = {name: secrets.token_urlsafe(24) for name in ("owner", *SERVICES)}
    found = {
        "aymak_secret": secrets.token_urlsafe(48),
        # Empty: mails become files until the operator writes the relay's address here.
        "aymak_smtp_url": "",
        "postgres_password": secrets.token_urlsafe(24),
        "rabbitmq_definitions.json": broker_users.definitions(broker),
        "postgres_roles.sql": database_roles.script(database),
    }
    for name in ("owner", *SERVICES):
        role = database_roles.OWNER if name == "owner" else database_roles.role_of(name)
        found[f"{name}_amqp_uri"] = f"amqp://{name}:{broker[name]}@{BROKER}/{broker_users.VHOST}"
        found[f"{name}_database_url"] = f"postgresql://{role}:{database[name]}@{DATABASE}/aymak"
    return found
