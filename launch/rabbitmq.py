"""A private RabbitMQ node in a folder of its own: for the product and for the tests.

It never meets a RabbitMQ that runs on the machine already: its node name, ports, cookie, epmd,
configuration and data are its own, everything listens on 127.0.0.1, and it has its own user,
password and vhost (`aymak`) in place of guest.
"""

import contextlib
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import ClassVar

import amqp

from launch.erlang import Epmd, run
from launch.errors import LaunchError
from launch.files import write_private
from launch.ports import LOOPBACK
from launch.server import PrivateServer, address

USER = VHOST = "aymak"
NODE = "aymak@localhost"
# Debian's wrapper in /usr/sbin changes user and folder, and serves root and rabbitmq only.
HOMES = (Path("/usr/lib/rabbitmq/bin"),)
CONF = """\
listeners.tcp.1 = {host}:{port}
default_user = {user}
default_pass = {password}
default_vhost = {vhost}
default_permissions.configure = .*
default_permissions.read = .*
default_permissions.write = .*
default_user_tags.administrator = true
log.console = true
log.console.level = info
log.connection.level = warning
log.file = false
disk_free_limit.absolute = 50MB
raft.wal_max_size_bytes = 67108864
"""
ELECT = """
[ra:trigger_election(amqqueue:get_pid(Queue))
 || Queue <- rabbit_amqqueue:list(),
    amqqueue:get_type(Queue) =:= rabbit_quorum_queue,
    ra_leaderboard:lookup_leader(element(1, amqqueue:get_pid(Queue))) =:= undefined].
"""


def binaries() -> Path | None:
    """Return the folder of rabbitmq-server and rabbitmqctl, or None when it is not installed."""
    found = shutil.which("rabbitmq-server")
    for folder in (*HOMES, Path(found).resolve().parent if found else HOMES[0]):
        if (folder / "rabbitmq-server").exists():
            return folder
    return None


