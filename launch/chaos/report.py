"""The report of a chaos run, for people and for machines; both lie in its state folder."""

import json
import statistics
from dataclasses import asdict, dataclass

from launch.chaos import Wanted
from launch.chaos.faults import Fault
from launch.chaos.measure import Figures
from launch.chaos.verdict import Verdict

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Done:
    """What a run came to; ``settled_after`` is in seconds."""

    verdict: Verdict
    faults: list[Fault]
    before: Figures
    after: Figures
    settled_after: float


def write(wanted: Wanted, done: Done) -> str:
    """Write ``chaos.json`` and ``chaos.txt``; return the text."""
    text = as_text(wanted, done)
    content = {
        "seed": wanted.seed,
        "minutes": wanted.minutes,
        "rate": wanted.rate,
        "instances": wanted.instances,
        "closed": done.verdict.is_closed,
        "verdict": asdict(done.verdict) | {"lags": lags(done.verdict)},
        "faults": [fault.as_row() for fault in done.faults],
        "before": done.before,
        "after": done.after,
        "settled_after": round(done.settled_after, 1),
    }
    folder = wanted.folder
    (folder / "chaos.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    (folder / "chaos.txt").write_text(text + "\n")
    return text


def as_text(wanted: Wanted, done: Done) -> str:
    """Return the report in lines."""
    it = done.verdict
    lines = [
        f"seed {wanted.seed}, {wanted.minutes:g} min, {len(done.faults)} faults,"
        f" {wanted.rate:g} events/s asked for, {wanted.instances} instance(s)",
        *_equation(it),
        f"lag from 202 to applied everywhere: {_words(lags(it))}",
        f"settled {done.settled_after:.0f} s after the last event",
        *_faults(done.faults),
        *_growth(done.before, done.after),
        "closed" if it.is_closed else "NOT CLOSED",
    ]
    return "\n".join(lines)


def lags(verdict: Verdict) -> dict[str, float]:
    """Return median, 99th percentile and maximum of the lag, in seconds."""
    ordered = sorted(verdict.lags) or [0.0]
    middle, late = statistics.median(ordered), ordered[int(len(ordered) * 0.99)]
    return {"median": round(middle, 2), "p99": round(late, 1), "max": round(ordered[-1], 1)}


def _words(figures: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:g} s" for name, value in figures.items())


def _equation(it: Verdict) -> list[str]:
    unknown = it.attempted - it.acknowledged
    outbox = sum(pair[0] for pair in it.open.values())
    kept = sum(pair[1] for pair in it.open.values())
    return [
        f"attempted {it.attempted} = acknowledged {it.acknowledged} + unknown {unknown}"
        f" (recovered {it.recovered}); tried again {it.repeats} times",
        f"acknowledged {it.acknowledged} = applied {it.applied} + dead {it.dead}"
        f" + lost {len(it.lost)}",
        f"derived {it.derived} = applied {it.derived - len(it.derived_lost)}"
        f" + lost {len(it.derived_lost)}",
        f"ghost {len(it.ghost)}, doubled {sum(it.doubled.values())}, refused {len(it.refused)}",
        f"poison {it.poison} = dead {it.poison_dead}",
        f"left: outboxes {outbox}, waiting or failed {kept}, queues {sum(it.queues.values())}",
        *(f"  {what}" for what in (*it.lost, *it.ghost, *it.refused, *it.derived_lost)[:SHOWN]),
    ]


def _faults(suffered: list[Fault]) -> list[str]:
    lines = ["faults: at, kind, target, held, recovered after"]
    for fault in suffered:
        after = "never" if fault.recovered_after is None else f"{fault.recovered_after:.1f} s"
        held = f"{fault.held:.1f} s" if fault.held else ""
        lines.append(f"  {fault.at:6.1f} s  {fault.kind:17} {fault.target:15} {held:>7} {after:>8}")
    return lines


def _growth(before: Figures, after: Figures) -> list[str]:
    lines = ["figures: at the start, at the end"]
    for name in sorted(before.keys() | after.keys()):
        lines.append(f"  {name:32} {before.get(name, 0):>10} {after.get(name, 0):>10}")
    return lines
