"""`./aymak doctor`: says in words what is missing or wrong, and the command that mends it.

It looks and changes nothing. Each check is a function that yields findings; one that meets
something unforeseen becomes a finding itself, so that the others are still made.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from chassis.settings import Settings, SettingsError
from launch import addresses, environment
from launch.addresses import Addresses
from launch.doctor import machine, product, servers
from launch.doctor.findings import WRONG, Finding, wrong
from launch.errors import LaunchError
from launch.state import State
from launch.up import DEFAULT_BIND

Check = Callable[[], Iterable[Finding]]
# Stand for what the first start makes.
TO_BE_MADE = "made-by-the-first-start-of-the-product"
NO_BROKER = f"amqp://aymak:{TO_BE_MADE}@127.0.0.1:1/aymak"
NO_DATABASE = f"postgresql://aymak:{TO_BE_MADE}@127.0.0.1:1/aymak"


def examine(state: State) -> Iterator[Finding]:
    """Yield everything that was looked at, in the order in which it should be mended."""
    yield from _made(machine.python)
    try:
        found = addresses.find(state)
    except LaunchError as error:
        yield wrong("settings", str(error), f"edit {state.settings}")
        return
    checks: list[Check] = [
        partial(machine.programs, found),
        machine.documents,
        partial(machine.disk, state),
        partial(machine.rights, state),
        partial(machine.port, state, found),
    ]
    for check in [*checks, *_product(state, found)]:
        yield from _made(check)


def is_well(findings: Iterable[Finding]) -> bool:
    """Return whether nothing is wrong; advice does not count."""
    return all(finding.state != WRONG for finding in findings)


def _product(state: State, found: Addresses) -> Iterator[Check]:
    environment_ = whole_environment(state, found)
    yield partial(product.settings, environment_)
    if found.amqp_uri:
        yield partial(servers.broker, found.amqp_uri)
    if found.database_url:
        yield partial(servers.databases, found.database_url)
    try:
        told = Settings.from_env(environment_)
    except SettingsError:
        # Said by the check of the settings.
        return
    yield partial(product.relay, told)
    yield partial(product.running, state, told)


def whole_environment(state: State, found: Addresses) -> dict[str, str]:
    """Return the settings as a process of this folder would get them, making nothing."""
    bind = found.values.get("AYMAK_BIND", DEFAULT_BIND)
    secret = state.folder / "secret"
    own = {
        "AYMAK_STATE": str(state.folder),
        "AYMAK_SECRET": secret.read_text("utf-8").strip() if secret.exists() else "",
        "AMQP_URI": found.amqp_uri or NO_BROKER,
        "DATABASE_URL": found.database_url or NO_DATABASE,
        "AYMAK_BIND": bind,
    }
    if not state.is_known:
        own["AYMAK_SECRET"] = own["AYMAK_SECRET"] or TO_BE_MADE
    demo = environment.DEMO_READERS if state.is_demo else {}
    return own | demo | found.values


def _made(check: Check) -> Iterator[Finding]:
    try:
        yield from check()
    except Exception as problem:
        name = getattr(check, "func", check).__name__
        yield wrong(name, f"The check itself failed: {type(problem).__name__}: {problem}.")
