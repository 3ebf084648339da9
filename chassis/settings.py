"""Settings of a process: environment names, their meaning, and clear refusals.

A wrong setting raises :class:`SettingsError` with a sentence that names it; nothing starts with
a setting that would fail later.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from chassis import setting_values as values
from chassis.setting_list import KNOWN, SECRETS
from chassis.setting_values import SettingsError

__all__ = ["KNOWN", "SECRETS", "Settings", "SettingsError", "settings", "with_files"]

NOBODY = "Aymak <aymak@localhost.localdomain>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a process is told; see ``setting_list`` for the meaning of each."""

    amqp_uri: str
    database_url: str
    state: Path
    secret: str
    mail_dir: Path
    previous_secret: str | None = None
    metrics_key: str | None = None
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
    hosts: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    rate_scale: float = 1.0

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read the settings from ``env``; raises :class:`SettingsError` naming the wrong one."""
        env = with_files(env)
        state = Path(values.required(env, "AYMAK_STATE"))
        staff = values.addresses(env, "AYMAK_STAFF_MAIL")
        clock_file = values.clock_file(env)
        return cls(
            amqp_uri=values.brokers(env),
            database_url=values.url(env, "DATABASE_URL", ("postgresql", "postgres"))
            or values.required(env, "DATABASE_URL"),
            state=state,
            secret=values.secret(env, "AYMAK_SECRET"),
            previous_secret=values.secret(env, "AYMAK_SECRET_PREVIOUS")
            if env.get("AYMAK_SECRET_PREVIOUS")
            else None,
            metrics_key=values.secret(env, "AYMAK_METRICS_KEY")
            if env.get("AYMAK_METRICS_KEY")
            else None,
            mail_dir=Path(env.get("AYMAK_MAIL_DIR") or state / "mail"),
            bind=values.bind(env),
            public_url=(
                values.url(env, "AYMAK_PUBLIC_URL", ("http", "https"))
                or f"http://{values.bind(env)}"
            ).rstrip("/"),
            smtp_url=values.smtp_url(env),
            mail_from=values.mailbox(env, "AYMAK_MAIL_FROM") or NOBODY,
            mail_reply_to=values.mailbox(env, "AYMAK_MAIL_REPLY_TO"),
            staff_mail=staff,
            report_to=values.addresses(env, "AYMAK_REPORT_TO") or staff,
            report_languages=values.languages(env),
            portal_source=values.portal_source(env),
            calendar=values.calendar(env),
            clock_file=clock_file,
            log_level=values.log_level(env),
            hosts=values.hosts(env),
            proxies=values.proxies(env),
            rate_scale=values.rate_scale(env),
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
