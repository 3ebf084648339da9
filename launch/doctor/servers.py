"""The doctor looks at the broker and the databases; it changes nothing in them."""

import contextlib
import time
import uuid
from collections.abc import Iterator
from typing import Any

import amqp
import psycopg2
from alembic.config import Config
from alembic.script import ScriptDirectory
from kombu.connection import Connection
from sqlalchemy.engine import make_url

from chassis import migrate, topology
from launch.databases import SERVICES
from launch.doctor.findings import Finding, good, wrong
from launch.errors import LaunchError
from launch.external import check_broker, check_database, maintenance_url

OLDEST_BROKER = (3, 10)
MOST_SKEW_SECONDS = 5.0
LAG_SECONDS = 60
START = "./aymak up --detach"


def broker(uri: str) -> Iterator[Finding]:
    """Sign in, and look at version, rights, quorum queues and the topology."""
    try:
        check_broker(uri)
    except LaunchError as error:
        yield wrong("broker", str(error), START)
        return
    with Connection(uri, connect_timeout=5) as connection:  # type: ignore[no-untyped-call]
        properties = connection.connection.server_properties
        version = str(properties.get("version", "0"))
        if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_BROKER:
            yield wrong("broker", f"RabbitMQ {version} is older than 3.10.", "upgrade RabbitMQ")
        else:
            yield good("broker", f"RabbitMQ {version} lets us in")
        yield from _quorum(connection)
        yield from _queues(connection)


def _quorum(connection: Any) -> Iterator[Finding]:
    """Make a quorum queue and delete it, where this user may make any."""
    name = f"doctor.{uuid.uuid4()}"
    arguments = {"x-queue-type": "quorum", "x-expires": 60_000}
    try:
        with connection.channel() as channel:
            channel.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)
            channel.queue_delete(name)
    except amqp.AccessRefused:
        yield good("quorum", "this user may make no queues: the owner has made them")
    except amqp.AMQPError as error:
        text = f"Quorum queues are not possible: {error}."
        yield wrong("quorum", text, "rabbitmqctl enable_feature_flag all")
    else:
        yield good("quorum", "quorum queues are possible")


def _queues(connection: Any) -> Iterator[Finding]:
    """Look for queues that are missing, or that exist with arguments that are not ours."""
    missing, other = [], []
    for queue in topology.queues():
        state = _state_of(connection, queue)
        missing += [queue.name] if state == "missing" else []
        other += [queue.name] if state == "other" else []
    for name in other:
        text = f"The queue {name} exists with other arguments: nothing can be consumed from it."
        yield wrong("queues", text, f"rabbitmqctl delete_queue {name} --if-empty")
    if missing:
        text = f"{len(missing)} queues are missing, {missing[0]} among them."
        yield wrong("queues", text, "python -m launch.migrate --topology, or start the product")
    if not missing and not other:
        yield good("queues", "all exchanges and queues are declared as we need them")


def _state_of(connection: Any, queue: Any) -> str:
    try:
        with connection.channel() as channel:
            queue(channel).queue_declare(passive=True)
        with connection.channel() as channel:
            queue(channel).queue_declare()
    except amqp.NotFound:
        return "missing"
    except amqp.PreconditionFailed:
        return "other"
    except amqp.AccessRefused:
        return "there"
    return "there"


def databases(url: str) -> Iterator[Finding]:
    """Sign in, compare clocks, and look at each service's schema and at what waits in it."""
    try:
        check_database(url)
    except LaunchError as error:
        yield wrong("database", str(error), START)
        return
    yield from _clock(url)
    behind, lacking = [], []
    for service in SERVICES:
        try:
            with contextlib.closing(psycopg2.connect(_url_of(url, service))) as connection:
                behind += [service] if not _is_at_head(connection, service) else []
                yield from _waiting(connection, service)
        except psycopg2.OperationalError:
            lacking.append(service)
    if lacking:
        text = f"Databases are missing or closed to this user: {', '.join(lacking)}."
        yield wrong("database", text, "./aymak migrate")
    if behind:
        text = f"Databases are not at the newest schema: {', '.join(behind)}."
        yield wrong("schema", text, "./aymak migrate")
    if not lacking and not behind:
        yield good("schema", "every database is there and at the newest schema")


def _url_of(url: str, service: str) -> str:
    found = make_url(url).set(drivername="postgresql")
    own = found.set(database=f"{found.database or 'aymak'}_{service}")
    return own.render_as_string(hide_password=False)


def _clock(url: str) -> Iterator[Finding]:
    with contextlib.closing(psycopg2.connect(maintenance_url(url))) as connection:
        before = time.time()
        theirs = float(_one(connection, "SELECT extract(epoch FROM clock_timestamp())"))
    skew = max(before - theirs, theirs - time.time(), 0.0)
    if skew > MOST_SKEW_SECONDS:
        text = f"This machine's clock and the database's differ by {skew:.0f} s."
        yield wrong("clock", text, "timedatectl set-ntp true")
    else:
        yield good("clock", "this machine and the database agree on the time")


def _is_at_head(connection: Any, service: str) -> bool:
    trees = ((migrate.CHASSIS, "chassis_version"), (migrate.tree_of(service), "alembic_version"))
    for tree, table in trees:
        config = Config()
        config.set_main_option("script_location", str(tree).replace("%", "%%"))
        head = ScriptDirectory.from_config(config).get_current_head()
        known = _one(connection, f"SELECT to_regclass('{table}') IS NOT NULL")
        if not known or _one(connection, f"SELECT version_num FROM {table}") != head:
            return False
    return True


def _waiting(connection: Any, service: str) -> Iterator[Finding]:
    """Look at what cannot be applied or sent; the gateway owns no facts."""
    if service == "gateway" or not _one(connection, "SELECT to_regclass('inbox') IS NOT NULL"):
        return
    dead = _one(connection, "SELECT count(*) FROM inbox WHERE outcome = 'dead'")
    failed = _one(connection, "SELECT count(*) FROM inbox WHERE outcome = 'failed'")
    waits = f"created_at < now() - interval '{LAG_SECONDS} s'"
    lag = _one(connection, f"SELECT count(*) FROM outbox WHERE sent_at IS NULL AND {waits}")
    if dead:
        text = f"{dead} facts are dead letters in {service}: each waits for somebody's decision."
        yield wrong("dead letters", text, f"./aymak logs {service}")
    if failed:
        yield wrong("retries", f"{failed} facts fail in {service}.", f"./aymak logs {service}")
    if lag:
        text = f"{lag} facts of {service} have waited for the broker for over {LAG_SECONDS} s."
        yield wrong("outbox", text, f"./aymak logs {service}")


def _one(connection: Any, statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    return row[0] if row else None
