"""The doctor looks at the settings, the mail relay and the running product."""

import smtplib
import ssl
from collections.abc import Iterator
from email.utils import parseaddr
from urllib.parse import urlsplit

import amqp

from chassis.settings import Settings, SettingsError
from chassis.smtp import SmtpServer
from contracts.catalogue import SERVICES
from launch import detach, health
from launch.doctor.findings import Finding, advice, good, wrong
from launch.state import State
from launch.supervisor import readiness

SECONDS = 10
LOCAL = ("localhost", "127.0.0.1", "::1")
SHORTEST_PASSWORD = 12


def settings(environment: dict[str, str]) -> Iterator[Finding]:
    """Let the chassis read the settings, then look for what works and could be better."""
    try:
        told = Settings.from_env(environment)
    except SettingsError as error:
        yield wrong("settings", str(error), "see docs/settings.md")
        return
    found = [*_weak(told), *_open(told), *_silent(told)]
    yield from found
    if not found:
        yield good("settings", "all settings are right")


def _weak(told: Settings) -> Iterator[Finding]:
    for name, address in (("AMQP_URI", told.amqp_uri), ("DATABASE_URL", told.database_url)):
        parts = urlsplit(address)
        if parts.username in (None, "guest", "postgres"):
            text = f"{name} signs in as {parts.username or 'nobody'}: give the product its own user"
            yield wrong("secrets", f"{text} (S19).", "./aymak secrets --to secrets")
        elif len(parts.password or "") < SHORTEST_PASSWORD:
            text = f"The password in {name} is shorter than {SHORTEST_PASSWORD} characters."
            yield wrong("secrets", text, "openssl rand -base64 24")


def _open(told: Settings) -> Iterator[Finding]:
    if told.portal_source is None:
        text = "AYMAK_PORTAL_SOURCE is not set: a portal key may name any source. Narrow it."
        yield advice("portal", text, "AYMAK_PORTAL_SOURCE=https://portal.example.org")
    public = urlsplit(told.public_url)
    if public.scheme == "http" and public.hostname not in LOCAL:
        text = f"{told.public_url} is plain http: sign-in cookies cannot be secure there (S4)."
        yield wrong("public address", text, "put a proxy with TLS before the gateway")


def _silent(told: Settings) -> Iterator[Finding]:
    if not told.smtp_url:
        text = f"No AYMAK_SMTP_URL: mails stay files in {told.mail_dir}."
        yield advice("mail", text, "AYMAK_SMTP_URL=smtp://user:password@host:587")
    if not told.staff_mail:
        yield advice("mail", "Nobody gets alerts.", "AYMAK_STAFF_MAIL=administrator@example.org")
    if not told.report_to:
        yield advice("mail", "Nobody gets the reports.", "AYMAK_REPORT_TO=head@example.org")


def relay(told: Settings) -> Iterator[Finding]:
    """Ask the mail relay whether it would take mail from us; sends none."""
    if not told.smtp_url:
        return
    server = SmtpServer.from_url(told.smtp_url)
    where = f"{server.host}:{server.port}"
    sender = parseaddr(told.mail_from)[1]
    try:
        with _connected(server) as smtp:
            code, words = smtp.mail(sender)
            smtp.rset()
    except (OSError, smtplib.SMTPException) as problem:
        text = f"The mail relay {where} does not let us in: {problem}."
        yield wrong("mail", text, "see AYMAK_SMTP_URL in docs/settings.md")
        return
    if code == 250:
        yield good("mail", f"{where} takes mail from {sender}")
    else:
        text = f"The mail relay {where} refuses the sender {sender}: {code} {words.decode()}."
        yield wrong("mail", text, "see AYMAK_MAIL_FROM in docs/settings.md")


def _connected(server: SmtpServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    smtp = (
        smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=context)
        if server.tls
        else smtplib.SMTP(server.host, server.port, timeout=SECONDS)
    )
    smtp.ehlo()
    if server.starttls == "require" or (server.starttls == "auto" and smtp.has_extn("starttls")):
        smtp.starttls(context=context)
        smtp.ehlo()
    if server.user:
        smtp.login(server.user, server.password)
    return smtp


def running(state: State, told: Settings) -> Iterator[Finding]:
    """Ask the gateway whether all is ready, and the broker who consumes."""
    word = detach.last_word(state)
    port = told.bind.rpartition(":")[2]
    url = (word or {}).get("url") or f"http://127.0.0.1:{port}"
    answer = readiness(url)
    if answer is None:
        text = f"The gateway does not answer at {url}."
        yield (
            wrong("gateway", text, "./aymak logs gateway")
            if word
            else advice(
                "gateway", f"{text} Nothing runs from {state.folder}.", "./aymak up --detach"
            )
        )
        return
    if answer.ok:
        yield good("gateway", f"ready at {url}")
    else:
        yield wrong("gateway", f"Not ready: {answer.text.strip()[:500]}", "./aymak status")
    yield from _consumers(told)


def _consumers(told: Settings) -> Iterator[Finding]:
    idle = []
    for service in SERVICES:
        try:
            complaint = health.complaint(service, told)
        except amqp.AMQPError as problem:
            complaint = f"{service}: {problem}"
        idle += [complaint] if complaint else []
    for complaint in idle:
        service = complaint.partition(":")[0]
        yield wrong("consumers", f"{complaint}.", f"./aymak logs {service}")
    if not idle:
        yield good("consumers", "every service consumes all of its queues")
