"""The users and roles of docker-compose.yml: the product runs; nobody touches another's."""

import json
from collections.abc import Iterator
from typing import Any

import amqp
import psycopg2
import pytest
from kombu import Connection

from chassis import topology
from contracts.catalogue import SERVICES
from contracts.parts import ClientName
from contracts.portal import ClientRegisteredV1
from launch import broker_users, health
from launch.databases import SERVICES as DATABASES
from tests.broker.house import CLASSES, eventually
from tests.conftest import skipped_if_missing
from tests.factories import event
from tests.launch.operated import Operated

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def operated(tmp_path_factory: Any) -> Iterator[Operated]:
    """Servers with all users and roles; the one-shot migration has run."""
    folder = tmp_path_factory.mktemp("operated")
    with skipped_if_missing("servers"), Operated(folder) as found:
        found.migrate()
        yield found


def uri(operated: Operated, user: str) -> str:
    """Return the address that a user signs in to RabbitMQ with."""
    return (operated.secrets / f"{user}_amqp_uri").read_text()


def test_it_keeps_no_password_in_what_the_servers_are_given(operated):
    addresses = [path.read_text() for path in operated.secrets.glob("*_uri")]
    addresses += [path.read_text() for path in operated.secrets.glob("*_url")]
    passwords = {text.split(":")[2].split("@")[0] for text in addresses if text}
    assert len(passwords) == 2 * (1 + len(DATABASES))
    for name in ("rabbitmq_definitions.json", "postgres_roles.sql"):
        content = (operated.secrets / name).read_text()
        assert not any(password in content for password in passwords)


def test_it_gives_no_user_of_the_broker_a_tag(operated):
    content = json.loads((operated.secrets / "rabbitmq_definitions.json").read_text())
    assert [user["name"] for user in content["users"]] == list(broker_users.USERS)
    assert not any(user["tags"] for user in content["users"])


@pytest.mark.parametrize("user", SERVICES)
def test_it_lets_a_service_do_nothing_to_what_is_anothers_in_the_broker(operated, user):
    other = "clients" if user != "clients" else "feedback"
    acts = {
        "publish to another's exchange": lambda on: publish(on, f"{other}.events"),
        "publish in the portal's name": lambda on: publish(on, "portal.events"),
        "read another's queue": lambda on: on.basic_get(f"{other}.dead.{topology.VERSION}"),
        "delete another's queue": lambda on: on.queue_delete(f"{other}.dead.{topology.VERSION}"),
        "delete its own queue": lambda on: on.queue_delete(f"{user}.dead.{topology.VERSION}"),
        "declare an exchange": lambda on: on.exchange_declare("x", "topic", auto_delete=False),
        "take another's replies": lambda on: on.queue_declare(f"{topology.REPLIES}.1"),
    }
    allowed = []
    for name, act in acts.items():
        with Connection(uri(operated, user)) as connection:
            try:
                act(connection.channel())
                allowed.append(name)
            except amqp.AccessRefused:
                continue
    assert allowed == []


def publish(channel: Any, exchange: str) -> None:
    """Publish and wait for the broker's word."""
    channel.confirm_select()
    channel.basic_publish_confirm(amqp.Message("x"), exchange, "x")


def test_it_lets_the_gateway_read_no_events(operated):
    with (
        Connection(uri(operated, "gateway")) as connection,
        pytest.raises(amqp.AccessRefused),
    ):
        connection.channel().basic_get(topology.journal_queue().name)


def test_it_says_which_queue_the_owner_has_not_declared(operated):
    name = topology.dead_queue("clients").name
    with Connection(uri(operated, "owner")) as connection:
        connection.channel().queue_delete(name)
    with (
        Connection(uri(operated, "feedback")) as connection,
        pytest.raises(amqp.NotFound, match=name),
    ):
        topology.declare(connection)
    operated.migrate()


@pytest.mark.parametrize("service", DATABASES)
def test_it_lets_a_service_only_change_rows_of_its_own_database(operated, service):
    other = "clients" if service != "clients" else "feedback"
    acts = {
        "enter another's database": (other, "SELECT 1"),
        "make a table": (service, "CREATE TABLE x (y int)"),
        "drop a table": (service, "DROP TABLE alembic_version"),
        "make a role": (service, "CREATE ROLE x"),
    }
    allowed = []
    for name, (database, statement) in acts.items():
        try:
            operated.query(service, database, statement)
            allowed.append(name)
        except psycopg2.Error as refusal:
            assert any(word in str(refusal) for word in ("permission", "must be owner"))
    assert allowed == []


def test_it_makes_nobody_a_superuser(operated):
    roles = operated.query(
        "owner",
        "clients",
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'aymak_%'"
        " AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)",
    )
    assert roles == []


def test_it_runs_the_product_and_knows_who_is_healthy(operated):
    for name in CLASSES:
        operated.start(name)
    eventually(operated.is_ready, "ready")
    data = ClientRegisteredV1(
        client_ref="c-1", kind="person", audience="citizens", name=ClientName(surname="Асанов")
    )
    wire = event(data, at="2022-03-04 10:00").to_wire()
    del wire["recordedtime"]
    assert operated.post(wire).status_code == 202
    count = "SELECT count(*) FROM journal"
    eventually(lambda: operated.query("owner", "reporting", count) == [(2,)], "both journalled")
    for name in CLASSES:
        assert health.complaint(name, operated.settings(name)) is None
    operated.kill("clients")
    settings = operated.settings("clients")
    complaint = eventually(lambda: health.complaint("clients", settings), "clients not healthy")
    assert "nobody consumes" in complaint
    operated.kill("gateway")
    assert "gateway" in str(health.complaint("gateway", operated.settings("gateway")))
