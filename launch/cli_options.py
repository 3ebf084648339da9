"""What the commands share: the option that names the state folder, and a voice."""

import sys
from pathlib import Path
from typing import Annotated

import typer

StateOption = Annotated[
    Path | None,
    typer.Option(
        "--state",
        envvar="AYMAK_STATE",
        help="State folder; /var/lib/aymak for root, else ./var beside ./aymak.",
    ),
]


def say(line: str) -> None:
    """Print a line for the person at the terminal, at once."""
    typer.echo(line)
    sys.stdout.flush()
