"""How the values of settings are read: by name, from any mapping, refused with a sentence.

Each reader raises :class:`SettingsError` when the value is wrong.
"""

import os
import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from chassis.calendar_kg import read_local_days
from chassis.clock import read_clock
from chassis.mail import address
from chassis.setting_list import KNOWN
from chassis.smtp import SmtpServer

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
    if value and not _is_address(value, schemes):
        raise _no_address(name, "", schemes)
    return value or None


def brokers(env: Mapping[str, str]) -> str:
    """Return AMQP_URI: the address of the broker, or those of a cluster's nodes.

    They stand separated by semicolons, as kombu takes them: a connection that fails tries the
    next one. Each process begins with another one, so that they spread over the nodes.
    """
    schemes = ("amqp", "amqps")
    found = [part.strip() for part in required(env, "AMQP_URI").split(";")]
    for number, part in enumerate(found, start=1):
        if not _is_address(part, schemes):
            which = f", address {number} of {len(found)}," if found[1:] else ""
            raise _no_address("AMQP_URI", which, schemes)
    first = os.getpid() % len(found)
    return ";".join(found[first:] + found[:first])


def _is_address(value: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(value)
        return bool(parts.scheme in schemes and parts.hostname and parts.port != 0)
    except ValueError:
        return False


def _no_address(name: str, which: str, schemes: tuple[str, ...]) -> SettingsError:
    begins = " or ".join(f"{scheme}://" for scheme in schemes)
    return SettingsError(
        f"{name}{which} is not an address that begins with {begins} and names a host. "
        f"It is {KNOWN[name]}."
    )


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
    parts = _parts(env, name)
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


def _parts(env: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in env.get(name, "").split(",") if part.strip()]


def hosts(env: Mapping[str, str]) -> tuple[str, ...]:
    """Return host names, in lower case, without ports."""
    found = [part.lower() for part in _parts(env, "AYMAK_HOSTS")]
    for part in found:
        if not re.fullmatch(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?", part):
            raise SettingsError(f"AYMAK_HOSTS holds “{part}”, which is not a host name.")
    return tuple(found)


def proxies(env: Mapping[str, str]) -> tuple[str, ...]:
    """Return addresses or networks, as ``ipaddress`` reads them."""
    found = _parts(env, "AYMAK_PROXIES")
    for part in found:
        try:
            ip_network(part)
        except ValueError as problem:
            raise SettingsError(f"AYMAK_PROXIES: {problem}.") from problem
    return tuple(found)


def rate_scale(env: Mapping[str, str]) -> float:
    """Return the factor of the limits on requests; 0 lets nothing through."""
    value = env.get("AYMAK_RATE_SCALE", "").strip() or "1"
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", value):
        raise SettingsError("AYMAK_RATE_SCALE must be a number like 1, 0.5 or 10.")
    return float(value)


def log_level(env: Mapping[str, str]) -> str:
    """Return the level of the logs."""
    value = env.get("AYMAK_LOG_LEVEL", "").strip().upper() or "INFO"
    if value not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise SettingsError("AYMAK_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR.")
    return value
