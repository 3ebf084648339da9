"""The commands of ./aymak, in the order in which a newcomer meets them.

Each command is thin: it reads the options and calls one function. A LaunchError is printed as the
sentence it is; anything else is a bug and keeps its traceback.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from launch import checks, cli_operation, detach, follow, install, up
from launch.cli_options import StateOption, say
from launch.errors import LaunchError
from launch.report import write_report
from launch.state import State, new_folder, state_at
from launch.supervisor import readiness

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Aymak: the client-base administrator of the Portal of best practices.",
)
PortOption = Annotated[
    int | None, typer.Option(min=1, max=65535, help="Port of the gateway; 8000 when not given.")
]
BrokerOption = Annotated[
    str, typer.Option(help="auto = a private RabbitMQ, or amqp://user:password@host:5672/vhost.")
]
DatabaseOption = Annotated[
    str,
    typer.Option(help="auto = a private PostgreSQL, or postgresql://user:password@host/aymak."),
]
DemoOption = Annotated[bool, typer.Option("--demo", help="Start (and keep) it on a demo clock.")]
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command("up")
def up_command(  # noqa: PLR0913 - one parameter an option
    state: StateOption = None,
    port: PortOption = None,
    broker: BrokerOption = up.AUTO,
    database: DatabaseOption = up.AUTO,
    demo: DemoOption = False,
    detach_: Annotated[
        bool, typer.Option("--detach", help="Return when it is ready; it goes on running.")
    ] = False,
) -> None:
    """Start the product: broker, database, five processes; stop it with Ctrl-C."""
    wanted = up.Start(state_at(state), port, broker, database, demo)
    if detach_:
        detach.start(wanted, say)
        say("It goes on in the background: ./aymak status, ./aymak logs, ./aymak down.")
    else:
        up.run(wanted, _with_log(wanted.state), confide=say)


@app.command(hidden=True)
def supervise(
    state: StateOption = None,
    port: PortOption = None,
    broker: BrokerOption = up.AUTO,
    database: DatabaseOption = up.AUTO,
    demo: DemoOption = False,
) -> None:
    """Be the supervisor that --detach started: the same as up, but its output is a log."""
    # The command that started us prints the first accounts: our output goes to a log.
    up.run(up.Start(state_at(state), port, broker, database, demo), say, confide=None)


@app.command()
def down(state: StateOption = None) -> None:
    """Stop a product that runs in the background."""
    place = state_at(state)
    if detach.stop(place, say):
        say("stopped")
    else:
        say(f"Nothing runs from {place.folder}.")


@app.command()
def status(state: StateOption = None) -> None:
    """Show the processes and whether the product is ready; exit status 0 only when it is."""
    place = state_at(state)
    word = detach.last_word(place)
    if word is None:
        raise LaunchError(f"Nothing runs from {place.folder}. Start it with ./aymak up.")
    Console().print(_table(word["processes"]))
    answer = readiness(word["url"]) if word["url"] else None
    if answer is None or not answer.ok:
        raise LaunchError(f"Not ready: {answer.text.strip() if answer else 'no answer'}")
    say(f"ready at {word['url']}")


@app.command()
def logs(
    service: Annotated[
        str | None, typer.Argument(help="One process; all of them when not named.")
    ] = None,
    state: StateOption = None,
    lines: Annotated[int, typer.Option(min=0, help="Lines of the past to show of each.")] = 20,
    follow_: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
) -> None:
    """Show the logs of the processes."""
    follow.show(state_at(state), service, lines=lines, on=follow_)


@app.command()
def demo(
    state: StateOption = None,
    months: Annotated[int, typer.Option(min=1, max=12, help="How much of 2022 to play.")] = 12,
    seed: Annotated[int, typer.Option(help="The same seed plays the same year.")] = 2022,
) -> None:
    """Play the year 2022 on a product that was started with --demo."""
    # Brings its own libraries along; the other commands start faster without them.
    from launch.demo import run

    run(state_at(state).folder, months=months, seed=seed)


@app.command()
def report(
    month: Annotated[str, typer.Option(help="Year and month, 2022-03.")],
    state: StateOption = None,
    language: Annotated[str, typer.Option(help="ru, ky or en.")] = "ru",
    out: Annotated[Path, typer.Option(help="Folder to write into.")] = Path("."),
) -> None:
    """Write one month's report as HTML, PDF and XLSX."""
    write_report(state_at(state), month=month, language=language, out=out, say=say)


