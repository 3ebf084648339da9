"""The doctor looks at the machine: Python, packages, programs, disk, port, state folder."""

import re
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from launch import detach, postgres, rabbitmq
from launch.addresses import Addresses
from launch.doctor.findings import Finding, advice, good, wrong
from launch.ports import is_free
from launch.state import ROOT, State
from launch.up import DEFAULT_BIND

LOCK = ROOT / "requirements.lock"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(\s*;)?", re.MULTILINE)
LEAST_BYTES, WANTED_BYTES = 500_000_000, 5_000_000_000
SECRET_FILES = ("aymak.env", "credentials.json", "secret", "rabbitmq/password")
# Letters that Russian lacks and Kyrgyz needs.
KYRGYZ = "= ң ө ү Ң Ө Ү"


def python() -> Iterator[Finding]:
    """Look at the interpreter and at the libraries of the lock file."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    if not LOCK.exists():
        yield good("python", f"Python {version}")
        return
    other = [text for text in _other_versions() if text]
    if other:
        text = f"Libraries differ from requirements.lock: {', '.join(other)}."
        yield wrong("packages", text, f"rm -rf {ROOT / '.venv'} && ./aymak help")
    else:
        yield good("python", f"Python {version}, libraries as in requirements.lock")


def _other_versions() -> Iterator[str]:
    # One name may have several pins, each with a marker for another Python.
    pins: dict[str, set[str]] = {}
    marked = set()
    for name, version, marker in PINNED.findall(LOCK.read_text("utf-8")):
        pins.setdefault(name, set()).add(version)
        marked |= {name} if marker else set()
    for name, versions in pins.items():
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            if name not in marked:
                yield f"{name} is missing"
            continue
        if found not in versions:
            yield f"{name} {found} in place of {' or '.join(sorted(versions))}"


def programs(found: Addresses) -> Iterator[Finding]:
    """Look for the servers' programs, where none of somebody else's is named."""
    if found.own_broker and rabbitmq.binaries() is None:
        text = "RabbitMQ is not installed, and AMQP_URI names no broker."
        yield wrong("rabbitmq", text, "apt-get install rabbitmq-server")
    if found.own_database and postgres.binaries() is None:
        text = "PostgreSQL is not installed, and DATABASE_URL names no server."
        yield wrong("postgresql", text, "apt-get install postgresql")


def documents() -> Iterator[Finding]:
    """Render a page with Kyrgyz letters, as the reports need."""
    try:
        import typst

        typst.compile(KYRGYZ.encode())
    except Exception as problem:
        text = f"Documents cannot be rendered: {type(problem).__name__}: {problem}."
        yield wrong("documents", text, f"rm -rf {ROOT / '.venv'} && ./aymak help")
        return
    yield good("documents", "pages can be rendered; the fonts come with typst")


def disk(state: State) -> Iterator[Finding]:
    """Look at the free space where the state lies."""
    folder = next(path for path in (state.folder, *state.folder.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB are free in {folder}"
    if free < LEAST_BYTES:
        yield wrong("disk", f"Only {text}: RabbitMQ stops taking events.", f"du -xsh {folder}/*")
    elif free < WANTED_BYTES:
        yield advice("disk", f"Only {text}.", f"du -xsh {folder}/*")
    else:
        yield good("disk", text)


def port(state: State, found: Addresses) -> Iterator[Finding]:
    """Look whether somebody else holds the gateway's port."""
    bind = found.values.get("AYMAK_BIND", DEFAULT_BIND)
    host, _, number = bind.rpartition(":")
    if detach.last_word(state) is None and number.isdigit() and not is_free(int(number), host):
        text = f"Nothing of ours runs, but port {number} on {host} is in use."
        yield wrong("port", text, f"./aymak up --port {int(number) + 1}")


def rights(state: State) -> Iterator[Finding]:
    """Look at the state folder: ours to write, its secrets nobody else's to read."""
    if not state.folder.exists():
        yield good("state", f"{state.folder} does not exist yet; the first start makes it")
        return
    open_files = [path for path in _secret_files(state) if path.stat().st_mode & 0o077]
    if open_files:
        names = " ".join(str(path) for path in open_files)
        yield wrong("state", f"Others can read secrets: {names}.", f"chmod 600 {names}")
    try:
        probe = state.folder / ".doctor"
        probe.touch()
        probe.unlink()
    except OSError as error:
        text = f"{state.folder} cannot be written: {error.strerror}."
        yield wrong("state", text, f"chown -R $(id -un) {state.folder}")
        return
    if not open_files:
        yield good("state", f"{state.folder} is ours, its secrets are closed to others")


def _secret_files(state: State) -> Iterator[Path]:
    for name in SECRET_FILES:
        path = state.folder / name
        if path.exists():
            yield path
