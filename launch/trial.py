"""A demo product for as long as somebody looks at it: for pictures and for measuring pages."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from launch import detach, up
from launch.demo import run as play
from launch.errors import LaunchError
from launch.state import State, new_folder, state_at

Say = Callable[[str], None]


@contextmanager
def product(purpose: str, *, months: int, say: Say) -> Iterator[State]:
    """Start a product in a new state folder, play so many months of 2022; in the end both are gone.

    ``purpose`` is part of the folder's name; the folder stays, with its logs, when something goes
    wrong. Raises LaunchError when the product does not start.
    """
    made = state_at(new_folder(purpose))
    detach.start(up.Start(made, demo=True), say)
    try:
        play(made.folder, months=months)
        yield made
    finally:
        detach.stop(made, say)
    shutil.rmtree(made.folder, ignore_errors=True)


def address(state: State) -> str:
    """Return the URL of the product that runs from ``state``; raises LaunchError when none does."""
    word = detach.last_word(state)
    if word is None or not word["url"]:
        raise LaunchError(f"Nothing runs from {state.folder}. Start it with ./aymak up.")
    url: str = word["url"]
    return url
