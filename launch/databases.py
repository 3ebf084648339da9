"""One database per service on one server: made when missing, before the migrations."""

import contextlib

import psycopg2
from psycopg2 import sql
from sqlalchemy.engine import make_url

from chassis.db import database_url
from chassis.settings import Settings
from launch.errors import LaunchError
from launch.external import maintenance_url

SERVICES = ("clients", "notifications", "feedback", "reporting", "gateway")


def urls(settings: Settings) -> dict[str, str]:
    """Return the database URL of each service."""
    return {service: database_url(settings, service) for service in SERVICES}


def ensure(settings: Settings) -> list[str]:
    """Create the databases that are missing; return their names.

    Raises LaunchError naming them when this user may not create databases.
    """
    names = [make_url(url).database or "" for url in urls(settings).values()]
    connection = psycopg2.connect(maintenance_url(settings.database_url), connect_timeout=5)
    with contextlib.closing(connection):
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select datname from pg_database where datname = any(%s)", (names,))
            there = {row[0] for row in cursor.fetchall()}
            lacking = [name for name in names if name not in there]
            for name in lacking:
                _create(cursor, name, lacking)
    return lacking


def _create(cursor: "psycopg2.extensions.cursor", name: str, lacking: list[str]) -> None:
    statement = sql.SQL("create database {} encoding 'UTF8' template template0")
    try:
        cursor.execute(statement.format(sql.Identifier(name)))
    except psycopg2.errors.InsufficientPrivilege as error:
        raise LaunchError(
            "This user may not create databases. Let the database's administrator create "
            f"{', '.join(lacking)} (UTF8) and make this user their owner."
        ) from error
    except (psycopg2.errors.DuplicateDatabase, psycopg2.errors.UniqueViolation):
        # Somebody else makes them at this very moment.
        return
