"""The doctor names each fault that is really made, with the command that mends it."""

import json
import smtplib
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import amqp
import pytest
import time_machine
from aiosmtpd.controller import Controller
from kombu import Connection
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from chassis import topology
from chassis.settings import Settings
from launch import addresses, cli, doctor
from launch.doctor import machine, product, servers
from launch.doctor.findings import ADVICE, OK, WRONG, Finding
from launch.ports import LOOPBACK
from launch.state import State
from tests.conftest import NUMBERS, execute

GOOD = {
    "AMQP_URI": "amqp://aymak:a-password-of-length@127.0.0.1:1/aymak",
    "DATABASE_URL": "postgresql://aymak:a-password-of-length@127.0.0.1:1/aymak",
    "AYMAK_STATE": "/tmp/state",
    "AYMAK_SECRET": "0123456789abcdefghijABCDEFGHIJ+-",
    "AYMAK_PORTAL_SOURCE": "https://portal.example",
    "AYMAK_SMTP_URL": "smtp://127.0.0.1:1",
    "AYMAK_STAFF_MAIL": "staff@example.org",
}


def by_state(findings: Any, state: str) -> list[Finding]:
    """Return the findings of a state."""
    return [finding for finding in findings if finding.state == state]


def complaint(findings: Any) -> Finding:
    """Return the one thing that is wrong; it names what mends it."""
    (found,) = by_state(findings, WRONG)
    assert found.mend
    return found


# --- machine -----------------------------------------------------------------------------------


def test_it_finds_this_machines_libraries_and_documents_well():
    assert by_state([*machine.python(), *machine.documents()], WRONG) == []


def test_it_names_libraries_of_other_versions(monkeypatch, tmp_path):
    lock = tmp_path / "requirements.lock"
    lock.write_text("kombu==1.0 \\\n    --hash=sha256:0\nno-such-library==1.0\n")
    monkeypatch.setattr(machine, "LOCK", lock)
    text = complaint(machine.python()).text
    assert "kombu" in text and "in place of 1.0" in text and "no-such-library is missing" in text


def test_it_names_programs_that_are_missing(monkeypatch, state):
    monkeypatch.setattr(machine.rabbitmq, "binaries", lambda: None)
    monkeypatch.setattr(machine.postgres, "binaries", lambda: None)
    found = list(machine.programs(addresses.find(state)))
    assert [item.mend for item in by_state(found, WRONG)] == [
        "apt-get install rabbitmq-server",
        "apt-get install postgresql",
    ]
    monkeypatch.setenv("AMQP_URI", GOOD["AMQP_URI"])
    monkeypatch.setenv("DATABASE_URL", GOOD["DATABASE_URL"])
    assert list(machine.programs(addresses.find(state))) == []


def test_it_says_that_documents_cannot_be_rendered(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "typst", None)
    assert complaint(machine.documents()).part == "documents"


def test_it_warns_of_a_full_disk(monkeypatch, state):
    monkeypatch.setattr(machine, "LEAST_BYTES", 10**18)
    assert "du -xsh" in str(complaint(machine.disk(state)).mend)


def test_it_names_secrets_that_others_can_read(state):
    (state.folder / "secret").write_text("x")
    (state.folder / "secret").chmod(0o644)
    assert complaint(machine.rights(state)).mend == f"chmod 600 {state.folder / 'secret'}"


def test_it_says_that_the_port_is_somebody_elses(monkeypatch, state, port):
    monkeypatch.setenv("AYMAK_BIND", f"{LOOPBACK}:{port}")
    assert list(machine.port(state, addresses.find(state))) == []
    with socket.create_server((LOOPBACK, port)):
        found = complaint(machine.port(state, addresses.find(state)))
    assert found.mend == f"./aymak up --port {port + 1}"


# --- settings and mail -------------------------------------------------------------------------


