"""Consents: which one holds, out of all the proofs (law 58 of 2008, decree 759 of 2017).

Every proof is kept; per purpose the newest by its own time holds. At the same instant a
withdrawal beats a consent: in doubt nobody is written to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.codes import CONSENT_PURPOSES


@dataclass(frozen=True, slots=True)
class Proof:
    """One consent or withdrawal, for the purposes it names."""

    purposes: tuple[str, ...]
    given: bool
    at: datetime


def purposes_of(named: Sequence[str] | None) -> tuple[str, ...]:
    """Return the purposes of a consent in their fixed order; absent means all."""
    return tuple(p for p in CONSENT_PURPOSES if named is None or p in named)


def held(proofs: Iterable[Proof]) -> dict[str, Proof]:
    """Return the proof that holds for each purpose that was ever spoken of."""
    newest: dict[str, Proof] = {}
    for proof in sorted(proofs, key=lambda proof: (proof.at, not proof.given)):
        newest.update(dict.fromkeys(proof.purposes, proof))
    return {purpose: newest[purpose] for purpose in CONSENT_PURPOSES if purpose in newest}
