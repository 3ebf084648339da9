"""The online events of the year: announced, changed, cancelled, registered for, attended, held.

52 of them have ten participants or more before December, which is what ToR row 9 asks for (50);
three fall short of ten, one of these with nine, and two are cancelled.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random

from chassis.calendar_kg import add_working_days, is_working_day
from contracts.parts import Words
from launch.demo import YEAR
from launch.demo.acts import instant, month_days
from launch.demo.data import load
from launch.demo.registrations import INVITATION_WEEKDAY, Joined

# Counting events month by month; the plan's window ends with November.
COUNTING = (2, 3, 4, 4, 3, 5, 4, 4, 7, 8, 8, 2)
# How many of a month's events are announced to local self-government: the year's mail is bounded.
FOR_BODIES = (2, 2, 2, 2, 1, 2, 1, 1, 1, 1, 1, 0)
SHORT = {2: 9, 5: 6, 10: 9}
CANCELLED = (4, 9)
# The tenth participant of this month's last event is reported when its report has been mailed.
LATE_LIST = 6
AUDIENCES = (
    ["communities", "experts"],
    ["universities", "experts"],
    ["consulting_ngo"],
    ["donors_projects", "consulting_ngo"],
    ["business"],
    ["citizens", "communities"],
    ["state_executive"],
    ["universities"],
)
STARTS = (time(10, 0), time(11, 0), time(14, 0), time(15, 0), time(16, 0))
KINDS = ("webinar", "webinar", "training", "discussion", "consultation")
NOTICE = range(5, 15)
# So few working days ahead that the proxy of row 3 shows late notices.
HURRIED = (3, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """An online event as it is planned, and what will become of it.

    ``announced``, ``changed`` and ``cancelled`` are instants of notices; ``moved_to`` is the new
    start. ``guests`` are attendees without an account, among the ``participants`` who count.
    """

    ref: str
    title: Words
    kind: str
    topic: str
    starts: datetime
    hours: float
    audiences: list[str]
    announced: datetime
    min_minutes: int | None
    participants: int
    guests: int = 0
    moved_to: datetime | None = None
    changed: datetime | None = None
    cancelled: datetime | None = None
    late_list: bool = False

    @property
    def begins(self) -> datetime:
        """When it really begins."""
        return self.moved_to or self.starts

    @property
    def ends(self) -> datetime:
        """When it ends."""
        return self.begins + timedelta(hours=self.hours)


def plan(joined: Sequence[Joined], seed: int) -> list[Meeting]:
    """Return the year's meetings in the order of their start."""
    random = Random(f"{seed}:meetings")
    found: list[Meeting] = []
    for month in range(1, 13):
        sizes = _sizes(random, month)
        days = _days(random, month, len(sizes))
        for size, day in zip(sizes, days, strict=True):
            found.append(_meeting(random, number=len(found) + 1, day=day, size=size))
        found[-len(sizes) :] = _addressed(random, found[-len(sizes) :], month)
    return _with_turns(random, _fitting(found, joined))


def _sizes(random: Random, month: int) -> list[int]:
    """Draw the participants of a month's meetings; 0 stands for one that is cancelled."""
    sizes = [random.randint(10, 16 if month < 3 else 22) for _ in range(COUNTING[month - 1])]
    sizes += [SHORT[month]] if month in SHORT else []
    sizes += [0] if month in CANCELLED else []
    random.shuffle(sizes)
    if month == LATE_LIST:
        sizes[-1] = 10
    return sizes


def _days(random: Random, month: int, count: int) -> list[date]:
    """Draw working days: in January late, so that they can be announced within the year."""
    days = [day for day in month_days(month) if is_working_day(day) and day.weekday() < 5]
    first, last = {1: (8, None), 12: (2, 12)}.get(month, (0, None))
    chosen = sorted(random.sample(days[first:last], count))
    if month == LATE_LIST:
        chosen[-1] = days[-1]
    return chosen


def _meeting(random: Random, *, number: int, day: date, size: int) -> Meeting:
    topics = load("meetings")["topics"]
    row = topics[(number - 1) % len(topics)]
    kind = random.choice(KINDS)
    starts = instant(day, random.choice(STARTS))
    return Meeting(
        ref=f"event-{number:03}",
        title=_title(row, kind, again=number > len(topics)),
        kind=kind,
        topic=row[0],
        starts=starts,
        hours=random.choice((1, 1.5, 2)),
        audiences=random.choice(AUDIENCES),
        announced=_announced(random, day),
        min_minutes=random.choice((20, 20, 15, 30, None)),
        participants=size,
        guests=random.randint(0, 2) if size else 0,
    )


