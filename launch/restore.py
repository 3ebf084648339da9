"""`./aymak restore`: a service's database from a backup, then what it has missed since.

It never writes over rows without being told to (`--replace`), and never beside a running service.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg2
from sqlalchemy.engine import make_url

from chassis import migrate
from chassis.outbox import RELAY_LOCK
from chassis.settings import Settings
from contracts import catalogue
from launch import backup, databases, pg_tools
from launch.errors import LaunchError
from launch.state import ROOT

# Everything of ours in the schema; what an extension brought stays.
OURS = """
SELECT 'DROP TABLE IF EXISTS ' || quote_ident(relname) || ' CASCADE' FROM pg_class c
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT EXISTS (
  SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
UNION ALL
SELECT 'DROP ROUTINE IF EXISTS ' || p.oid::regprocedure || ' CASCADE' FROM pg_proc p
WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS (
  SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""
TABLES = """
SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
"""
RELAYING = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND classid = 0
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
Say = Callable[[str], None]


def refill(settings: Settings, folder: Path, service: str, *, replace: bool) -> None:
    """Fill a service's database from a backup and bring it to the newest schema.

    Raises LaunchError when the file is damaged, the service runs, or its database is not empty
    and ``replace`` was not said.
    """
    dump = backup.file_of(folder, service)
    databases.ensure(settings)
    url = databases.urls(settings)[service]
    refuse_running(url, service)
    with contextlib.closing(psycopg2.connect(_plain(url))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(TABLES)
            row = cursor.fetchone()
            if row and row[0] and not replace:
                raise LaunchError(
                    f"The database of {service} is not empty. Say --replace to give up what it "
                    "holds now; ./aymak backup keeps it first."
                )
            cursor.execute(OURS)
            for (statement,) in cursor.fetchall():
                cursor.execute(statement)
    pg_tools.run(
        *("pg_restore", url, "--no-owner", "--no-privileges", "--exit-on-error"),
        *("--single-transaction", f"--dbname={make_url(url).database}", str(dump)),
    )
    migrate.upgrade(service, url)


def is_stopped(url: str) -> bool:
    """Return whether no instance of the service works on this database."""
    with contextlib.closing(psycopg2.connect(_plain(url))) as connection, connection.cursor() as on:
        on.execute(RELAYING, (RELAY_LOCK,))
        row = on.fetchone()
    return not (row and row[0])


def refuse_running(url: str, service: str) -> None:
    """Raise LaunchError when an instance of the service works on its database."""
    if not is_stopped(url):
        raise LaunchError(
            f"{service} is running: stop it first (./aymak down, docker compose stop {service}, or "
            f"systemctl stop aymak@{service})."
        )


def replay(environment: dict[str, str], service: str, say: Say) -> None:
    """Let a restored service hear what it has missed, in a process of its own.

    Raises LaunchError with its words when it fails. The gateway hears nothing.
    """
    if service not in catalogue.SERVICES:
        return
    done = subprocess.run(
        [sys.executable, "-P", "-m", "launch.replay", service],
        env={"PATH": os.environ.get("PATH", os.defpath), **environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    for line in done.stdout.splitlines():
        say(f"{service}: {line}")
    if done.returncode != 0:
        raise LaunchError(f"The replay of {service} failed:\n{done.stderr.strip()[-3000:]}")


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
