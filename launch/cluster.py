"""A private RabbitMQ cluster on loopback: what a loss of one machine of three is tried on.

`with PrivateCluster.temporary() as cluster: connect(cluster.uri)`. Three nodes with names, ports
and folders of their own share one cookie, one epmd and one password. Quorum queues get a member
on every node, their leaders are spread, and a node that sees no majority pauses.
"""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Self

from launch.erlang import Epmd
from launch.files import kept_secret, write_private
from launch.ports import kept_ports
from launch.rabbitmq import PrivateRabbit

SIZE = 3
CONF = """\
cluster_formation.peer_discovery_backend = classic_config
{nodes}
cluster_partition_handling = pause_minority
queue_leader_locator = balanced
"""
LEADERS = """
[Node || Queue <- rabbit_amqqueue:list(),
         amqqueue:get_type(Queue) =:= rabbit_quorum_queue,
         {_, Node} <- [ra_leaderboard:lookup_leader(element(1, amqqueue:get_pid(Queue)))]].
"""


class ClusterNode(PrivateRabbit):
    """One node of a `PrivateCluster`; kill it and start it as any private server."""

    port_names: ClassVar[tuple[str, ...]] = ("amqp", "dist")

    def __init__(self, cluster: "PrivateCluster", number: int) -> None:
        super().__init__(cluster.directory / f"node{number}")
        self.cluster = cluster
        self.node = _name(number)

    @property
    def password(self) -> str:
        """The password of the whole cluster."""
        return kept_secret(self.cluster.directory / "password", length=24)

    @property
    def epmd_port(self) -> int:
        """The port of the cluster's epmd."""
        return self.cluster.epmd_port

    def configuration(self) -> str:
        """Return the text of the node's rabbitmq.conf, which names all nodes."""
        names = [
            f"cluster_formation.classic_config.nodes.{number} = {_name(number)}"
            for number in range(1, SIZE + 1)
        ]
        return super().configuration() + CONF.format(nodes="\n".join(names))

    def prepare(self) -> None:
        """Write the configuration and the cookie by which the nodes know each other."""
        super().prepare()
        cookie = kept_secret(self.cluster.directory / "cookie")
        write_private(self.directory / "home" / ".erlang.cookie", cookie)

    def launch(self) -> "subprocess.Popen[bytes]":
        """Start the node; the epmd is the cluster's."""
        return self.launch_node()

    def heal(self) -> None:
        """Do nothing: a queue that lost its member here has a leader elsewhere."""


class PrivateCluster:
    """Three nodes in a folder; `uri` names them all, as AMQP_URI may."""

    def __init__(self, directory: Path) -> None:
        self.directory = Path(directory).resolve()
        self.epmd_port = 0
        self.nodes = [ClusterNode(self, number) for number in range(1, SIZE + 1)]
        self._epmd: Epmd | None = None

    @classmethod
    @contextlib.contextmanager
    def temporary(cls) -> Iterator[Self]:
        """Run a cluster in a new folder under the system's temporary one; both are gone after."""
        folder = Path(tempfile.mkdtemp(prefix="aymak-cluster-"))
        try:
            with cls(folder) as cluster:
                yield cluster
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def uri(self) -> str:
        """The addresses of all nodes, separated by semicolons."""
        return ";".join(node.uri for node in self.nodes)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Start the nodes and return when each takes clients; LaunchError when one does not.

        In a new folder the first is up before the others look for it: nodes that are born at the
        same moment may each found a cluster of their own. In an old one all come back together,
        because the one that stopped first waits for the others.
        """
        formed = (self.directory / "cookie").exists()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.epmd_port = kept_ports(self.directory / "ports.json", ("epmd",))["epmd"]
        self._epmd = Epmd(self.directory, self.epmd_port, self.directory / "epmd.log")
        try:
            for node in self.nodes if formed else ():
                node.spawn()
            for node in self.nodes:
                node.start()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop the nodes together, then their epmd."""
        for node in self.nodes:
            node.ask_to_stop()
        for node in self.nodes:
            node.stop()
        if self._epmd is not None:
            self._epmd.end()

    def settle(self) -> None:
        """Put the register of quorum queues on disk at every node (see `PrivateRabbit.settle`)."""
        for node in self.nodes:
            node.settle()

    def leader(self) -> ClusterNode:
        """Return the running node that leads most queues, as each node knows it."""
        running = [node for node in self.nodes if node.is_alive]
        leaders = running[0].ctl("eval", LEADERS)
        return max(running, key=lambda node: leaders.count(node.node))


def _name(number: int) -> str:
    return f"aymak{number}@localhost"
