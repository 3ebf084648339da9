"""The demo year: a fictional 2022 played on a running product, as its portal and administrator.

The world and its story are pure functions of a seed; the player posts them over HTTP, moves the
demo clock and waits until the product has settled each day. ``run`` is all that others call.
"""

from pathlib import Path

YEAR = 2022
SOURCE = "https://portal.example/aymak"


def run(state: Path, months: int = 12, seed: int = 2022) -> None:
    """Play ``months`` of 2022 on the product whose state folder is ``state``.

    It runs on until the last of these months has had its report mailed: on the third working day
    of the next one. What an earlier run has played is not played again. Raises
    ``launch.errors.LaunchError`` with a sentence for whatever the person at the terminal can mend.
    """
    # The world is built only when it is played: the other commands start faster without it.
    from launch.demo.player import play

    play(state, months=months, seed=seed)
