"""One start of the product, from the options on the command line to the address that is printed.

Everything that can be refused is refused before anything is installed or started: a wrong
setting, a port in use, a folder of the other kind, a broker or a database that does not answer.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from launch import children, credentials, environment, install
from launch.errors import LaunchError
from launch.external import check_broker, check_database
from launch.files import open_log, tail
from launch.ports import is_free
from launch.postgres import PrivatePostgres
from launch.rabbitmq import PrivateRabbit
from launch.state import State
from launch.supervisor import StopRequested, Supervisor, sole_owner

AUTO = "auto"
DEFAULT_BIND = "127.0.0.1:8000"
# Stand-ins for the private servers, whose addresses are known only when they run.
NO_BROKER = "amqp://aymak@127.0.0.1:1/aymak"
NO_DATABASE = "postgresql://aymak@127.0.0.1:1/aymak"
MIGRATION_SECONDS = 600.0
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Start:
    """What `up` was asked for; None means: not said on the command line."""

    state: State
    port: int | None = None
    broker: str = AUTO
    database: str = AUTO
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a start has found out: settings, address, and the servers of others it is to use."""

    state: State
    values: Mapping[str, str]
    bind: str
    broker: str | None
    database: str | None

    @property
    def url(self) -> str:
        """The address to reach the gateway at, from this machine."""
        host, _, port = self.bind.rpartition(":")
        return f"http://{'127.0.0.1' if host in {'', '0.0.0.0'} else host}:{port}"

    def environment(self, *, amqp_uri: str, database_url: str) -> dict[str, str]:
        """The environment of the five processes when these are their servers."""
        complete = environment.complete(self.state, self.values, bind=self.bind, url=self.url)
        return complete | {"AMQP_URI": amqp_uri, "DATABASE_URL": database_url}


def plan(start: Start) -> Plan:
    """Settle the state folder and all settings; raises LaunchError for anything that is wrong."""
    start.state.prepare(demo=start.demo)
    values = environment.wanted(start.state, environment.current())
    found = Plan(
        state=start.state,
        values=values,
        bind=f"127.0.0.1:{start.port}" if start.port else values.get("AYMAK_BIND", DEFAULT_BIND),
        broker=values.get("AMQP_URI") if start.broker == AUTO else start.broker,
        database=values.get("DATABASE_URL") if start.database == AUTO else start.database,
    )
    stand_in = {
        "amqp_uri": found.broker or NO_BROKER,
        "database_url": found.database or NO_DATABASE,
    }
    environment.check(found.environment(**stand_in))
    return found


def install_missing(found: Plan, say: Say) -> None:
    """Install the private servers' programs where they are needed and missing, saying so."""
    needs = [] if found.broker else [install.RABBITMQ]
    needs += [] if found.database else [install.POSTGRESQL]
    install.ensure(needs, say, log=found.state.log("install"))


def run(start: Start, say: Say, *, confide: Say | None) -> None:
    """Start the product and tend it until it is told to stop; raises LaunchError if it cannot.

    `say` may go to a log; `confide` prints the first accounts and must not. None: somebody else
    prints them.
    """
    found = plan(start)
    with sole_owner(start.state):
        supervisor = Supervisor(start.state, url=found.url, say=say)
        supervisor.listen_to_signals()
        try:
            come_up(found, supervisor)
            if confide is not None:
                confide_credentials(start.state, confide)
            announce(start.state, found.url, say)
            supervisor.run()
        except StopRequested:
            pass
        finally:
            supervisor.stop()
        say("stopped")


def migrate_only(start: Start, say: Say) -> None:
    """Bring the databases up to date, with the private PostgreSQL just for as long as it takes."""
    found = plan(replace(start, broker=NO_BROKER))
    with sole_owner(start.state):
        supervisor = Supervisor(start.state, url=found.url, say=say)
        supervisor.listen_to_signals()
        try:
            supervisor.end_leftovers()
            install_missing(found, say)
            migrate(_start_servers(found, supervisor), start.state, say)
        except StopRequested:
            pass
        finally:
            supervisor.stop()


def announce(state: State, url: str, say: Say) -> None:
    """Print the address, and the demo's instant when it is one."""
    clock = f" Demo clock: {state.clock.read_text('utf-8').strip()}." if state.is_demo else ""
    say(f"Aymak is ready at {url} (state: {state.folder}).{clock}")


def confide_credentials(state: State, confide: Say) -> None:
    """Print the first accounts unless they were shown before; never to a log."""
    if not state.unshown.exists():
        return
    kept = credentials.read(state.credentials)
    confide("First start. Sign in with:")
    confide(kept.as_text(state.credentials))
    state.unshown.unlink()


def migrate(settings: Mapping[str, str], state: State, say: Say) -> None:
    """Bring the databases up to date in a process of its own; LaunchError with its words."""
    say("bringing the databases up to date ...")
    log = state.log("migrate")
    output = open_log(log)
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "launch.migrate"],
            env=dict(settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            timeout=MIGRATION_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise LaunchError(f"The migration hung; its words so far are in {log}.") from error
    finally:
        os.close(output)
    if done.returncode != 0:
        raise LaunchError(f"The databases could not be prepared. The end of {log}:\n{tail(log)}")


def come_up(found: Plan, supervisor: Supervisor, *, instances: int = 1) -> dict[str, str]:
    """Start the servers and the processes, wait until they are ready, return their settings."""
    state, say = found.state, supervisor.say
    begun = time.monotonic()
    supervisor.end_leftovers()
    _refuse_taken_port(found.bind)
    install_missing(found, say)
    settings = _start_servers(found, supervisor)
    migrate(settings, state, say)
    say("starting the five processes ...")
    supervisor.start_services(children.services(settings, state.logs, instances=instances))
    supervisor.wait_until_ready()
    _keep_address(state, found.url)
    say(f"ready after {time.monotonic() - begun:.0f} s")
    return settings


def _start_servers(found: Plan, supervisor: Supervisor) -> dict[str, str]:
    """Check the servers of others, start our own; return the settings of the five processes."""
    state = found.state
    if found.broker and found.broker != NO_BROKER:
        for sentence in check_broker(found.broker):
            supervisor.say(f"{sentence} Going on with the other nodes.")
    if found.database:
        check_database(found.database)
    rabbit = PrivateRabbit(state.folder / "rabbitmq", log=state.log("rabbitmq"))
    postgres = PrivatePostgres(state.folder / "postgresql", log=state.log("postgresql"))
    own = [*([] if found.database else [postgres]), *([] if found.broker else [rabbit])]
    supervisor.start_servers(own)
    return found.environment(
        amqp_uri=found.broker or rabbit.uri, database_url=found.database or postgres.url
    )


def _refuse_taken_port(bind: str) -> None:
    host, _, port = bind.rpartition(":")
    if not is_free(int(port), host):
        raise LaunchError(
            f"Port {port} on {host} is in use by another program: choose another one with --port."
        )


def _keep_address(state: State, url: str) -> None:
    """Let credentials.json name the address of this start, which --port may have changed."""
    with contextlib.suppress(LaunchError):
        kept = credentials.read(state.credentials)
        if kept.url != url:
            replace(kept, url=url).write(state.credentials)
