"""Settings of a process: environment names, their meaning, and clear refusals.

A wrong setting raises :class:`SettingsError` with a sentence that names it; nothing starts with
a setting that would fail later.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
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
# What may stand in a file named by <NAME>_FILE instead, as container secrets do (S18).
SECRETS = ("AMQP_URI", "DATABASE_URL", "AYMAK_SECRET", "AYMAK_SECRET_PREVIOUS", "AYMAK_SMTP_URL")
NOBODY = "Aymak <aymak@localhost.localdomain>"
ADDRESS = re.compile(r"[^@\s<>,]+@[^@\s<>,]+\.[^@\s<>,]+")


class SettingsError(ValueError):
    """A setting that is missing or wrong; the text names it and says what is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a process is told; see ``KNOWN`` for the meaning of each."""

    amqp_uri: str
    database_url: str
    state: Path
    secret: str
    mail_dir: Path
    previous_secret: str | None = None
    bind: str = "127.0.0.1:8000"
    public_url: str = "http://127.0.0.1:8000"
    smtp_url: str | None = None
    mail_from: str = NOBODY
    mail_reply_to: str | None = None
    staff_mail: tuple[str, ...] = ()
    report_to: tuple[str, ...] = ()
    report_languages: tuple[str, ...] = ("ru",)
    portal_source: str | None = None
    calendar: Path | None = None
    clock_file: Path | None = None
    log_level: str = "INFO"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read the settings from ``env``; raises :class:`SettingsError` naming the wrong one."""
        env = with_files(env)
        state = Path(_required(env, "AYMAK_STATE"))
        staff = _addresses(env, "AYMAK_STAFF_MAIL")
        clock_file = _clock_file(env)
        return cls(
            amqp_uri=_url(env, "AMQP_URI", ("amqp", "amqps")) or _required(env, "AMQP_URI"),
            database_url=_url(env, "DATABASE_URL", ("postgresql", "postgres"))
            or _required(env, "DATABASE_URL"),
            state=state,
            secret=_secret(env, "AYMAK_SECRET"),
            previous_secret=_secret(env, "AYMAK_SECRET_PREVIOUS")
            if env.get("AYMAK_SECRET_PREVIOUS")
            else None,
            mail_dir=Path(env.get("AYMAK_MAIL_DIR") or state / "mail"),
            bind=_bind(env),
            public_url=(
                _url(env, "AYMAK_PUBLIC_URL", ("http", "https")) or f"http://{_bind(env)}"
            ).rstrip("/"),
            smtp_url=_smtp_url(env),
            mail_from=_mailbox(env, "AYMAK_MAIL_FROM") or NOBODY,
            mail_reply_to=_mailbox(env, "AYMAK_MAIL_REPLY_TO"),
            staff_mail=staff,
            report_to=_addresses(env, "AYMAK_REPORT_TO") or staff,
            report_languages=_languages(env),
            portal_source=_portal_source(env),
            calendar=_calendar(env),
            clock_file=clock_file,
            log_level=_log_level(env),
        )


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return this process's own settings, read from its environment once."""
    return Settings.from_env(os.environ)


def with_files(env: Mapping[str, str]) -> dict[str, str]:
    """Return ``env`` with the secrets that stand in files; a file wins over a plain value.

    Raises :class:`SettingsError` naming the setting whose file cannot be read.
    """
    found = dict(env)
    for name in SECRETS:
        if path := env.get(f"{name}_FILE", "").strip():
            try:
                found[name] = Path(path).read_text("utf-8").strip()
            except UnicodeError as problem:
                raise SettingsError(f"{name}_FILE names “{path}”: it is not text.") from problem
            except OSError as problem:
                reason = problem.strerror
                raise SettingsError(f"{name}_FILE names “{path}”: {reason}.") from problem
    return found


def _required(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set. It is {KNOWN[name]}.")
    return value


def _url(env: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str | None:
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


def _smtp_url(env: Mapping[str, str]) -> str | None:
    value = _url(env, "AYMAK_SMTP_URL", ("smtp", "smtps"))
    if value:
        try:
            SmtpServer.from_url(value)
        except ValueError as problem:
            raise SettingsError(f"AYMAK_SMTP_URL: {problem}") from problem
    return value


def _bind(env: Mapping[str, str]) -> str:
    value = env.get("AYMAK_BIND", "").strip() or "127.0.0.1:8000"
    match = re.fullmatch(r"[\w.\-]+:([0-9]{1,5})", value)
    if match is None or not 0 < int(match[1]) < 65_536:
        raise SettingsError("AYMAK_BIND must be host:port, for example 127.0.0.1:8000.")
    return value


def _secret(env: Mapping[str, str], name: str) -> str:
    value = _required(env, name)
    if len(value) < 32 or len(set(value)) < 8:
        raise SettingsError(f"{name} is too short or too simple: give at least 32 characters.")
    return value


def _addresses(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    parts = [part.strip() for part in env.get(name, "").split(",") if part.strip()]
    for part in parts:
        if not ADDRESS.fullmatch(part) or not _is_mailbox(part):
            raise SettingsError(f"{name} holds “{part}”, which is not an e-mail address.")
    return tuple(parts)


def _mailbox(env: Mapping[str, str], name: str) -> str | None:
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


def _languages(env: Mapping[str, str]) -> tuple[str, ...]:
    parts = [part.strip() for part in env.get("AYMAK_REPORT_LANGUAGES", "ru").split(",")]
    for part in parts:
        if part not in ("ru", "ky", "en"):
            raise SettingsError(f"AYMAK_REPORT_LANGUAGES holds “{part}”: choose from ru, ky, en.")
    return tuple(dict.fromkeys(parts))


def _portal_source(env: Mapping[str, str]) -> str | None:
    value = env.get("AYMAK_PORTAL_SOURCE", "").strip()
    if value and not urlsplit(value).scheme:
        raise SettingsError("AYMAK_PORTAL_SOURCE must be an absolute URI, https://portal.example.")
    return value or None


def _existing_file(env: Mapping[str, str], name: str) -> Path | None:
    value = env.get(name, "").strip()
    if value and not Path(value).is_file():
        raise SettingsError(f"{name} names “{value}”, which is not a file.")
    return Path(value) if value else None


def _calendar(env: Mapping[str, str]) -> Path | None:
    path = _existing_file(env, "AYMAK_CALENDAR")
    if path:
        try:
            read_local_days(str(path))
        except ValueError as problem:
            raise SettingsError(f"AYMAK_CALENDAR: {problem}") from problem
    return path


def _clock_file(env: Mapping[str, str]) -> Path | None:
    path = _existing_file(env, "AYMAK_CLOCK_FILE")
    if path:
        try:
            read_clock(path)
        except ValueError as problem:
            raise SettingsError(
                f"AYMAK_CLOCK_FILE holds no RFC 3339 instant: {problem}."
            ) from problem
    return path


def _log_level(env: Mapping[str, str]) -> str:
    value = env.get("AYMAK_LOG_LEVEL", "").strip().upper() or "INFO"
    if value not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise SettingsError("AYMAK_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR.")
    return value