def test_it_is_content_with_good_settings():
    assert [finding.state for finding in product.settings(GOOD)] == [OK]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("AYMAK_SECRET", "changeme", "too short"),
        ("AMQP_URI", "amqp://guest:guest@127.0.0.1/", "guest"),
        ("DATABASE_URL", "postgresql://postgres:a-password-of-length@h/aymak", "postgres"),
        ("DATABASE_URL", "postgresql://aymak:short@h/aymak", "shorter than 12"),
        ("AYMAK_PUBLIC_URL", "http://aymak.example.org", "cannot be secure"),
        ("AYMAK_CALENDAR", "/no/such/file", "AYMAK_CALENDAR"),
    ],
)
def test_it_names_a_wrong_setting(name, value, words):
    assert words in complaint(product.settings({**GOOD, name: value})).text


@pytest.mark.parametrize(
    "name", ["AYMAK_PORTAL_SOURCE", "AYMAK_SMTP_URL", "AYMAK_STAFF_MAIL"], ids=str.lower
)
def test_it_advises_to_set_what_works_without(name):
    found = list(product.settings({key: value for key, value in GOOD.items() if key != name}))
    assert by_state(found, WRONG) == []
    assert any(name in (item.mend or "") for item in by_state(found, ADVICE))


class Strict:
    """A relay that takes mail from one sender only."""

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, *given: Any) -> str:
        """Refuse all senders but one."""
        address = given[0]
        envelope.mail_from = address
        return "250 OK" if address == "good@example.org" else "550 who are you?"


@pytest.fixture
def smtp(port: int) -> Iterator[str]:
    """The address of a strict relay."""
    controller = Controller(Strict(), hostname=LOOPBACK, port=port)
    controller.start()
    yield f"smtp://{LOOPBACK}:{port}"
    controller.stop()


def test_it_asks_the_relay_whether_it_takes_our_sender(smtp):
    told = {**GOOD, "AYMAK_SMTP_URL": smtp, "AYMAK_MAIL_FROM": "A <good@example.org>"}
    assert [item.state for item in product.relay(Settings.from_env(told))] == [OK]
    told["AYMAK_MAIL_FROM"] = "bad@example.org"
    assert "550 who are you?" in complaint(product.relay(Settings.from_env(told))).text


def test_it_says_that_the_relay_is_away(port):
    told = Settings.from_env({**GOOD, "AYMAK_SMTP_URL": f"smtp://{LOOPBACK}:{port}"})
    assert f"{LOOPBACK}:{port}" in complaint(product.relay(told)).text
    with pytest.raises((OSError, smtplib.SMTPException)):
        smtplib.SMTP(LOOPBACK, port)


# --- servers -----------------------------------------------------------------------------------


def test_it_says_that_no_broker_answers(port):
    assert "No broker answers" in complaint(servers.broker(f"amqp://a:b@{LOOPBACK}:{port}/v")).text


@pytest.mark.broker
def test_it_names_a_wrong_password_of_the_broker(rabbit):
    wrong = f"amqp://aymak:wrong@{LOOPBACK}:{rabbit.port}/aymak"
    assert "refused the user name or the password" in complaint(servers.broker(wrong)).text


@pytest.fixture
def vhost(rabbit: Any) -> Iterator[str]:
    """The address of an empty virtual host of the test's own."""
    name = f"doctor{next(NUMBERS)}"
    rabbit.ctl("add_vhost", name)
    rabbit.ctl("set_permissions", "-p", name, "aymak", ".*", ".*", ".*")
    yield f"{rabbit.uri.rpartition('/')[0]}/{name}"
    rabbit.ctl("delete_vhost", name)


@pytest.mark.broker
def test_it_sees_the_topology_missing_then_whole_then_spoilt(vhost):
    assert "queues are missing" in complaint(servers.broker(vhost)).text
    with Connection(vhost) as connection:
        topology.declare(connection)
        assert by_state(servers.broker(vhost), WRONG) == []
        name = topology.dead_queue("clients").name
        channel = connection.channel()
        channel.queue_delete(name)
        channel.queue_declare(name, durable=True, auto_delete=False)
    found = complaint(servers.broker(vhost))
    assert "other arguments" in found.text and name in str(found.mend)