@app.command()
def migrate(
    state: StateOption = None,
    database: DatabaseOption = up.AUTO,
) -> None:
    """Bring the databases up to date without starting the product (up does it by itself)."""
    place = state_at(state)
    up.migrate_only(up.Start(place, database=database, demo=place.is_demo), say)
    say("the databases are up to date")


@app.command()
def chaos(
    seed: Annotated[int, typer.Option(help="The same seed gives the same events and faults.")] = 1,
    minutes: Annotated[float, typer.Option(min=0.1, help="How long it goes on.")] = 10.0,
    rate: Annotated[float, typer.Option(min=0.1, help="Events a second.")] = 20.0,
    instances: Annotated[int, typer.Option(min=1, help="Of each service; one gateway.")] = 1,
    state: StateOption = None,
) -> None:
    """Try the promise: a product of its own under load and faults; exit status 1 if it breaks."""
    from launch.chaos import Wanted
    from launch.chaos.run import run

    install.ensure(install.SERVERS, say)
    folder = state_at(state).folder if state else new_folder("chaos")
    if not run(Wanted(folder, seed, minutes, rate, instances), say):
        raise LaunchError(f"The promise was not kept: see chaos.txt, logs and data in {folder}.")


@app.command(context_settings=PASS_ON)
def test(context: typer.Context) -> None:
    """Run the tests; everything after `test` goes to pytest."""
    raise typer.Exit(checks.test(context.args, say))


@app.command()
def lint() -> None:
    """Run ruff, mypy and import-linter."""
    raise typer.Exit(checks.lint(say))


@app.command()
def bench(
    name: Annotated[str | None, typer.Argument(help="Which one; all are listed without.")] = None,
) -> None:
    """Measure the product beside named peers; it prints ratios and judges nothing."""
    # Brings the product's own libraries along; the other commands start faster without them.
    from bench import __main__ as benchmarks

    if name in benchmarks.names():
        install.ensure(install.SERVERS, say)
    if not benchmarks.run(name):
        raise LaunchError(f"There is no benchmark {name}.")


@app.command()
def screenshots(
    out: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("screenshots"),
    state: StateOption = None,
    months: Annotated[
        int, typer.Option(min=1, max=12, help="How much of the demo year to play for it.")
    ] = 3,
) -> None:
    """Take pictures of every screen of the console: light, dark, phone, Kyrgyz, English."""
    from launch.screenshots import take

    install.ensure([*install.SERVERS, *install.BROWSER], say)
    say(f"{take(out, state=state, months=months, say=say)} pictures in {out}")


app.add_typer(cli_operation.commands)


@app.command("help")
def help_command(context: typer.Context) -> None:
    """Show this help."""
    parent = context.parent
    typer.echo(parent.get_help() if parent is not None else context.get_help())


def main() -> None:
    """Run the command line; a LaunchError is printed as a sentence, with exit status 1."""
    try:
        app(prog_name="./aymak")
    except LaunchError as error:
        typer.echo(f"aymak: {error}", err=True)
        sys.exit(1)


def _with_log(state: State) -> up.Say:
    """Say to the terminal and to the supervisor's log alike."""
    log = state.log("supervisor")

    def both(line: str) -> None:
        say(line)
        with log.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    return both


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table("process", "pid", "state", "since", "restarts")
    for row in rows:
        since = datetime.fromisoformat(row["since"]).astimezone(UTC)
        table.add_row(
            row["name"],
            str(row["pid"] or "-"),
            row["state"],
            f"{since:%Y-%m-%d %H:%M:%S} UTC",
            str(row["restarts"]),
        )
    return table
