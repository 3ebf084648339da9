"""What the person at the terminal sees of the year: a line that moves, or plain lines in a log."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

SUNDAY = 6


@dataclass(slots=True)
class Tally:
    """What has been played so far."""

    events: int = 0
    inquiries: int = 0
    acts: int = 0


@dataclass(slots=True)
class Display:
    """A display of the days; ``bar`` and ``task`` are None where the output is no terminal."""

    console: Console
    mail: Path
    bar: Progress | None = None
    task: TaskID | None = None

    def say(self, line: str) -> None:
        """Print a line that stays."""
        (self.bar.console if self.bar else self.console).print(
            line, highlight=False, markup=False, soft_wrap=True
        )

    def show(self, day: date, tally: Tally, *, is_new: bool) -> None:
        """Show how far the year has come; days of an earlier run are passed over in silence."""
        mails = self._mails() if is_new else 0
        words = (
            f"{day:%d %b %Y}  {tally.events} events, {tally.inquiries} inquiries, "
            f"{tally.acts} answers and acts, {mails} mails"
        )
        if self.bar is not None and self.task is not None:
            self.bar.update(self.task, advance=1, words=words)
        elif is_new and day.weekday() == SUNDAY:
            self.say(words)

    def _mails(self) -> int:
        try:
            with os.scandir(self.mail) as entries:
                return sum(entry.name.endswith(".eml") for entry in entries)
        except OSError:
            return 0


@contextmanager
def display(mail: Path, days: int) -> Iterator[Display]:
    """Show the progress of ``days`` days; ``mail`` is the folder whose letters are counted."""
    console = Console()
    if not console.is_terminal:
        yield Display(console, mail)
        return
    columns = (BarColumn(bar_width=24), TextColumn("{task.fields[words]}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        yield Display(console, mail, bar, bar.add_task("", total=days, words="beginning ..."))
