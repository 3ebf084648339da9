"""The life cycle of inquiries against a model of dicts: any order of letters, acts and clocks."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select, text

from chassis.calendar_kg import add_working_days
from chassis.clock import day_of
from chassis.db import Base as ChassisBase
from chassis.db import Database
from chassis.errors import Conflict
from contracts.envelope import Event
from services.feedback.models import Base, Inquiry, Message
from tests.factories import emitted, instant
from tests.feedback.desk import Desk, commented, opened

REFS = st.sampled_from(["a", "b"])
START = instant("2021-12-20 10:00")


@dataclass
class Expected:
    """What the model knows of one inquiry."""

    number: str
    answer_due_on: date
    first_due_on: date
    words: int = 1
    state: str = "registered"
    turn: int = 1
    outcome: str | None = None
    resolved_on: date | None = None
    was_answered: bool = False
    told: set[str] = field(default_factory=set)


class LifeCycle(RuleBasedStateMachine):
    """Letters, comments, acts of staff, ticks and redeliveries in any order."""

    def __init__(self, db: Database) -> None:
        super().__init__()
        empty(db)
        self.desk = Desk(db)
        self.now = START
        self.step = 0
        self.rounds: dict[str, list[Expected]] = {}
        self.waiting: Counter[str] = Counter()
        self.years: Counter[int] = Counter()
        self.emitted: Counter[str] = Counter()
        self.heard: list[Event[Any]] = []
        self.acts: list[tuple[str, tuple[Any, ...], str]] = []

    @rule(ref=REFS)
    def open(self, ref: str) -> None:
        outcome = self.hear(opened(ref, self.moment(), text=f"Первое письмо {ref}"))
        if ref in self.rounds:
            assert outcome == "ignored"
            return
        assert outcome == "applied"
        self.begin(ref)
        self.rounds[ref][-1].words += self.waiting.pop(ref, 0)

    @rule(ref=REFS)
    def comment(self, ref: str) -> None:
        outcome = self.hear(commented(ref, self.moment(), text=f"Слово {self.step}"))
        if ref not in self.rounds:
            assert outcome == "waiting"
            self.waiting[ref] += 1
            return
        assert outcome == "applied"
        self.word(ref)

    @rule(ref=REFS)
    def answer(self, ref: str) -> None:
        if ref not in self.rounds:
            return
        one = self.rounds[ref][-1]
        refusal = "inquiry_resolved" if one.state == "resolved" else None
        self.ask("answer_inquiry", ref, "Ответ", refusal=refusal)
        if refusal is None:
            one.state, one.was_answered = "answered", True
            one.words += 1
            self.emitted["inquiry_answered"] += 1

    @rule(ref=REFS, outcome=st.sampled_from(["answered", "answered", "spam"]))
    def resolve(self, ref: str, outcome: str) -> None:
        if ref not in self.rounds:
            return
        one = self.rounds[ref][-1]
        refusal = None
        if one.state == "resolved":
            refusal = "inquiry_resolved"
        elif outcome == "answered" and one.state != "answered":
            refusal = "inquiry_unanswered"
        self.ask("resolve_inquiry", ref, outcome, refusal=refusal, reason="Так решено")
        if refusal is None:
            one.state, one.outcome, one.resolved_on = "resolved", outcome, day_of(self.now)
            self.emitted["inquiry_resolved"] += 1

    @rule(ref=REFS)
    def reopen(self, ref: str) -> None:
        if ref not in self.rounds:
            return
        one = self.rounds[ref][-1]
        refusal = None if one.state == "resolved" else "inquiry_not_resolved"
        self.ask("reopen_inquiry", ref, "Ещё раз", refusal=refusal)
        if refusal is None:
            self.turn(one)

    @rule(days=st.integers(1, 25))
    def advance(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule()
    def tick(self) -> None:
        self.desk.tick(self.now)
        for one in (one for rounds in self.rounds.values() for one in rounds):
            missed = self.missed(one) - one.told
            one.told |= missed
            self.emitted["inquiry_overdue"] += len(missed)

    @rule(data=st.data())
    def redeliver(self, data: st.DataObject) -> None:
        if self.heard:
            again = data.draw(st.sampled_from(self.heard))
            assert self.desk.hear(again, now=self.now) == "repeated"

    @rule(data=st.data())
    def repeat_act(self, data: st.DataObject) -> None:
        if self.acts:
            verb, args, key = data.draw(st.sampled_from(self.acts))
            self.call(verb, *args, key=key)

    @invariant()
    def rows_are_as_expected(self) -> None:
        with self.desk.db.begin() as session:
            words = select(func.count()).where(Message.inquiry_id == Inquiry.id).scalar_subquery()
            rows = session.execute(select(Inquiry, words)).all()
        found = {
            row.number: (row.state, row.turn, row.outcome, row.answer_due_on, set(row.announced), n)
            for row, n in rows
        }
        every = [one for rounds in self.rounds.values() for one in rounds]
        assert found == {
            one.number: (one.state, one.turn, one.outcome, one.answer_due_on, one.told, one.words)
            for one in every
        }

    @invariant()
    def each_fact_was_told_once(self) -> None:
        events = emitted(self.desk.db)
        assert Counter(one.type for one in events) == +self.emitted
        orders: dict[str | None, list[int]] = {}
        for one in events:
            orders.setdefault(one.subject, []).append(one.sequence or 0)
        assert all(order == sorted(set(order)) for order in orders.values())

    def moment(self) -> datetime:
        """Return an instant of its own for the next fact."""
        self.step += 1
        self.now += timedelta(seconds=1)
        return self.now

    def hear(self, happened: Event[Any]) -> str:
        """Deliver a fact for the first time."""
        self.heard.append(happened)
        return self.desk.hear(happened)

    def ask(
        self, verb: str, ref: str, what: str, *, refusal: str | None, reason: str | None = None
    ) -> None:
        """Let staff act; a refusal must be the expected one."""
        args = (self.desk.id_of(ref), what, reason)
        key = f"key {self.moment()}"
        if refusal is None:
            self.call(verb, *args, key=key)
            self.acts.append((verb, args, key))
            return
        try:
            self.call(verb, *args, key=key)
        except Conflict as problem:
            assert problem.code == refusal
        else:
            raise AssertionError(f"{verb} was not refused as {refusal}")

    def call(self, verb: str, inquiry: str, what: str, reason: str | None, *, key: str) -> None:
        """Ask the service now."""
        rest = {"reason": reason} if reason else {}
        self.desk.call(verb, inquiry, what, at=self.now, key=key, **rest)

    def word(self, ref: str) -> None:
        """Expect what a client's further word does."""
        one = self.rounds[ref][-1]
        today = day_of(self.now)
        if one.resolved_on and today > one.resolved_on + timedelta(days=30):
            self.begin(ref)
            return
        one.words += 1
        if one.state == "resolved":
            self.turn(one)

    def begin(self, ref: str) -> None:
        """Expect a new inquiry, with the next number of its year."""
        today = day_of(self.now)
        self.years[today.year] += 1
        number = f"О-{today.year}-{self.years[today.year]:04}"
        due, first = add_working_days(today, 14), add_working_days(today, 3)
        one = Expected(number=number, answer_due_on=due, first_due_on=first)
        self.rounds.setdefault(ref, []).append(one)
        self.emitted["inquiry_accepted"] += 1

    def turn(self, one: Expected) -> None:
        """Expect a reopening today."""
        today = day_of(self.now)
        one.state, one.outcome, one.resolved_on = "registered", None, None
        one.turn += 1
        one.told = set()
        one.answer_due_on = add_working_days(today, 14)
        if not one.was_answered:
            one.first_due_on = add_working_days(today, 3)
        self.emitted["inquiry_reopened"] += 1

    def missed(self, one: Expected) -> set[str]:
        """Return the deadlines of an inquiry that are missed now."""
        today = day_of(self.now)
        first = not one.was_answered and one.first_due_on < today
        late = one.answer_due_on < today
        if one.state != "registered":
            return set()
        return {name for name, is_late in (("first_response", first), ("answer", late)) if is_late}


def empty(db: Database) -> None:
    """Take every row out of every table."""
    tables = [*Base.metadata.tables, *ChassisBase.metadata.tables]
    with db.begin() as session:
        session.execute(text(f"TRUNCATE {', '.join(tables)} CASCADE"))


def test_the_life_cycle_follows_its_model(feedback_db: Database) -> None:
    run_state_machine_as_test(
        lambda: LifeCycle(feedback_db),  # type: ignore[arg-type]
        settings=settings(
            max_examples=25,
            stateful_step_count=18,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
