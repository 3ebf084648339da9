"""The months of a plan as pages step through them."""

from dataclasses import dataclass

from chassis import clock
from gateway.console.visits import Values


@dataclass(frozen=True, slots=True)
class Months:
    """The month that a page shows (``2022-04``) among those of its plan, if that is known."""

    shown: str
    plan: Values | None

    @property
    def all(self) -> list[str]:
        """Every month of the plan, at least the one shown."""
        return list(self.plan["months"]) if self.plan else [self.shown]

    @property
    def before(self) -> str | None:
        """The month before, None at the plan's first."""
        return self._beside(-1)

    @property
    def after(self) -> str | None:
        """The month after, None at the plan's last."""
        return self._beside(1)

    @property
    def ended_on(self) -> str | None:
        """The plan's last day (``2022-12-31``, Bishkek) once it lies behind; None until then."""
        if self.plan is None or clock.day_of(clock.now()).isoformat() <= self.plan["ends_on"]:
            return None
        return str(self.plan["ends_on"])

    def _beside(self, step: int) -> str | None:
        known = self.all
        if self.shown not in known:
            return None
        at = known.index(self.shown) + step
        return known[at] if 0 <= at < len(known) else None
