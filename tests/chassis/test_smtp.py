"""The SMTP mailer against a real server on a loopback port that answers as it is told."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session

from chassis.mail import MailRefused
from chassis.smtp import MAILS_PER_CONNECTION, SmtpMailer, SmtpServer

RAW = b"Subject: x\r\n\r\n.dot\r\n"
SENDER, READER = "portal@aymak.example", "aigul@example.kg"


@dataclass
class Relay:
    """Answers ``answers[verb]`` once each, else says yes; keeps what it took."""

    answers: dict[str, list[str]] = field(default_factory=dict)
    taken: list[Envelope] = field(default_factory=list)
    sessions: set[tuple[str, int]] = field(default_factory=set)

    def answer(self, verb: str) -> str:
        waiting = self.answers.get(verb, [])
        return waiting.pop(0) if waiting else ""

    async def handle_MAIL(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        self.sessions.add(session.peer)
        if said := self.answer("MAIL"):
            return said
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if said := self.answer("RCPT"):
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        said = self.answer("DATA")
        if said == "drop":
            self.taken.append(envelope)
            server.transport.abort()
        elif not said:
            self.taken.append(envelope)
        return said or "250 OK"


@pytest.fixture
def relay() -> Relay:
    """A relay that says yes until told otherwise."""
    return Relay()


@pytest.fixture
def port(relay: Relay) -> Iterator[int]:
    """The relay's port, without TLS."""
    yield from serve(relay)