@pytest.mark.broker
def test_it_needs_no_right_to_declare(rabbit, vhost):
    with Connection(vhost) as connection:
        topology.declare(connection)
    rabbit.ctl("add_user", "reader", "a-password-of-length")
    try:
        rabbit.ctl("set_permissions", "-p", vhost.rpartition("/")[2], "reader", "", "", "")
        own = vhost.replace(rabbit.uri.split("@")[0], "amqp://reader:a-password-of-length")
        assert by_state(servers.broker(own), WRONG) == []
        with Connection(own) as connection, pytest.raises(amqp.AccessRefused):
            connection.channel().queue_declare("x")
    finally:
        rabbit.ctl("delete_user", "reader")


@pytest.fixture
def aymak_url(new_database: Any, postgres: Any) -> Iterator[str]:
    """The DATABASE_URL whose five databases exist, migrated."""
    prefix = f"doctor_{next(NUMBERS)}"
    for service in servers.SERVICES:
        made = new_database(service)
        made.close()
        name = make_url(made.url).database
        execute(postgres.url, f'CREATE DATABASE "{prefix}_{service}" TEMPLATE "{name}"')
    yield make_url(postgres.url).set(database=prefix).render_as_string(hide_password=False)
    for service in servers.SERVICES:
        execute(postgres.url, f'DROP DATABASE "{prefix}_{service}" WITH (FORCE)')


@pytest.mark.broker
def test_it_finds_databases_at_head_well(aymak_url):
    assert by_state(servers.databases(aymak_url), WRONG) == []


@pytest.mark.broker
def test_it_names_the_database_that_is_missing(postgres, aymak_url):
    execute(postgres.url, f'ALTER DATABASE "{make_url(aymak_url).database}_feedback" RENAME TO x')
    try:
        found = complaint(servers.databases(aymak_url))
    finally:
        name = f"{make_url(aymak_url).database}_feedback"
        execute(postgres.url, f'ALTER DATABASE x RENAME TO "{name}"')
    assert "feedback" in found.text and found.mend == "./aymak migrate"


@pytest.mark.broker
@pytest.mark.parametrize(
    ("statement", "part", "words"),
    [
        ("UPDATE alembic_version SET version_num = 'old'", "schema", "clients"),
        (
            "INSERT INTO inbox (source, event_id, listener, type, fingerprint, outcome)"
            " VALUES ('s', '1', 'l', 't', 'f', 'dead')",
            "dead letters",
            "1 facts",
        ),
        (
            "INSERT INTO inbox (source, event_id, listener, type, fingerprint, outcome)"
            " VALUES ('s', '1', 'l', 't', 'f', 'failed')",
            "retries",
            "fail in clients",
        ),
        (
            "INSERT INTO outbox (event_id, type, wire, created_at)"
            " VALUES ('1', 't', '{}', now() - interval '5 min')",
            "outbox",
            "waited for the broker",
        ),
    ],
)
def test_it_sees_what_ails_a_database(aymak_url, statement, part, words):
    execute(servers._url_of(aymak_url, "clients"), statement)
    found = complaint(servers.databases(aymak_url))
    assert found.part == part and words in found.text


@pytest.mark.broker
def test_it_compares_the_clocks(aymak_url):
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2), tick=True):
        found = complaint(servers.databases(aymak_url))
    assert "differ by 7" in found.text and found.part == "clock"


# --- the whole ---------------------------------------------------------------------------------


def test_it_prints_json_and_leaves_with_one_when_something_is_wrong(tmp_path: Path, monkeypatch):
    state = State(tmp_path / "state")
    arguments = ["doctor", "--json", "--state", str(state.folder)]
    monkeypatch.setenv("AMQP_URI", GOOD["AMQP_URI"])
    done = CliRunner().invoke(cli.app, arguments)
    found = [Finding(**item) for item in json.loads(done.stdout)]
    assert "No broker answers" in complaint(found).text
    assert done.exit_code == 1
    assert not state.folder.exists()


def test_it_turns_a_check_that_breaks_into_a_finding(monkeypatch, state):
    def broken() -> Iterator[Finding]:
        raise RuntimeError("no")
        yield

    monkeypatch.setattr(machine, "documents", broken)
    assert any("RuntimeError" in item.text for item in doctor.examine(state))
