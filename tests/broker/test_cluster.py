"""More than one machine: three instances of each service on a RabbitMQ cluster of three nodes.

One node, the leader of most queues, is killed under load and comes back; the verdict is computed
from the sender's own arithmetic (``crowd``) and the databases.
"""

import threading
import time
from typing import Any

import pytest
import requests
from kombu import Connection

from chassis import relay, topology
from contracts import catalogue
from launch.cluster import ClusterNode, PrivateCluster
from launch.ports import kept_ports
from tests.broker.crowd import MONTH, Crowd
from tests.broker.house import BATCH, House, eventually

pytestmark = [pytest.mark.broker, pytest.mark.timeout(1200)]

INSTANCES = ("-1", "-2", "-3")
# Each costs two seconds of processor time to start: two gateways prove what three would.
GATEWAYS = INSTANCES[:2]
# Bounds that only end a test that has failed anyway: the machine may be shared by many.
READY_SECONDS, SETTLE_SECONDS = 420, 420
CROWD = Crowd()
UNSETTLED = "SELECT count(*) FROM inbox WHERE outcome NOT IN ('applied', 'ignored')"
UNSENT = "SELECT count(*) FROM outbox WHERE sent_at IS NULL"
DEAD = "SELECT count(*) FROM dead_letters"
EMITTED = "SELECT count(*) FROM outbox"
RELAYS = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted "
    f"AND objid = {relay.LOCK} "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
# Snapshots of one client in the order of their birth: a version that is not above the last one.
OUT_OF_ORDER = (
    "SELECT count(*) FROM (SELECT (wire->>'sequence')::bigint AS version, "
    "lag((wire->>'sequence')::bigint) OVER (PARTITION BY wire->>'subject' ORDER BY position) "
    "AS before FROM outbox WHERE type IN ('client_added', 'client_changed')) AS told "
    "WHERE version <= before"
)
VERSIONS = (
    "SELECT sum(newest) FROM (SELECT max((wire->>'sequence')::bigint) AS newest FROM outbox "
    "WHERE type IN ('client_added', 'client_changed') GROUP BY wire->>'subject') AS told"
)
NEWEST_PHONES = (
    "SELECT count(*) FROM (SELECT DISTINCT ON (wire->>'subject') wire FROM outbox WHERE type IN "
    "('client_added', 'client_changed') ORDER BY wire->>'subject', (wire->>'sequence')::int DESC) "
    "AS newest WHERE wire->'data'->'phones' ? '+996700999999'"
)
RECEIPTS = (
    "SELECT count(*) FROM outgoing_mail WHERE state = 'sent' AND meta->>'notice'='inquiry_receipt'"
)
NUMBERS_GIVEN = "SELECT sum(count) FROM inquiry_numbers"
ANNOUNCED = (
    "SELECT count(*) FROM outbox WHERE type = 'inquiry_overdue' AND wire->'data'->>'deadline' = "
    "'answer'"
)


class Load:
    """Posts a share of the facts to each gateway, batch by batch, until each is accepted."""

    def __init__(self, house: House, addresses: list[str], wires: list[dict[str, Any]]) -> None:
        self.accepted = self.refusals = 0
        self._house = house
        self._count = threading.Lock()
        self.threads = [
            threading.Thread(target=self._post, args=(address, wires[place :: len(addresses)]))
            for place, address in enumerate(addresses)
        ]
        for thread in self.threads:
            thread.start()

    def _post(self, address: str, wires: list[dict[str, Any]]) -> None:
        for start in range(0, len(wires), 10):
            batch = wires[start : start + 10]
            while not self._is_accepted(address, batch):
                with self._count:
                    self.refusals += 1
                time.sleep(0.3)
            with self._count:
                self.accepted += len(batch)

    def _is_accepted(self, address: str, batch: list[dict[str, Any]]) -> bool:
        headers = {**BATCH, "Authorization": f"Bearer {self._house.key}"}
        try:
            answer = requests.post(f"{address}/v1/events", json=batch, headers=headers, timeout=15)
        except requests.ConnectionError:
            return False
        assert answer.status_code in (202, 503), answer.text
        return answer.status_code == 202


def test_it_gives_the_same_figures_when_a_node_is_killed_under_load(
    postgres, cluster, house, tmp_path
):
    running = house(postgres, cluster, *catalogue.SERVICES, "gateway")
    cluster.settle()
    lost = cluster.leader()
    gateways = start_three_of_each(running, tmp_path)
    facts = CROWD.facts(seed=7)
    load = Load(running, gateways, facts)
    token = sign_in(gateways[0], running.password)
    eventually(lambda: load.accepted > CROWD.clients / 4, "the load has begun")
    lost.kill()
    # Nobody waits for the node: events are accepted and figures answered while it is away.
    before = load.accepted
    eventually(lambda: load.accepted > before + 100, "events are accepted without the node")
    for address in gateways:
        eventually(lambda address=address: figures(address, token), "figures without the node")
    lost.start()
    for thread in load.threads:
        thread.join()
    everything_settled(running, cluster, lost)
    nothing_lost_nothing_doubled(running, len({wire["id"] for wire in facts}))
    told_in_order(running)
    for address in gateways:
        assert figures(address, token) == CROWD.figures


