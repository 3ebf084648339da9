"""The private RabbitMQ: its own user, its own ports, and messages that outlive a SIGKILL."""

from collections.abc import Iterator
from pathlib import Path

import amqp
import pytest
from kombu import Connection, Exchange, Queue

from launch import processes
from launch.rabbitmq import PrivateRabbit

pytestmark = pytest.mark.broker
QUEUE = Queue(
    "kept",
    Exchange("kept", "topic", durable=True),
    "#",
    durable=True,
    queue_arguments={"x-queue-type": "quorum"},
)


@pytest.fixture
def rabbit() -> Iterator[PrivateRabbit]:
    """A node of this test's own: it is killed here."""
    with PrivateRabbit.temporary() as server:
        yield server


def publish(uri: str, body: str) -> None:
    with Connection(uri, transport_options={"confirm_publish": True}) as connection:
        producer = connection.Producer()
        producer.publish(body, exchange=QUEUE.exchange, routing_key="x", declare=[QUEUE])


def take(uri: str) -> str:
    with Connection(uri) as connection:
        message = QUEUE(connection.default_channel).get()
        assert message is not None
        message.ack()
        return str(message.payload)


def test_it_keeps_address_and_messages_when_it_is_killed(rabbit: PrivateRabbit) -> None:
    uri, first = rabbit.uri, rabbit.pid
    publish(uri, "kept")
    rabbit.settle()
    rabbit.kill()
    assert not rabbit.is_alive
    rabbit.start()
    assert rabbit.uri == uri and rabbit.pid != first
    assert take(uri) == "kept"


def test_it_gives_a_queue_a_leader_that_was_just_born(rabbit: PrivateRabbit) -> None:
    publish(rabbit.uri, "lost")  # its queue is not in the register yet: see settle()
    rabbit.kill()
    rabbit.start()
    publish(rabbit.uri, "after")
    assert take(rabbit.uri) in {"lost", "after"}


def test_it_knows_no_guest_and_listens_on_loopback_only(rabbit: PrivateRabbit) -> None:
    with pytest.raises(amqp.AccessRefused):
        amqp.Connection(f"127.0.0.1:{rabbit.port}", userid="guest", password="guest").connect()
    assert rabbit.ctl("list_users").splitlines()[1:] == ["aymak\t[administrator]"]
    listening = {f"{port:04X}" for port in (rabbit.ports["amqp"], rabbit.ports["dist"])}
    addresses = {
        fields[1]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for fields in map(str.split, Path(table).read_text().splitlines()[1:])
        if fields[3] == "0A" and fields[1].partition(":")[2] in listening
    }
    assert addresses == {f"0100007F:{port}" for port in listening}


def test_it_leaves_nothing_behind(tmp_path: Path) -> None:
    with PrivateRabbit(tmp_path / "rabbit") as server:
        assert server.epmd is not None and server.pid is not None
        pids = [server.pid, server.epmd.pid]
        assert (tmp_path / "rabbit" / "rabbitmq.conf").stat().st_mode & 0o777 == 0o600
    assert [processes.mark(pid) for pid in pids] == [None, None]
    assert list((tmp_path / "rabbit").glob("*.pid")) == []


def test_it_ends_the_node_that_an_earlier_launcher_left(tmp_path: Path) -> None:
    first = PrivateRabbit(tmp_path / "rabbit").start()
    # A new object of the same folder, as after a SIGKILL of the launcher.
    with PrivateRabbit(tmp_path / "rabbit") as second:
        assert second.ports == first.ports
        assert not first.is_alive
        assert second.password == first.password
    first.stop()  # takes away the zombies, which are this process's children here
