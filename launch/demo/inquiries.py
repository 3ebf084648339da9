"""What clients ask in the year, and when the administrator answers.

Each inquiry follows a script. The ordinary one is answered within the term and resolved; others
are answered late, written to again, reopened, closed as spam, or never answered. In July, when
everybody is on leave, only one is resolved: the month misses ToR row 4.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from chassis.calendar_kg import add_working_days
from contracts.parts import Contact
from contracts.portal import InquiryCommentedV1, InquiryOpenedV1, InquiryRatedV1
from launch.demo import YEAR, names
from launch.demo.acts import WAKING, Act, Deed, Fact, fact, fact_id, month_days, sometime
from launch.demo.data import load
from launch.demo.registrations import Joined
from launch.demo.world import Person

OPENED = (5, 4, 6, 5, 5, 6, 4, 4, 6, 7, 7, 5)
# Nothing but the month's first resolution happens in July; the rest is done in August.
LEAVE = (date(YEAR, 7, 1), date(YEAR, 7, 31))
BACK_FROM_LEAVE = date(YEAR, 8, 2)
# The scripts by the place of an inquiry in the year; all others are ordinary.
SCRIPTS = {
    3: "adds",
    6: "comes_back",
    9: "late",
    11: "spam",
    14: "reopened_by_staff",
    17: "adds",
    19: "comes_back_much_later",
    22: "late",
    24: "withdrawn",
    27: "comes_back",
    33: "reopened_by_staff",
    36: "comes_back_much_later",
    38: "late",
    41: "duplicate",
    43: "adds",
    45: "comes_back",
    48: "late",
    53: "never",
    56: "never",
    59: "adds",
}
SILENT_FROM = date(YEAR, 12, 19)
PHONED = 0.15


@dataclass(slots=True)
class Desk:
    """The administrator's desk while the year is drawn: acts and facts of all inquiries."""

    random: Random
    seed: int
    facts: list[Fact] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    resolved_in_leave: int = 0


@dataclass(slots=True)
class Case:
    """One inquiry: its reference, language, and the last moment at which something was done."""

    desk: Desk
    ref: str
    language: str
    at: datetime
    turn: int = 0

    def answer(self, days: int) -> None:
        """Answer ``days`` working days later, as far as nobody is on leave."""
        texts = load("inquiries")["answers"][self.language]
        self._act("answer", self._office(days), text=self.desk.random.choice(texts))

    def resolve(self, outcome: str = "answered", reason: str | None = None) -> None:
        """Resolve it on the same day, half an hour later."""
        at = self.at + timedelta(minutes=self.desk.random.randint(5, 30))
        self._act("resolve", at, outcome=outcome, text=reason)

    def close(self, outcome: str) -> None:
        """Close it without an answer, for a reason, on the next working day."""
        self.at = self._office(1)
        self.resolve(outcome, load("inquiries")["reasons"][outcome])

    def reopen(self, days: int) -> None:
        """Open it again by the administrator."""
        self._act("reopen", self._office(days), text=load("inquiries")["reasons"]["reopen"])

    def comment(self, kind: str, days: int) -> None:
        """Let the client write again, ``days`` calendar days later."""
        texts = load("inquiries")[kind][self.language]
        day = self.at.date() + timedelta(days=days)
        self.at = sometime(self.desk.random, day, WAKING)
        data = InquiryCommentedV1(inquiry_ref=self.ref, text=self.desk.random.choice(texts))
        self.desk.facts.append(fact(self.desk.seed, data, at=self.at))

    def rate(self) -> None:
        """Let the client rate the answer a day or two later."""
        random = self.desk.random
        day = self.at.date() + timedelta(days=random.randint(1, 2))
        data = InquiryRatedV1(
            inquiry_ref=self.ref,
            score=random.choice((5, 5, 4, 4, 3, 2)),
            text=random.choice([None, *load("inquiries")["ratings"]]),
        )
        self.desk.facts.append(fact(self.desk.seed, data, at=sometime(random, day, WAKING)))

    def _office(self, days: int) -> datetime:
        day = add_working_days(self.at.date(), days)
        if LEAVE[0] <= day <= LEAVE[1]:
            self.desk.resolved_in_leave += 1
            if self.desk.resolved_in_leave > 1:
                day = add_working_days(BACK_FROM_LEAVE, self.desk.random.randint(0, 6))
        return sometime(self.desk.random, day)

    def _act(self, deed: Deed, at: datetime, **details: Any) -> None:
        self.turn += 1
        self.at = at
        key = fact_id(self.desk.seed, "act", self.ref, self.turn)
        self.desk.acts.append(Act(key=key, at=at, deed=deed, inquiry_ref=self.ref, **details))