def serve(relay: Relay, **options: Any) -> Iterator[int]:
    """Serve on a free loopback port until the test is over."""
    controller = Controller(relay, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    yield controller.port
    controller.stop()


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def mailer(port: int) -> Iterator[SmtpMailer]:
    """The mailer, told of the relay."""
    mailer = SmtpMailer(f"smtp://127.0.0.1:{port}", timeout=5)
    yield mailer
    mailer.close()


def refusal(mailer: SmtpMailer) -> tuple[bool, int, str]:
    """How the next mail is refused."""
    with pytest.raises(MailRefused) as refused:
        mailer.send(RAW, SENDER, READER)
    return refused.value.permanent, refused.value.code, refused.value.scope


def test_it_hands_the_bytes_over(mailer: SmtpMailer, relay: Relay) -> None:
    mailer.send(RAW, SENDER, READER)
    (envelope,) = relay.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == (SENDER, [READER])
    assert envelope.content == RAW


def test_it_keeps_the_connection_open(mailer: SmtpMailer, relay: Relay) -> None:
    for _ in range(3):
        mailer.send(RAW, SENDER, READER)
    assert len(relay.taken) == 3 and len(relay.sessions) == 1


def test_it_takes_a_new_connection_after_a_hundred(mailer: SmtpMailer, relay: Relay) -> None:
    for _ in range(MAILS_PER_CONNECTION + 1):
        mailer.send(RAW, SENDER, READER)
    assert len(relay.sessions) == 2


@pytest.mark.parametrize(
    ("verb", "answer", "expected"),
    [
        ("MAIL", "451 try later", (False, 451, "session")),
        ("MAIL", "550 you may not send", (True, 550, "session")),
        ("RCPT", "450 greylisted", (False, 450, "recipient")),
        ("RCPT", "550 no such user", (True, 550, "recipient")),
        ("RCPT", "421 too many of you", (False, 421, "session")),
        ("DATA", "452 disk full", (False, 452, "message")),
        ("DATA", "552 too large", (True, 552, "message")),
        ("DATA", "421 going down", (False, 421, "session")),
        ("DATA", "drop", (False, 0, "session")),
    ],
)
def test_it_sorts_refusals(
    mailer: SmtpMailer, relay: Relay, verb: str, answer: str, expected: tuple[bool, int, str]
) -> None:
    relay.answers[verb] = [answer]
    assert refusal(mailer) == expected


def test_it_goes_on_after_a_refused_recipient(mailer: SmtpMailer, relay: Relay) -> None:
    relay.answers["RCPT"] = ["550 no such user"]
    refusal(mailer)
    mailer.send(RAW, SENDER, READER)
    assert len(relay.taken) == 1 and len(relay.sessions) == 1


def test_it_reconnects_after_a_lost_session(mailer: SmtpMailer, relay: Relay) -> None:
    relay.answers["DATA"] = ["drop"]
    refusal(mailer)
    mailer.send(RAW, SENDER, READER)
    assert len(relay.sessions) == 2


def test_it_notices_that_an_idle_connection_died(
    mailer: SmtpMailer, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailer.send(RAW, SENDER, READER)
    monkeypatch.setattr("chassis.smtp.FRESH", -1.0)
    assert mailer._idle[0].smtp.sock is not None
    mailer._idle[0].smtp.sock.close()
    mailer.send(RAW, SENDER, READER)
    assert len(relay.taken) == 2


def test_it_defers_when_nobody_listens() -> None:
    mailer = SmtpMailer(f"smtp://127.0.0.1:{free_port()}", timeout=2)
    assert refusal(mailer) == (False, 0, "session")


def test_it_defers_when_the_server_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mailer = SmtpMailer(f"smtp://127.0.0.1:{silent.getsockname()[1]}", timeout=0.3)
        assert refusal(mailer) == (False, 0, "session")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS contexts of a server and of a client that trusts it."""
    if which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    make_certificate(key, cert)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)
    return server, ssl.create_default_context(cafile=str(cert))


def make_certificate(key: Path, cert: Path) -> None:
    """A certificate for 127.0.0.1 that is good for a day."""
    wanted = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(cert)]
    subprocess.run(["openssl", *wanted, *names, *files], check=True, capture_output=True)


class Guard:
    """Lets in user "aymak" with "geheim%"."""

    def __call__(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
        good = (data.login, data.password) == (b"aymak", b"geheim%")
        return AuthResult(success=good, handled=False)


@pytest.fixture
def guarded(relay: Relay, certificate: tuple[ssl.SSLContext, ssl.SSLContext]) -> Iterator[int]:
    """The relay behind STARTTLS and a password."""
    yield from serve(
        relay,
        tls_context=certificate[0],
        authenticator=Guard(),
        auth_required=True,
        require_starttls=True,
    )


def test_it_signs_in_behind_tls(
    guarded: int, relay: Relay, certificate: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    url = f"smtp://aymak:geheim%25@127.0.0.1:{guarded}"
    mailer = SmtpMailer(url, timeout=5, tls_context=certificate[1])
    mailer.send(RAW, SENDER, READER)
    mailer.close()
    assert len(relay.taken) == 1


def test_it_stops_everything_on_a_wrong_password(
    guarded: int, certificate: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    url = f"smtp://aymak:wrong@127.0.0.1:{guarded}"
    assert refusal(SmtpMailer(url, timeout=5, tls_context=certificate[1])) == (True, 535, "session")


def test_it_defers_when_the_certificate_is_not_trusted(guarded: int) -> None:
    assert refusal(SmtpMailer(f"smtp://a:b@127.0.0.1:{guarded}", timeout=5)) == (
        False,
        0,
        "session",
    )


def test_it_never_tells_a_password_without_tls(port: int, relay: Relay) -> None:
    assert refusal(SmtpMailer(f"smtp://a:b@127.0.0.1:{port}", timeout=5)) == (True, 0, "session")


@pytest.mark.parametrize(
    "url",
    ["http://relay", "smtp://", "smtp://h?starttls=maybe", "smtp://h?tls=1", "relay.example:25"],
)
def test_it_refuses_a_wrong_address(url: str) -> None:
    with pytest.raises(ValueError):
        SmtpServer.from_url(url)


def test_it_reads_the_address() -> None:
    server = SmtpServer.from_url("smtps://a%40b:p%3Aw@relay.example")
    assert (server.host, server.port, server.tls) == ("relay.example", 465, True)
    assert (server.user, server.password, server.starttls) == ("a@b", "p:w", "require")