def _title(row: list[str], kind: str, *, again: bool) -> Words:
    kinds = load("meetings")["kinds"][kind]
    endings = load("meetings")["again"] if again else ("", "", "")
    ru, ky, en = (f"{kinds[n]}: {topic}{endings[n]}" for n, topic in enumerate(row[1:]))
    return Words(ru=ru, ky=ky, en=en)


def _announced(random: Random, day: date) -> datetime:
    """Return a Wednesday morning 5 to 14 working days ahead, or the nearest before that.

    On Wednesdays no client comes or changes: see ``registrations.client_days``.
    """
    ahead = [add_working_days(day, -n) for n in NOTICE]
    wednesdays = [each for each in ahead if _is_for_invitations(each)]
    chosen = random.choice(wednesdays) if wednesdays else _invitation_day_before(ahead[-1])
    return instant(chosen, time(9, random.randint(15, 55)))


def _is_for_invitations(day: date) -> bool:
    # On 1 June a client comes a quarter of an hour after midnight.
    is_free = day != date(YEAR, 6, 1) and day >= date(YEAR, 1, 10)
    return is_free and day.weekday() == INVITATION_WEEKDAY and is_working_day(day)


def _invitation_day_before(day: date) -> date:
    while not _is_for_invitations(day):
        day -= timedelta(days=1)
    return day


def _addressed(random: Random, meetings: list[Meeting], month: int) -> list[Meeting]:
    """Address some of a month's meetings to local self-government, and hurry one notice."""
    wanted = FOR_BODIES[month - 1]
    for number in random.sample(range(len(meetings)), wanted):
        meetings[number] = replace(meetings[number], audiences=["lsg_bodies"])
    if month in HURRIED:
        meetings[-1] = _hurried(meetings[-1])
    return meetings


def _hurried(meeting: Meeting) -> Meeting:
    """Announce a meeting one working day ahead only, and let it begin on a Thursday for that."""
    day = meeting.starts.date()
    days = [day - timedelta(days=n) for n in range(14)]
    eve = next(
        one for one in days if _is_for_invitations(one) and is_working_day(one + timedelta(days=1))
    )
    starts = instant(eve + timedelta(days=1), meeting.starts.timetz().replace(tzinfo=None))
    return replace(meeting, starts=starts, announced=instant(eve, time(16, 5)))


def _fitting(meetings: list[Meeting], joined: Sequence[Joined]) -> list[Meeting]:
    """Fill the first meetings with guests where the base is too small for their size."""
    found = []
    for meeting in meetings:
        people = sum(
            1 for one in joined if one.ref.startswith("person") and one.at < meeting.starts
        )
        guests = max(meeting.guests, meeting.participants - people * 2 // 3)
        found.append(replace(meeting, guests=min(guests, meeting.participants)))
    return found


def _with_turns(random: Random, meetings: list[Meeting]) -> list[Meeting]:
    """Cancel two, move six (one of them into the next month) and mark the late list."""
    found = {one.ref: one for one in meetings}
    for one in meetings:
        if one.participants == 0:
            found[one.ref] = replace(one, cancelled=_afterwards(random, one))
    june = [one for one in meetings if one.starts.month == LATE_LIST]
    found[june[-1].ref] = replace(june[-1], late_list=True, guests=0)
    movable = [one for one in meetings if _can_move(one) and one.ref != june[-1].ref]
    for one in random.sample(movable, 5):
        found[one.ref] = _moved(random, one, days=1)
    over = next(one for one in reversed(movable) if one.starts.month == 8)
    found[over.ref] = _moved(random, over, days=(date(YEAR, 9, 2) - over.starts.date()).days)
    return sorted(found.values(), key=lambda one: (one.begins, one.ref))


def _can_move(one: Meeting) -> bool:
    is_counting = one.participants >= 10 and one.starts.month in range(3, 12)
    return is_counting and one.starts.weekday() < 3 and one.starts.day < 26


def _moved(random: Random, one: Meeting, *, days: int) -> Meeting:
    moved_to = one.starts + timedelta(days=days)
    return replace(one, moved_to=moved_to, changed=_afterwards(random, one))


def _afterwards(random: Random, one: Meeting) -> datetime:
    """Draw the time of a correction: on a Wednesday before the start, or else an hour before it."""
    days = [one.announced.date() + timedelta(days=n) for n in range(1, 30)]
    free = [day for day in days if _is_for_invitations(day) and day < one.starts.date()]
    if not free:
        return one.announced + timedelta(hours=random.randint(3, 5), minutes=random.randint(1, 50))
    return instant(random.choice(free), time(10, random.randint(1, 50)))