class PrivateRabbit(PrivateServer):
    """`with PrivateRabbit(folder) as rabbit: connect(rabbit.uri)`; ready in 5 to 15 seconds."""

    name: ClassVar[str] = "rabbitmq"
    port_names: ClassVar[tuple[str, ...]] = ("amqp", "dist", "epmd")
    start_seconds: ClassVar[float] = 90.0

    def __init__(self, directory: Path, *, log: Path | None = None) -> None:
        super().__init__(directory, log=log)
        self.node = NODE
        self.epmd: Epmd | None = None
        self._healer: threading.Thread | None = None

    @property
    def uri(self) -> str:
        """amqp://user:password@127.0.0.1:port/vhost"""
        return address("amqp", self, VHOST)

    @property
    def epmd_port(self) -> int:
        """The port of the register in which the node's name stands."""
        return self.ports["epmd"]

    def ctl(self, *arguments: str, timeout: float = 60.0) -> str:
        """Run rabbitmqctl against this node and return what it printed; LaunchError if it fails."""
        done = subprocess.run(
            [str(_folder() / "rabbitmqctl"), "--quiet", *arguments],
            env=self._environment(),
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if done.returncode != 0:
            raise LaunchError(f"rabbitmqctl {arguments[0]}: {done.stderr or done.stdout}")
        return done.stdout

    def configuration(self) -> str:
        """Return the text of the node's rabbitmq.conf, password included."""
        return CONF.format(
            host=LOOPBACK, port=self.port, user=USER, password=self.password, vhost=VHOST
        )

    def prepare(self) -> None:
        """Write the node's configuration: mode 0600, because it holds the password."""
        write_private(self.directory / "rabbitmq.conf", self.configuration())
        write_private(self.directory / "advanced.config", "[].\n")
        write_private(self.directory / "enabled_plugins", "[].\n")
        for name in ("home", "mnesia", "log", "conf.d"):
            (self.directory / name).mkdir(mode=0o700, exist_ok=True)

    def launch(self) -> "subprocess.Popen[bytes]":
        """Start epmd and the node as children of ours."""
        # Left to itself the node would start an epmd that outlives it.
        self.epmd = Epmd(self.directory, self.epmd_port, self.log)
        return self.launch_node()

    def launch_node(self) -> "subprocess.Popen[bytes]":
        """Start the node; its epmd runs already."""
        command = [str(_folder() / "rabbitmq-server")]
        return run(command, self._environment(), self.directory, self.log)

    def spawn(self) -> None:
        """Start the node; one that comes back from a crash has its queues looked after."""
        if self.is_alive:
            return
        # An orderly stop takes its pid file away.
        was_killed = (self.directory / f"{self.name}.pid").exists()
        super().spawn()
        if was_killed:
            self.heal()

    def heal(self) -> None:
        """Look after the queues of a node that was killed; `is_ready` waits until it is done."""
        self._healer = threading.Thread(target=self._elect_leaders, daemon=True)
        self._healer.start()

    def is_ready(self) -> bool:
        """Tell whether our user can sign in to our vhost, and no queue waits for a leader."""
        healed = self._healer is None or not self._healer.is_alive()
        return healed and self._can_sign_in()

    def settle(self) -> None:
        """Put the register of quorum queues on disk now; call it once the queues are declared.

        RabbitMQ confirms a message of a new queue while the queue's own entry waits up to three
        seconds to be written: a SIGKILL in between loses the queue with its messages (3.10.8).
        """
        self.ctl("eval", "[dets:sync(Table) || Table <- dets:all()].")

    def _elect_leaders(self) -> None:
        """Elect leaders for quorum queues that were declared moments before the node was killed.

        Their entry in the node's register was not on disk yet (see `settle`): such a queue comes
        back, but its only member never stands for election by itself (seen on 3.10.8).
        """
        while self.is_alive and not self._can_sign_in():
            time.sleep(0.2)
        if self.is_alive:
            with contextlib.suppress(LaunchError, subprocess.TimeoutExpired):
                self.ctl("eval", ELECT)

    def _can_sign_in(self) -> bool:
        connection = amqp.Connection(
            f"{LOOPBACK}:{self.port}",
            userid=USER,
            password=self.password,
            virtual_host=VHOST,
            connect_timeout=2,
            read_timeout=5,
        )
        try:
            connection.connect()
            connection.close()
        except (OSError, amqp.AMQPError):
            connection.collect()
            return False
        return True

    def kill(self) -> None:
        """SIGKILL the node, and its epmd, which would hold the port of the next one."""
        super().kill()
        self._end_epmd()

    def end_leftovers(self) -> list[str]:
        """End what is left: the epmd of a node that died by itself, or an earlier launcher's."""
        self._end_epmd()
        return super().end_leftovers()

    def _end_epmd(self) -> None:
        if self.epmd is not None:
            self.epmd.end()

    def _environment(self) -> dict[str, str]:
        here = str(self.directory)
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": f"{here}/home",
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_EPMD_PORT": str(self.epmd_port),
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.ports["dist"]),
            "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_CTL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_MNESIA_BASE": f"{here}/mnesia",
            "RABBITMQ_LOG_BASE": f"{here}/log",
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONFIG_FILE": f"{here}/rabbitmq.conf",
            "RABBITMQ_CONFIG_FILES": f"{here}/conf.d",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{here}/advanced.config",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{here}/enabled_plugins",
            "RABBITMQ_PID_FILE": f"{here}/node.number",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            # The start script then becomes the node in place of waiting beside it: one process,
            # whose death we see and whose pid we know.
            "RUNNING_UNDER_SYSTEMD": "true",
        }


def _folder() -> Path:
    folder = binaries()
    if folder is None:
        raise LaunchError(
            "RabbitMQ is not installed. As root: apt-get install rabbitmq-server, "
            "or name a broker of your own with --broker amqp://user:password@host:5672/vhost."
        )
    return folder
