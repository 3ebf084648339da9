"""`./aymak chaos`: a product of its own under load and under seeded faults, and the verdict on it.

The promise of the README is computed, not believed: the sender keeps a ledger of its own, and what
became of each event is asked of the databases alone, never of logs (quality.md, fault row 26).
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run was asked for; ``rate`` is events a second."""

    folder: Path
    seed: int
    minutes: float
    rate: float = 20.0
    instances: int = 1