def start_three_of_each(running: House, folder: Any) -> list[str]:
    """Start three instances of each service; return the addresses of the gateways."""
    ports = kept_ports(folder / "gateways.json", GATEWAYS)
    for number in INSTANCES:
        for name in catalogue.SERVICES:
            running.start(f"{name}-{number}")
    for number in GATEWAYS:
        running.start(f"gateway-{number}", AYMAK_BIND=f"127.0.0.1:{ports[number]}")
    gateways = [f"http://127.0.0.1:{port}" for port in ports.values()]
    for address in gateways:
        eventually(lambda address=address: is_ready(address), f"{address} is ready", READY_SECONDS)
    return gateways


def is_ready(address: str) -> bool:
    """Return whether a gateway and everything behind it is ready."""
    try:
        return requests.get(f"{address}/readyz", timeout=15).ok
    except requests.RequestException:
        return False


def sign_in(address: str, password: str) -> str:
    """Return a session's token; any gateway takes it."""
    body = {"login": "admin", "password": password}
    return str(requests.post(f"{address}/v1/session", json=body, timeout=15).json()["token"])


def figures(address: str, token: str) -> dict[str, int] | None:
    """Return the figures of the crowd's month; None while reporting cannot be asked."""
    answer = requests.get(
        f"{address}/v1/indicators",
        params={"month": MONTH},
        headers={"Authorization": f"Bearer {token}"},
        timeout=15,
    )
    if answer.status_code == 503:
        return None
    assert answer.status_code == 200, answer.text
    found = {item["code"]: item["cumulative"] for item in answer.json()["items"]}
    return {code: found[code] for code in CROWD.figures}


def everything_settled(running: House, cluster: PrivateCluster, lost: ClusterNode) -> None:
    """Wait until all is applied, told and sent; then all queues are empty, on all three nodes."""
    one = running.one
    eventually(
        lambda: one("clients", "SELECT count(*) FROM client") == CROWD.clients,
        "all clients",
        SETTLE_SECONDS,
    )
    for service in catalogue.SERVICES:
        eventually(lambda service=service: one(service, UNSETTLED) == 0, service, SETTLE_SECONDS)
        eventually(lambda service=service: one(service, UNSENT) == 0, service, SETTLE_SECONDS)
    eventually(
        lambda: one("notifications", RECEIPTS) == CROWD.inquiries_now, "receipts", SETTLE_SECONDS
    )
    eventually(
        lambda: one("feedback", ANNOUNCED) == CROWD.inquiries_long_ago, "overdue", SETTLE_SECONDS
    )
    idle = (0, len(INSTANCES))
    eventually(
        lambda: set(queues(cluster)) == {idle},
        "queues are empty, each instance consumes",
        SETTLE_SECONDS,
    )
    assert lost.is_ready()


def queues(cluster: PrivateCluster) -> list[tuple[int, int]]:
    """Return of each queue that services hear how many messages lie in it and who consumes."""
    declared = [topology.journal_queue()]
    for contract in catalogue.contracts():
        declared += [topology.queue_of(name, contract) for name in sorted(contract.listeners)]
    with Connection(cluster.uri) as connection:
        channel = connection.default_channel
        found = [channel.queue_declare(queue.name, passive=True) for queue in declared]
    return [(one.message_count, one.consumer_count) for one in found]


def nothing_lost_nothing_doubled(running: House, accepted: int) -> None:
    """Compare each service with the arithmetic, and the journal with all that was told."""
    one = running.one
    assert [one(service, DEAD) for service in catalogue.SERVICES] == [0] * 4
    assert [one(service, RELAYS) for service in catalogue.SERVICES] == [1] * 4
    told = sum(one(service, EMITTED) for service in catalogue.SERVICES)
    journal = "SELECT count(*) FROM journal"
    eventually(lambda: one("reporting", journal) == accepted + told, "the journal is whole")
    assert one("reporting", f"{journal} WHERE emitter = 'portal'") == accepted
    assert one("clients", "SELECT count(*) FROM outbox WHERE type = 'client_added'") == (
        CROWD.clients
    )
    assert one("feedback", "SELECT count(*) FROM inquiries") == CROWD.inquiries
    assert one("feedback", NUMBERS_GIVEN) == CROWD.inquiries
    assert one("notifications", "SELECT count(*) FROM recipients") == CROWD.clients
    mails = [path.name for path in (running.folder / "mail").glob("*.eml")]
    sent = "SELECT count(DISTINCT message_id) FROM outgoing_mail WHERE state = 'sent'"
    assert len(mails) == one("notifications", sent) == CROWD.inquiries_now


def told_in_order(running: House) -> None:
    """What is told of one client rises in version, and the newest is what everybody has."""
    assert running.one("clients", OUT_OF_ORDER) == 0
    assert running.one("clients", NEWEST_PHONES) == CROWD.staff
    newest = running.one("clients", VERSIONS)
    assert running.one("reporting", "SELECT sum(sequence) FROM client_fact") == newest
    assert running.one("reporting", "SELECT count(*) FROM client_fact") == CROWD.clients
