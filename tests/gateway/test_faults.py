"""The gateway while its broker, its database or a service is away (fault rows 1, 3, 4, 10)."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chassis import migrate
from launch.postgres import PrivatePostgres
from launch.processes import family
from launch.rabbitmq import PrivateRabbit
from tests.conftest import skipped_if_missing
from tests.gateway.conftest import build
from tests.gateway.house import House, registered

pytestmark = pytest.mark.broker

# The promise is 5 seconds; the bound is generous, because machines are shared.
PROMPT = 7.0


@pytest.fixture(scope="module")
def own_rabbit() -> Iterator[PrivateRabbit]:
    with skipped_if_missing("RabbitMQ"), PrivateRabbit.temporary() as server:
        yield server


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[PrivatePostgres]:
    with skipped_if_missing("PostgreSQL"), PrivatePostgres.temporary(durable=False) as server:
        yield server


@pytest.fixture(scope="module")
def fragile(
    own_rabbit: PrivateRabbit,
    own_postgres: PrivatePostgres,
    template: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    """A gateway on servers of its own, which a test may break."""
    migrate.upgrade("gateway", own_postgres.url)
    name = own_postgres.url.rpartition("/")[2]
    folder = tmp_path_factory.mktemp("fragile")
    house = build(own_postgres.url, name, own_rabbit.uri, folder)
    try:
        house.start_gateway()
        house.start_services()
        yield house
    finally:
        for process in list(house.processes):
            house.end(process)


def is_frozen(pid: int) -> bool:
    """Return whether no thread of a process runs on: the signal reaches them one by one."""
    stats = Path(f"/proc/{pid}/task").glob("*/stat")
    return all(stat.read_text().rpartition(")")[2].split()[0] in "TZ" for stat in stats)


@contextlib.contextmanager
def stopped(pid: int | None) -> Iterator[None]:
    """Freeze a server for the block: connections stay, nobody answers."""
    assert pid is not None
    frozen = family(pid)
    for one in frozen:
        os.kill(one, signal.SIGSTOP)
    while not all(is_frozen(one) for one in frozen):
        time.sleep(0.01)
    try:
        yield
    finally:
        for one in frozen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGCONT)


def refused(house: House, number: str) -> None:
    """Send an event that cannot be kept: 503 soon, with a time to come back, and never a 202."""
    began = time.monotonic()
    answer = house.send(registered(number))
    assert answer.status_code == 503, answer.text
    assert time.monotonic() - began < PROMPT
    assert int(answer.headers["Retry-After"]) > 0


def accepted_again(house: House, number: str) -> None:
    """Send the same event until it is taken, and find it in the queue."""
    end = time.monotonic() + 60
    while (answer := house.send(registered(number))).status_code != 202:
        assert time.monotonic() < end, answer.text
        time.sleep(0.3)
    assert number in {event["id"] for event in house.journal()}


def test_it_promises_nothing_while_the_broker_is_dead(
    fragile: House, own_rabbit: PrivateRabbit
) -> None:
    assert fragile.send(registered("f0")).status_code == 202
    own_rabbit.kill()
    for number in range(3):
        refused(fragile, f"f{number + 1}")
    answer = fragile.ask("GET", "/readyz", headers={"Accept-Language": "en"})
    assert answer.status_code == 503
    assert [part["part"] for part in answer.json()["missing"]] == ["broker"]
    assert fragile.ask("GET", "/v1/people", who="administrator").status_code == 503
    assert fragile.ask("GET", "/healthz").status_code == 200
    own_rabbit.start()
    accepted_again(fragile, "f1")
    fragile.wait_for("/readyz")


def test_it_promises_nothing_while_the_broker_hangs(
    fragile: House, own_rabbit: PrivateRabbit
) -> None:
    with stopped(own_rabbit.pid):
        refused(fragile, "h1")
        refused(fragile, "h2")
    accepted_again(fragile, "h1")
    fragile.wait_for("/readyz")


def test_it_promises_nothing_under_a_memory_alarm(
    fragile: House, own_rabbit: PrivateRabbit
) -> None:
    own_rabbit.ctl("set_vm_memory_high_watermark", "0.0001")
    try:
        refused(fragile, "m1")
    finally:
        own_rabbit.ctl("set_vm_memory_high_watermark", "0.6")
    accepted_again(fragile, "m1")


def test_it_takes_events_while_its_database_hangs(
    fragile: House, own_postgres: PrivatePostgres
) -> None:
    assert fragile.send(registered("d0")).status_code == 202
    fragile.token("administrator")
    with stopped(own_postgres.pid):
        # The key's five fresh seconds go by: from then on it is trusted without being read.
        end = time.monotonic() + 7
        while time.monotonic() < end:
            assert fragile.send(registered("d1")).status_code == 202
            time.sleep(0.5)
        answer = fragile.ask("GET", "/v1/me", who="administrator")
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (
            503,
            "database_away",
        )
    fragile.wait_for("/readyz")
    assert fragile.ask("GET", "/v1/me", who="administrator").status_code == 200


def test_it_takes_events_while_its_database_is_dead(
    fragile: House, own_postgres: PrivatePostgres
) -> None:
    assert fragile.send(registered("e0")).status_code == 202
    own_postgres.kill()
    end = time.monotonic() + 7
    while time.monotonic() < end:
        assert fragile.send(registered("e1")).status_code == 202
        time.sleep(0.5)
    assert fragile.ask("GET", "/v1/people", who="administrator").status_code == 503
    answer = fragile.ask("GET", "/readyz")
    assert [part["part"] for part in answer.json()["missing"]] == ["database"]
    own_postgres.start()
    fragile.wait_for("/readyz")
    assert fragile.ask("GET", "/v1/people", who="administrator").status_code == 200
    assert {"e0", "e1"} <= {event["id"] for event in fragile.journal()}


def test_it_costs_only_its_own_pages_when_a_service_is_away(fragile: House) -> None:
    fragile.end("services")
    fragile.start(
        "services", "tests.gateway.fake_services", fragile.amqp_uri, "feedback", "reporting"
    )
    end = time.monotonic() + 60
    while fragile.ask("GET", "/v1/inquiries", who="administrator").status_code != 200:
        assert time.monotonic() < end
        time.sleep(0.3)
    answer = fragile.ask(
        "GET", "/v1/people", who="administrator", headers={"Accept-Language": "en"}
    )
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "the client base" in answer.json()["detail"]
    ready = fragile.wait_for("/readyz", 503)
    assert {part["part"] for part in ready.json()["missing"]} == {"clients", "notifications"}
    state = fragile.ask("GET", "/v1/status", who="administrator").json()["services"]
    assert state["clients"] == {"away": True} and state["feedback"]["outbox"] == 0


def test_it_starts_before_its_servers_and_ends_when_told(
    fragile: House, own_rabbit: PrivateRabbit, own_postgres: PrivatePostgres
) -> None:
    fragile.end("gateway")
    own_rabbit.stop()
    own_postgres.stop()
    fragile.start_gateway()
    ready = fragile.wait_for("/readyz", 503).json()
    assert {part["part"] for part in ready["missing"]} == {"database", "broker"}
    own_rabbit.start()
    own_postgres.start()
    accepted_again(fragile, "s1")
    assert fragile.end("gateway") == 0
    fragile.start_gateway()


def test_it_answers_an_event_in_flight_before_it_ends(
    fragile: House, own_rabbit: PrivateRabbit
) -> None:
    accepted_again(fragile, "u1")
    answers: list[int] = []
    asking = threading.Thread(
        target=lambda: answers.append(fragile.send(registered("u2")).status_code)
    )
    with stopped(own_rabbit.pid):
        asking.start()
        time.sleep(1.5)
        fragile.processes["gateway"].send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert answers == []
    asking.join(30)
    assert answers == [202]
    # Not asked again: a second signal would end it at once.
    assert fragile.processes.pop("gateway").wait(30) == 0
    fragile.start_gateway()


def test_it_ends_when_told_while_its_servers_are_away(
    fragile: House, own_rabbit: PrivateRabbit
) -> None:
    own_rabbit.stop()
    refused(fragile, "t1")
    assert fragile.end("gateway") == 0
    own_rabbit.start()
