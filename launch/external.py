"""Brokers and databases that somebody else runs: is it there, and does it let us in?

Asked once before anything starts, so that a server that is down or a wrong password is a sentence
within seconds and not a silent row of retries. The password never appears in the sentence.
"""

import contextlib
from urllib.parse import SplitResult, unquote, urlsplit

import amqp
import psycopg2

from launch.errors import LaunchError

SECONDS = 5
AMQP_PORTS = {"amqp": 5672, "amqps": 5671}


def check_broker(uri: str) -> list[str]:
    """Sign in to a broker, or to each node of a cluster, and leave; return who does not answer.

    LaunchError says in words what is wrong: a node that refuses us, or nobody who answers. One
    node of several may be away.
    """
    nodes = [_split(part.strip()) for part in uri.split(";")]
    away = [reason for reason in map(_sign_in, nodes) if reason]
    if len(away) == len(nodes):
        raise LaunchError(" ".join(away))
    return away


def _split(uri: str) -> SplitResult:
    parts = urlsplit(uri)
    if parts.scheme not in AMQP_PORTS or not parts.hostname:
        raise LaunchError(
            "--broker must look like amqp://user:password@host:5672/vhost (or say: auto); "
            "several nodes are separated by semicolons."
        )
    return parts


def _sign_in(parts: SplitResult) -> str:
    """Return why a broker does not answer, or nothing when it let us in."""
    where = f"{parts.hostname}:{parts.port or AMQP_PORTS[parts.scheme]}"
    connection = amqp.Connection(
        where,
        userid=unquote(parts.username or "guest"),
        password=unquote(parts.password or "guest"),
        virtual_host=unquote(parts.path[1:]) or "/",
        ssl=parts.scheme == "amqps",
        connect_timeout=SECONDS,
        read_timeout=SECONDS,
    )
    try:
        connection.connect()
        connection.close()
    except amqp.AccessRefused as error:
        raise LaunchError(
            f"The broker at {where} refused the user name or the password given by --broker."
        ) from error
    except amqp.NotAllowed as error:
        raise LaunchError(
            f"The broker at {where} has no virtual host {parts.path[1:] or '/'} for this user."
        ) from error
    except (OSError, amqp.AMQPError) as error:
        return f"No broker answers at {where} (--broker): {error}."
    finally:
        connection.collect()
    return ""


def check_database(url: str) -> None:
    """Sign in to a database server and leave; LaunchError says in words what is wrong."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.hostname:
        raise LaunchError(
            "--database must look like postgresql://user:password@host:5432/aymak (or say: auto)."
        )
    where = f"{parts.hostname}:{parts.port or 5432}"
    try:
        connection = psycopg2.connect(maintenance_url(url), connect_timeout=SECONDS)
    except psycopg2.OperationalError as error:
        raise LaunchError(_in_words(str(error), where)) from error
    with contextlib.closing(connection):
        if connection.server_version < 130_000:
            raise LaunchError(f"The database at {where} is older than PostgreSQL 13.")


def maintenance_url(url: str) -> str:
    """The same server's database `postgres`, from where other databases are made."""
    return urlsplit(url)._replace(scheme="postgresql", path="/postgres").geturl()


def _in_words(text: str, where: str) -> str:
    if "authentication failed" in text or "no password supplied" in text:
        return f"The database at {where} refused the user name or the password given by --database."
    return f"No database answers at {where} (--database): {text.strip()}"
