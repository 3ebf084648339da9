"""Loopback ports of the private servers: chosen once, kept in the state folder.

They are taken from below the kernel's range for outgoing connections. Inside that range a client
that keeps trying to reach a stopped server may be given the server's own port as its source port:
it then talks to itself, and the server cannot come back.
"""

import contextlib
import json
import random
import socket
from pathlib import Path

from launch.errors import LaunchError
from launch.files import write_private

LOOPBACK = "127.0.0.1"
LOWEST = 15_000
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Tell whether a server could listen on this port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def kept_ports(path: Path, names: tuple[str, ...]) -> dict[str, int]:
    """Return the ports that this file keeps, one for each name.

    Ports that are missing, or that a foreign process has taken meanwhile, are chosen anew.
    """
    known: dict[str, int] = {}
    with contextlib.suppress(OSError, ValueError):
        known = json.loads(path.read_text("utf-8"))
    ports: dict[str, int] = {}
    for name in names:
        port = known.get(name)
        taken = set(ports.values())
        ports[name] = port if port and is_free(port) else _choose(taken)
    if ports != known:
        write_private(path, json.dumps(ports))
    return ports


def _choose(taken: set[int]) -> int:
    highest = _first_ephemeral() - 1
    for _ in range(1000):
        port = random.SystemRandom().randint(LOWEST, highest)
        if port not in taken and is_free(port):
            return port
    raise LaunchError(f"No free loopback port was found between {LOWEST} and {highest}.")


def _first_ephemeral() -> int:
    try:
        first = int(EPHEMERAL.read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        first = 32_768
    # A machine set up to give out nearly every port leaves no room below: use the usual bound.
    return first if first > LOWEST + 1000 else 32_768
