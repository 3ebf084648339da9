"""Charts as numbers that a template draws: SVG by attributes alone, its table stands beneath."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 10, 24
GAP = 0.35


@dataclass(frozen=True, slots=True)
class Bar:
    """One month: its rectangle; ``value`` None draws nothing (not measured is not 0)."""

    month: str
    value: float | None
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Where the name of the month stands."""
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure over the months: bars, the plan's line, and the marks of the axis."""

    bars: list[Bar]
    plan: tuple[tuple[float, float], tuple[float, float]] | None
    marks: list[tuple[float, float]]

    @property
    def bottom(self) -> float:
        """Where zero is."""
        return HEIGHT - BOTTOM


def chart(points: Sequence[tuple[str, float | None]], *, plan: tuple[float, float] | None) -> Chart:
    """Return a chart of ``points``, month and value, with the plan's value at both ends.

    ``plan`` is (at the first month, at the last): the same twice for a monthly minimum.
    """
    known = [value for _, value in points if value is not None]
    top = _round_up(max([*known, *(plan or ()), 1.0]))
    step = (WIDTH - LEFT - RIGHT) / max(1, len(points))
    scale = (HEIGHT - TOP - BOTTOM) / top

    def at(value: float) -> float:
        return round(HEIGHT - BOTTOM - value * scale, 1)

    bars = [
        Bar(
            month=month,
            value=value,
            x=round(LEFT + number * step + step * GAP / 2, 1),
            y=at(value or 0.0),
            width=round(step * (1 - GAP), 1),
            height=round((value or 0.0) * scale, 1),
        )
        for number, (month, value) in enumerate(points)
    ]
    line = ((LEFT, at(plan[0])), (WIDTH - RIGHT, at(plan[1]))) if plan else None
    return Chart(bars, line, [(part, at(part)) for part in (0.0, top / 2, top)])


def _round_up(value: float) -> float:
    """Return the next round number, so that half of it is one, too."""
    size = 10.0 ** int(log10(value)) if value >= 1 else 1.0
    return float(ceil(value / size * 2) / 2 * size) if value > 2 else 2.0
