"""The commands of operation: doctor, backup, restore, and what containers need.

They bring libraries along that the other commands do without, so they import them when called.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from launch import credentials, databases
from launch.cli_options import StateOption, say
from launch.errors import LaunchError
from launch.state import state_at

commands = typer.Typer()


@commands.command("backup")
def backup_command(
    to: Annotated[Path, typer.Option(help="Folder for the backups; each gets one of its own.")],
    state: StateOption = None,
) -> None:
    """Dump every database, while the product works."""
    from launch import attached, backup

    with attached.product(state_at(state)) as settings:
        folder = backup.make(databases.urls(attached.read(settings)), to)
    say(f"backed up to {folder}")


@commands.command("restore")
def restore_command(
    from_: Annotated[Path, typer.Option("--from", help="A folder that backup made.")],
    state: StateOption = None,
    service: Annotated[
        list[str] | None, typer.Option(help="One of them (may be repeated); all when not named.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Over a database with rows.")] = False,
    replay_only: Annotated[
        bool, typer.Option("--replay-only", help="Restore nothing, hear what was missed.")
    ] = False,
) -> None:
    """Restore databases from a backup and replay what was missed since; services must be down."""
    from launch import attached, restore

    names = service or list(databases.SERVICES)
    if unknown := [name for name in names if name not in databases.SERVICES]:
        raise LaunchError(f"There is no service {unknown[0]}: {', '.join(databases.SERVICES)}.")
    with attached.product(state_at(state)) as environment:
        settings = attached.read(environment)
        for name in [] if replay_only else names:
            restore.refill(settings, from_, name, replace=replace)
            say(f"{name} is restored from {from_}")
        for name in names:
            restore.refuse_running(databases.urls(settings)[name], name)
            restore.replay(environment, name, say)


@commands.command()
def doctor(
    state: StateOption = None,
    json_: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say what is missing or wrong and the command that mends it; exit status 1 when it is."""
    from launch import doctor as doctor_

    findings = []
    for finding in doctor_.examine(state_at(state)):
        findings.append(finding)
        if not json_:
            mend = f"\n         -> {finding.mend}" if finding.mend else ""
            say(f"{finding.state:8} {finding.part}: {finding.text}{mend}")
    if json_:
        say(json.dumps([finding.as_dict() for finding in findings], ensure_ascii=False))
    if not doctor_.is_well(findings):
        raise typer.Exit(1)


@commands.command("credentials")
def credentials_command(
    state: StateOption = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Delete the file afterwards; nothing needs it.")
    ] = False,
) -> None:
    """Show the first administrator and portal key that `migrate` made."""
    place = state_at(state)
    say(credentials.read(place.credentials).as_text(place.credentials))
    place.unshown.unlink(missing_ok=True)
    if forget:
        place.credentials.unlink()


@commands.command("secrets")
def secrets_command(
    to: Annotated[Path, typer.Option(help="A new folder, for docker-compose.yml.")],
) -> None:
    """Make the passwords that docker-compose.yml needs, each in a file of its own."""
    from launch import container_secrets

    names = container_secrets.make(to)
    say(f"{len(names)} files in {to}: {', '.join(names)}")
