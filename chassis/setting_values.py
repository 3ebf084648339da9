"""How the values of settings are read: by name, from any mapping, refused with a sentence.

Each reader raises :class:`SettingsError` when the value is wrong.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from chassis.calendar_kg import read_local_days
from chassis.clock import read_clock
from chassis.mail import address
from chassis.smtp import SmtpServer

KNOWN = {
    "AMQP_URI": "RabbitMQ: amqp://user:password@host:port/vhost",
    "DATABASE_URL": "PostgreSQL: postgresql://user:password@host:port/aymak; each service "
    "appends its own name to the database's (aymak_clients, ...)",
    "AYMAK_STATE": "the state folder",
    "AYMAK_BIND": "address and port of the gateway, 127.0.0.1:8000",
    "AYMAK_PUBLIC_URL": "the address under which readers reach the gateway; links in mails use it",
    "AYMAK_SECRET": "at least 32 characters; signs unsubscribe links",
    "AYMAK_SECRET_PREVIOUS": "the secret before this one; its links stay valid",
    "AYMAK_METRICS_KEY": "the bearer with which /metrics may be read; empty: administrators only",
    "AYMAK_MAIL_DIR": "folder for *.eml files while no AYMAK_SMTP_URL is set",
    "AYMAK_SMTP_URL": "smtp://user:password@host:587?starttls=auto|require|never or "
    "smtps://user:password@host:465; with a user, require is the default",
    "AYMAK_MAIL_FROM": "sender of all mail, 'Name <address>'",
    "AYMAK_MAIL_REPLY_TO": "where readers' answers go, 'Name <address>'; default: the sender",
    "AYMAK_STAFF_MAIL": "addresses that get alerts, separated by commas",
    "AYMAK_REPORT_TO": "addresses that get the reports, separated by commas; default: staff",
    "AYMAK_REPORT_LANGUAGES": "languages of the mailed report: ru, ky, en, separated by commas",
    "AYMAK_PORTAL_SOURCE": "the portal's source URI; empty: any absolute URI",
    "AYMAK_CALENDAR": "file of working days moved by decree; see docs/calendar.md",
    "AYMAK_CLOCK_FILE": "the demo clock; set by `up --demo` only",
    "AYMAK_LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR",
}
ADDRESS = re.compile(r"[^@\s<>,]+@[^@\s<>,]+\.[^@\s<>,]+")


class SettingsError(ValueError):
    """A setting that is missing or wrong; the text names it and says what is expected."""


def required(env: Mapping[str, str], name: str) -> str:
    """Return a setting that must be there."""
    value = env.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set. It is {KNOWN[name]}.")
    return value


def url(env: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str | None:
    """Return an absolute address of one of these schemes, or None where none is set."""
    value = env.get(name, "").strip()
    if not value:
        return None
    try:
        parts = urlsplit(value)
        good = parts.scheme in schemes and parts.hostname and (parts.port or 1)
    except ValueError:
        good = False
    if not good:
        raise SettingsError(
            f"{name} is not an address that begins with {' or '.join(s + '://' for s in schemes)} "
            f"and names a host. It is {KNOWN[name]}."
        )
    return value


def smtp_url(env: Mapping[str, str]) -> str | None:
    """Return the mail relay, or None."""
    value = url(env, "AYMAK_SMTP_URL", ("smtp", "smtps"))
    if value:
        try:
            SmtpServer.from_url(value)
        except ValueError as problem:
            raise SettingsError(f"AYMAK_SMTP_URL: {problem}") from problem
    return value


def bind(env: Mapping[str, str]) -> str:
    """Return the gateway's host and port."""
    value = env.get("AYMAK_BIND", "").strip() or "127.0.0.1:8000"
    match = re.fullmatch(r"[\w.\-]+:([0-9]{1,5})", value)
    if match is None or not 0 < int(match[1]) < 65_536:
        raise SettingsError("AYMAK_BIND must be host:port, for example 127.0.0.1:8000.")
    return value


def secret(env: Mapping[str, str], name: str) -> str:
    """Return a secret that nobody guesses."""
    value = required(env, name)
    if len(value) < 32 or len(set(value)) < 8:
        raise SettingsError(f"{name} is too short or too simple: give at least 32 characters.")
    return value


def addresses(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Return e-mail addresses that stand between commas."""
    parts = [part.strip() for part in env.get(name, "").split(",") if part.strip()]
    for part in parts:
        if not ADDRESS.fullmatch(part) or not _is_mailbox(part):
            raise SettingsError(f"{name} holds “{part}”, which is not an e-mail address.")
    return tuple(parts)


def mailbox(env: Mapping[str, str], name: str) -> str | None:
    """Return an address with or without a name, or None."""
    value = env.get(name, "").strip()
    if value and (not ADDRESS.search(value) or not _is_mailbox(value)):
        raise SettingsError(f"{name} must be an address or “Name <address>”.")
    return value or None


def _is_mailbox(text: str) -> bool:
    """Return whether the mailer can write to it or from it: it would refuse each mail later."""
    try:
        return bool(address(text).addr_spec) and text.isprintable()
    except ValueError:
        return False


def languages(env: Mapping[str, str]) -> tuple[str, ...]:
    """Return the languages of the mailed report, each once."""
    parts = [part.strip() for part in env.get("AYMAK_REPORT_LANGUAGES", "ru").split(",")]
    for part in parts:
        if part not in ("ru", "ky", "en"):
            raise SettingsError(f"AYMAK_REPORT_LANGUAGES holds “{part}”: choose from ru, ky, en.")
    return tuple(dict.fromkeys(parts))


def portal_source(env: Mapping[str, str]) -> str | None:
    """Return the portal's source URI, or None for any."""
    value = env.get("AYMAK_PORTAL_SOURCE", "").strip()
    if value and not urlsplit(value).scheme:
        raise SettingsError("AYMAK_PORTAL_SOURCE must be an absolute URI, https://portal.example.")
    return value or None


def _existing_file(env: Mapping[str, str], name: str) -> Path | None:
    value = env.get(name, "").strip()
    if value and not Path(value).is_file():
        raise SettingsError(f"{name} names “{value}”, which is not a file.")
    return Path(value) if value else None


def calendar(env: Mapping[str, str]) -> Path | None:
    """Return the file of days moved by decree, read once to be sure, or None."""
    path = _existing_file(env, "AYMAK_CALENDAR")
    if path:
        try:
            read_local_days(str(path))
        except ValueError as problem:
            raise SettingsError(f"AYMAK_CALENDAR: {problem}") from problem
    return path


def clock_file(env: Mapping[str, str]) -> Path | None:
    """Return the demo's clock, or None for real time."""
    path = _existing_file(env, "AYMAK_CLOCK_FILE")
    if path:
        try:
            read_clock(path)
        except ValueError as problem:
            raise SettingsError(
                f"AYMAK_CLOCK_FILE holds no RFC 3339 instant: {problem}."
            ) from problem
    return path


def log_level(env: Mapping[str, str]) -> str:
    """Return the level of the logs."""
    value = env.get("AYMAK_LOG_LEVEL", "").strip().upper() or "INFO"
    if value not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise SettingsError("AYMAK_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR.")
    return value
