"""The settings that the five processes are started with.

They come from the environment, else from `aymak.env` in the state folder, else from the launcher
itself; `chassis.settings` has the last word on whether they are right, before anything
is started.
"""

import difflib
import os
import re
from collections.abc import Mapping

from chassis.settings import KNOWN, SECRETS, Settings, SettingsError
from launch.errors import LaunchError
from launch.files import kept_secret
from launch.state import ROOT, State

LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
SECRET_BYTES = 48
# Somebody has to get the demo's reports and alerts; .example.org reaches nobody (RFC 2606).
DEMO_READERS = {
    "AYMAK_STAFF_MAIL": "administrator@portal.example.org",
    "AYMAK_REPORT_TO": "head@academy.example.org",
}


def read_file(state: State) -> dict[str, str]:
    """Read the KEY=VALUE lines of aymak.env; empty lines and lines with # are skipped.

    Raises LaunchError naming the line or the name that is wrong, with the nearest known name.
    """
    values: dict[str, str] = {}
    try:
        lines = state.settings.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise LaunchError(f"{state.settings} cannot be read: {error}.") from error
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = LINE.fullmatch(line.strip())
        if found is None:
            raise LaunchError(f"{state.settings}, line {number}: expected NAME=value, not: {line}")
        _refuse_unknown(found[1], f"{state.settings}, line {number}")
        values[found[1]] = _unquoted(found[2])
    return values


def wanted(state: State, outside: Mapping[str, str]) -> dict[str, str]:
    """Merge aymak.env under the environment, which wins; an empty value counts as not set.

    Raises LaunchError for an AYMAK_* name that does not exist, wherever it was set.
    """
    for name in outside:
        if name.startswith("AYMAK_"):
            _refuse_unknown(name, "the environment")
    return read_file(state) | {name: value for name, value in outside.items() if value}


def complete(state: State, values: Mapping[str, str], *, bind: str, url: str) -> dict[str, str]:
    """Return the whole environment of a process: what the caller set stays, the rest is filled in.

    `bind` is the gateway's host:port, `url` the address it is reached at from this machine.
    """
    own = {
        "AYMAK_PUBLIC_URL": url,
        "AYMAK_SECRET": kept_secret(state.folder / "secret", length=SECRET_BYTES),
        "AYMAK_MAIL_DIR": str(state.mail),
    }
    forced = {
        "AYMAK_STATE": str(state.folder),
        "AYMAK_BIND": bind,
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
    }
    if state.is_demo:
        own |= DEMO_READERS
        forced["AYMAK_CLOCK_FILE"] = str(state.clock)
    # A clock file named from outside would turn a real client base into a demo.
    kept = {name: value for name, value in values.items() if name != "AYMAK_CLOCK_FILE"}
    return own | kept | forced


def check(environment: Mapping[str, str]) -> None:
    """Let the chassis read the settings; LaunchError with its sentence when one is wrong."""
    try:
        Settings.from_env(environment)
    except SettingsError as error:
        raise LaunchError(str(error)) from error


def current() -> dict[str, str]:
    """The environment that the launcher was called with."""
    return dict(os.environ)


def _refuse_unknown(name: str, where: str) -> None:
    is_file = name.removesuffix("_FILE") in SECRETS
    if is_file or name in KNOWN or not name.startswith("AYMAK_"):
        return
    near = difflib.get_close_matches(name, KNOWN, n=1, cutoff=0.4)
    hint = f"; did you mean {near[0]}?" if near else f". Known are: {', '.join(sorted(KNOWN))}."
    raise LaunchError(f"{where}: there is no setting {name}{hint}")


def _unquoted(value: str) -> str:
    value = value.strip()
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value
