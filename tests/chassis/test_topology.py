"""Exchanges and queues as RabbitMQ really has them after a declaration."""

import pytest
from kombu import Connection

from chassis import topology
from contracts import catalogue

pytestmark = pytest.mark.broker


def every_queue() -> list:
    heard = [
        topology.queue_of(service, contract)
        for contract in catalogue.contracts()
        for service in contract.listeners
    ]
    dead = [topology.dead_queue(service) for service in catalogue.SERVICES]
    return [*heard, *dead, topology.journal_queue()]


def test_it_declares_every_queue_durable_with_its_arguments_and_may_do_it_again(rabbit):
    with Connection(rabbit.uri) as connection:
        topology.declare(connection)
        topology.declare(connection)
        for queue in every_queue():
            # A passive look says that it is there; an active one with the same arguments that
            # they are the same, for RabbitMQ refuses to declare a queue with others.
            queue(connection.default_channel).queue_declare(passive=True)
            queue(connection.default_channel).queue_declare()


def test_it_tells_what_waits_in_each_queue_of_a_service(rabbit):
    queue = topology.dead_queue("feedback")
    with Connection(rabbit.uri) as connection:
        topology.declare(connection)
        producer = connection.Producer()
        bound = queue(connection.default_channel)
        bound.purge()
        producer.publish({}, exchange=topology.DEAD.name, routing_key="feedback", retry=True)
        # A quorum queue counts what is committed, a moment after the publish.
        while not bound.queue_declare(passive=True).message_count:
            pass
        found = {one["name"]: one for one in topology.depths(connection, "feedback")}
        bound.purge()
    assert found[queue.name] == {"name": queue.name, "messages": 1, "consumers": 0}
    names = {one.name for one in every_queue() if one.name.startswith("feedback.")}
    # The queue of the calls is declared by whoever runs the service, here perhaps nobody.
    assert set(found) - {topology.calls_of("feedback")} == names


def test_a_queue_that_is_not_there_is_left_out(rabbit):
    with Connection(rabbit.uri) as connection:
        assert topology.depths(connection, "nobody") == []


def test_it_refuses_the_same_name_with_other_arguments(rabbit):
    with Connection(rabbit.uri) as connection:
        topology.declare(connection)
        with pytest.raises(connection.channel_errors, match="PRECONDITION_FAILED"):
            connection.default_channel.queue_declare(topology.journal_queue().name, durable=True)


def test_it_lets_the_journal_hear_every_emitter(rabbit):
    with Connection(rabbit.uri) as connection:
        topology.declare(connection)
        channel = connection.default_channel
        queue = topology.journal_queue()(channel)
        queue.purge()
        producer = connection.Producer()
        for emitter in catalogue.EMITTERS:
            producer.publish(
                {"from": emitter}, exchange=f"{emitter}.events", routing_key="any", retry=True
            )
        heard = set()
        while len(heard) < len(catalogue.EMITTERS):
            message = queue.get(no_ack=True)
            if message is not None:
                heard.add(message.payload["from"])
        assert heard == set(catalogue.EMITTERS)


def test_it_names_no_queue_twice():
    names = [queue.name for queue in every_queue()]
    assert len(names) == len(set(names))
    assert all(name.endswith(topology.VERSION) for name in names)
