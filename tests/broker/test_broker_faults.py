"""Fault rows 3, 4, 5, 13, 14, 16: a broker that hangs, refuses, forgets or is not as we left it."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest
from kombu import Connection, Exchange, Queue
from kombu.exceptions import OperationalError

from chassis import topology
from chassis.errors import Unavailable
from contracts import catalogue
from launch.rabbitmq import PrivateRabbit
from tests.broker.house import House, eventually
from tests.broker.test_faults import (
    ADDED,
    APPLIED,
    UNSENT,
    applied_once,
    registration,
    straight,
)
from tests.conftest import skipped_if_missing

pytestmark = pytest.mark.broker

ALARMS = {
    "memory": (
        ("set_vm_memory_high_watermark", "0.0001"),
        ("set_vm_memory_high_watermark", "0.6"),
    ),
    "disk": (("set_disk_free_limit", "mem_relative", "1000"), ("set_disk_free_limit", "50MB")),
}


@pytest.fixture(scope="module")
def hurt_rabbit() -> Iterator[PrivateRabbit]:
    """A broker that the tests of this file may hurt; each leaves it whole."""
    with skipped_if_missing("RabbitMQ"), PrivateRabbit.temporary() as server:
        yield server


def test_it_recovers_from_a_broker_that_hangs(postgres, hurt_rabbit, house):
    """Row 3: nothing ends, ready=false meanwhile, and what was in hand is applied once."""
    running: House = house(postgres, hurt_rabbit, "gateway", "clients", "reporting")
    for name in running.services:
        running.start(name)
    eventually(running.is_up, "the gateway is up")
    for number in range(10):
        running.post_until_accepted(registration(number))
    # The broker may have it for all the 503: the sender repeats the same id.
    in_doubt = registration(10).to_wire()
    os.kill(hurt_rabbit.pid, signal.SIGSTOP)
    try:
        assert running.ready().status_code == 503
        assert running.post(in_doubt).status_code == 503
    finally:
        os.kill(hurt_rabbit.pid, signal.SIGCONT)
    running.post_until_accepted(in_doubt)
    for number in range(11, 20):
        running.post_until_accepted(registration(number))
    applied_once(running, 20)
    assert running.all_alive()


@pytest.mark.parametrize("alarm", ALARMS)
def test_it_goes_on_consuming_under_an_alarm(alarm, postgres, hurt_rabbit, house):
    """Row 4: what lies in the queues is applied; what follows from it waits in the outbox."""
    running: House = house(postgres, hurt_rabbit, "clients", "reporting")
    straight(running, [registration(number).to_wire() for number in range(10)])
    raise_it, clear_it = ALARMS[alarm]
    hurt_rabbit.ctl(*raise_it)
    try:
        running.start("clients")
        running.start("reporting")
        eventually(lambda: running.one("clients", APPLIED) == 10, "applied under the alarm")
        assert running.one("clients", ADDED) == 10
        assert running.one("clients", UNSENT) == 10
    finally:
        hurt_rabbit.ctl(*clear_it)
    applied_once(running, 10)
    assert running.all_alive()


def test_it_absorbs_the_redeliveries_when_all_connections_are_closed(postgres, hurt_rabbit, house):
    """Row 5: in the middle of the work, twice."""
    running: House = house(postgres, hurt_rabbit, "clients", "reporting")
    running.start("clients")
    running.start("reporting")
    sender = threading.Thread(target=patiently, args=(running, 60))
    sender.start()
    for enough in (5, 25):
        eventually(lambda least=enough: running.one("clients", APPLIED) >= least, "in the work")
        hurt_rabbit.ctl("close_all_connections", "a test")
    sender.join()
    applied_once(running, 60)
    assert running.all_alive()


def test_it_holds_events_for_a_service_that_was_never_there(postgres, hurt_rabbit, house):
    """Row 13: the gateway alone has declared the queues of all."""
    running: House = house(postgres, hurt_rabbit, "gateway", "clients", "reporting")
    forget_topology(hurt_rabbit.uri)
    running.start("gateway")
    eventually(running.is_up, "the gateway is up")
    for number in range(5):
        running.post_until_accepted(registration(number))
    running.start("clients")
    running.start("reporting")
    applied_once(running, 5)


def test_it_says_which_queue_is_not_ours_and_ends_when_told(postgres, hurt_rabbit, house):
    """Row 14: a classic queue stands where a quorum queue belongs."""
    running: House = house(postgres, hurt_rabbit, "gateway", "clients")
    forget_topology(hurt_rabbit.uri)
    name = f"clients.portal.client_registered.{topology.VERSION}"
    with Connection(hurt_rabbit.uri) as connection:
        Queue(name, durable=True)(connection.default_channel).declare()
    for service in running.services:
        running.start(service)
    try:
        eventually(running.is_up, "the gateway is up")
        eventually(lambda: "clients" in says(running, name), "clients names the queue")
        assert running.post(registration(1).to_wire()).status_code == 503
        assert [running.end("clients"), running.end("gateway")] == [0, 0]
    finally:
        forget_topology(hurt_rabbit.uri)


def test_it_survives_a_call_that_blocks_the_hub(postgres, hurt_rabbit, house):
    """Row 16: the broker takes it for dead, the container lives on, all is applied once."""
    running: House = house(postgres, hurt_rabbit, "clients", "reporting")
    straight(running, [registration(number).to_wire() for number in range(12)])
    set_heartbeat(hurt_rabbit, 2)
    try:
        running.start("reporting")
        running.start("clients", failpoints="listen.before_commit:3:9")
        applied_once(running, 12)
    finally:
        set_heartbeat(hurt_rabbit, 60)
    assert running.all_alive()


def says(running: House, queue: str) -> set[str]:
    """Return the parts that are missing, as the gateway says, for the sake of a queue."""
    missing = running.ready().json()["missing"]
    return {part["part"] for part in missing if queue in part["text"]}


def patiently(running: House, count: int) -> None:
    """Publish registrations past the gateway, each until the broker has confirmed it."""
    for number in range(count):
        wire = registration(number).to_wire()
        while True:
            try:
                straight(running, [wire])
                break
            except (Unavailable, OSError, OperationalError):
                time.sleep(0.2)


def forget_topology(uri: str) -> None:
    """Delete every queue and exchange of ours, as on a broker that never met us."""
    with Connection(uri) as connection:
        channel = connection.default_channel
        for service in catalogue.SERVICES:
            topology.dead_queue(service)(channel).delete()
        topology.journal_queue()(channel).delete()
        for contract in catalogue.contracts():
            for service in contract.listeners:
                topology.queue_of(service, contract)(channel).delete()
        for emitter in catalogue.EMITTERS:
            Exchange(f"{emitter}.events")(channel).delete()


def set_heartbeat(rabbit: PrivateRabbit, seconds: int) -> None:
    """Let the broker miss a client that is silent for twice as long; for new connections."""
    rabbit.ctl("eval", f"application:set_env(rabbit, heartbeat, {seconds}).")
