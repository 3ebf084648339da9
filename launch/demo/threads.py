"""The demo's own account of its inquiries: which are resolved with an answer, and since when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from contracts.portal import InquiryCommentedV1, InquiryOpenedV1
from launch.demo.acts import Act, Fact

REOPENS_WITHIN = timedelta(days=30)


@dataclass(slots=True)
class Thread:
    """One inquiry: resolved when, and how; both None while it is open."""

    resolved: datetime | None = None
    outcome: str | None = None


@dataclass(slots=True)
class Threads:
    """All inquiries by the portal's reference, the newest of a reference last."""

    by_ref: dict[str, list[Thread]] = field(default_factory=dict)

    def open(self, ref: str) -> None:
        """Begin an inquiry, or one that follows up an old one."""
        self.by_ref.setdefault(ref, []).append(Thread())

    def comment(self, ref: str, at: datetime) -> None:
        """A client writes again: within 30 days that reopens, later it is a new inquiry."""
        newest = self.by_ref[ref][-1]
        if newest.resolved is None:
            return
        if at.date() <= newest.resolved.date() + REOPENS_WITHIN:
            newest.resolved = newest.outcome = None
        else:
            self.open(ref)

    def act(self, act: Act) -> None:
        """Take in what the administrator does."""
        newest = self.by_ref[act.inquiry_ref][-1]
        if act.deed == "resolve":
            newest.resolved, newest.outcome = act.at, act.outcome
        elif act.deed == "reopen":
            newest.resolved = newest.outcome = None


def unfold(facts: Iterable[Fact], acts: Iterable[Act]) -> list[Thread]:
    """Return all inquiries as these facts and acts leave them."""
    threads = Threads()
    letters = [one for one in facts if isinstance(one.data, InquiryOpenedV1 | InquiryCommentedV1)]
    both: list[Fact | Act] = [*letters, *acts]
    for one in sorted(both, key=lambda each: each.at):
        if isinstance(one, Act):
            threads.act(one)
        elif isinstance(one.data, InquiryOpenedV1):
            threads.open(one.data.inquiry_ref)
        elif isinstance(one.data, InquiryCommentedV1):
            threads.comment(one.data.inquiry_ref, one.at)
    return [thread for ref in threads.by_ref.values() for thread in ref]


def resolutions(facts: Sequence[Fact], acts: Sequence[Act]) -> list[datetime]:
    """Return when each inquiry was last resolved with an answer, unless it was reopened since."""
    return [
        thread.resolved
        for thread in unfold(facts, acts)
        if thread.resolved is not None and thread.outcome == "answered"
    ]
