"""Ports of the private servers: kept, free, and out of the way of outgoing connections."""

import json
import socket
from pathlib import Path

from launch import ports

NAMES = ("amqp", "dist")


def test_it_keeps_the_ports_over_starts(tmp_path: Path) -> None:
    first = ports.kept_ports(tmp_path / "ports.json", NAMES)
    assert ports.kept_ports(tmp_path / "ports.json", NAMES) == first
    assert len(set(first.values())) == len(NAMES)


def test_it_chooses_below_the_range_of_outgoing_connections(tmp_path: Path) -> None:
    first_outgoing = int(ports.EPHEMERAL.read_text().split()[0])
    chosen = ports.kept_ports(tmp_path / "ports.json", NAMES)
    assert all(ports.LOWEST <= port < max(first_outgoing, 32_768) for port in chosen.values())


def test_it_chooses_anew_when_somebody_took_a_kept_port(tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    first = ports.kept_ports(path, NAMES)
    with socket.create_server((ports.LOOPBACK, first["amqp"])):
        second = ports.kept_ports(path, NAMES)
    assert second["amqp"] != first["amqp"]
    assert second["dist"] == first["dist"]
    assert json.loads(path.read_text()) == second


def test_it_sees_a_port_in_use(port: int) -> None:
    assert ports.is_free(port)
    with socket.create_server((ports.LOOPBACK, port)):
        assert not ports.is_free(port)


def test_it_gets_over_a_broken_file_of_ports(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text("{")
    assert set(ports.kept_ports(tmp_path / "ports.json", NAMES)) == set(NAMES)