def plan(joined: Sequence[Joined], seed: int) -> tuple[list[Fact], list[Act]]:
    """Return what clients write and what the administrator does about it."""
    desk = Desk(Random(f"{seed}:inquiries"), seed)
    texts = _texts(desk.random, sum(OPENED))
    number = 0
    for month, count in enumerate(OPENED, 1):
        for day in _days(desk.random, month, count):
            number += 1
            case = _open(desk, number, day, _asker(desk.random, joined, day), texts[number - 1])
            _follow(case, SCRIPTS.get(number, "ordinary"))
    return desk.facts, [act for act in desk.acts if act.at.year == YEAR]


def _texts(random: Random, count: int) -> list[dict[str, Any]]:
    rows = list(load("inquiries")["inquiries"])
    random.shuffle(rows)
    return (rows * 2)[:count]


def _days(random: Random, month: int, count: int) -> list[date]:
    days = month_days(month)
    if month == 1:
        days = days[9:]
    return sorted(random.sample(days, count))


def _asker(random: Random, joined: Sequence[Joined], day: date) -> Person | None:
    """Draw a client who registered before; a few ask by telephone and are not known."""
    known = [one.client for one in joined if one.at.date() < day]
    people = [one for one in known if isinstance(one, Person) and one.email]
    return None if random.random() < PHONED or not people else random.choice(people)


def _open(desk: Desk, number: int, day: date, asker: Person | None, words: dict[str, Any]) -> Case:
    at = sometime(desk.random, day, WAKING)
    ref = f"inquiry-{number:04}"
    data = InquiryOpenedV1(
        inquiry_ref=ref,
        kind=words["kind"],
        subject=words["subject"],
        text=words["text"].format(place=_place(desk.random, asker)),
        language=words["language"] if desk.random.random() < 0.7 else None,
        channel="portal" if asker else desk.random.choice(("phone", "whatsapp", "email")),
        client_ref=asker.ref if asker else None,
        contact=None if asker else _contact(desk.random, number, words["language"]),
        topic=words["topic"],
    )
    desk.facts.append(fact(desk.seed, data, at=at))
    return Case(desk, ref, words["language"], at)


def _place(random: Random, asker: Person | None) -> str:
    if asker is not None and asker.organisation is not None:
        return asker.organisation.municipality or asker.organisation.name.full("ru")
    oblast = random.choice([one for one in load("places")["oblasts"].values() if one["rayons"]])
    return str(random.choice(oblast["rayons"])[0])


def _contact(random: Random, number: int, language: str) -> Contact:
    name = names.full_name(random, language)
    return Contact(
        name=f"{name.surname} {name.name}",
        email=names.address(name, 9000 + number),
        phone=names.phone(30_000 + number),
        language=language,
    )


def _follow(case: Case, script: str) -> None:
    """Play an inquiry's script from its opening to its end."""
    random = case.desk.random
    if case.at.date() >= SILENT_FROM or script == "never":
        return
    if script in ("spam", "duplicate", "withdrawn"):
        case.close(script)
        return
    if script == "adds":
        case.comment("adds", 1)
    case.answer(random.randint(17, 21) if script == "late" else random.randint(1, 9))
    case.resolve()
    _afterwards(case, script)
    if random.random() < 0.4:
        case.rate()


def _afterwards(case: Case, script: str) -> None:
    """Let the client or the administrator be unhappy with the answer, and answer once more."""
    random = case.desk.random
    if script == "comes_back":
        case.comment("again", random.randint(3, 20))
    elif script == "reopened_by_staff":
        case.reopen(random.randint(2, 5))
    elif script == "comes_back_much_later":
        case.comment("later", random.randint(33, 45))
    else:
        return
    case.answer(random.randint(2, 6))
    case.resolve()
