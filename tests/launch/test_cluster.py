"""The private RabbitMQ cluster: three members of a queue, and one node that may be lost."""

import contextlib
import json

import amqp
import pytest
from kombu import Connection, Exchange, Queue

from launch import processes
from launch.cluster import PrivateCluster
from launch.rabbitmq import VHOST

pytestmark = pytest.mark.broker
QUEUE = Queue(
    "kept",
    Exchange("kept", "topic", durable=True),
    "#",
    durable=True,
    queue_arguments={"x-queue-type": "quorum"},
)


def publish(uri: str, body: str) -> None:
    """Publish until the broker has confirmed: it refuses or forgets what comes in an election."""
    while True:
        with (
            contextlib.suppress(amqp.exceptions.MessageNacked, TimeoutError),
            Connection(uri, transport_options={"confirm_publish": True}) as connection,
        ):
            connection.Producer().publish(
                body, exchange=QUEUE.exchange, routing_key="x", declare=[QUEUE], confirm_timeout=5
            )
            return


def take(uri: str) -> str:
    with Connection(uri) as connection:
        message = QUEUE(connection.default_channel).get()
        assert message is not None
        message.ack()
        return str(message.payload)


def test_it_keeps_taking_and_giving_messages_while_the_leader_is_away(tmp_path) -> None:
    with PrivateCluster(tmp_path / "cluster") as cluster:
        publish(cluster.uri, "before")
        queues = cluster.nodes[0].ctl("list_queues", "-p", VHOST, "--formatter", "json", "members")
        assert [sorted(queue["members"]) for queue in json.loads(queues)] == [
            [node.node for node in cluster.nodes]
        ]
        cluster.settle()
        lost = cluster.leader()
        lost.kill()
        publish(cluster.uri, "meanwhile")
        assert take(cluster.uri) == "before"
        lost.start()
        assert take(lost.uri) == "meanwhile"
        pids = [node.pid for node in cluster.nodes if node.pid]
        assert len(pids) == 3
    assert [processes.mark(pid) for pid in pids] == [None] * 3
    with PrivateCluster(tmp_path / "cluster") as again:
        publish(again.uri, "once more")
        assert take(again.uri) in {"meanwhile", "once more"}
