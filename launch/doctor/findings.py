"""What the doctor finds: a part, how it is, a sentence, and the command that mends it."""

from dataclasses import asdict, dataclass
from typing import Any

OK, ADVICE, WRONG = "ok", "advice", "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``mend`` is a command, or None where nothing is to be done."""

    part: str
    state: str
    text: str
    mend: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it for `--json`."""
        return asdict(self)


def good(part: str, text: str) -> Finding:
    """Return a finding that needs nothing."""
    return Finding(part, OK, text)


def advice(part: str, text: str, mend: str | None = None) -> Finding:
    """Return a finding that works, and could be better."""
    return Finding(part, ADVICE, text, mend)


def wrong(part: str, text: str, mend: str | None = None) -> Finding:
    """Return a finding that keeps the product from working, or from keeping its promise."""
    return Finding(part, WRONG, text, mend)
