"""Plays the story on a running product: moves the clock, posts, acts, and waits for quiet.

It is a user of the product like any other: everything goes over HTTP but the clock, which is a
file of the state folder that nobody else moves.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

import requests

from chassis.clock import BISHKEK, read_clock
from contracts.catalogue import SERVICES, find
from contracts.portal import ClientRegisteredV1, InquiryOpenedV1
from launch import credentials
from launch.demo import quiet
from launch.demo.acts import Fact
from launch.demo.administrator import Administrator
from launch.demo.ledger import Ledger, open_ledger
from launch.demo.portal import Portal
from launch.demo.progress import Display, Tally, display
from launch.demo.story import Day, Stop, days, tell
from launch.demo.wire import Wire
from launch.errors import LaunchError
from launch.files import write_private
from launch.state import State

REPORT_MAILED = "reporting.report_mailed"
# How long a product that was only just started is waited for.
HELLO_SECONDS = 15.0


@dataclass(slots=True)
class Posted:
    """What the portal has posted since January; a fact that is sent twice is one fact."""

    ids: set[str] = field(default_factory=set)
    by_type: Counter[str] = field(default_factory=Counter)
    inquiries: int = 0
    # Who has registered, with the reference of the organisation that the registration names.
    registered: dict[str, str | None] = field(default_factory=dict)
    # The facts that came before a client whom they name: their types and these references.
    ahead: list[tuple[str, list[str]]] = field(default_factory=list)

    def add(self, one: Fact) -> None:
        """Count a fact, once."""
        if one.id in self.ids:
            return
        self.ids.add(one.id)
        self.by_type[one.type] += 1
        self.inquiries += isinstance(one.data, InquiryOpenedV1)
        client = getattr(one.data, "client_ref", None)
        employer = getattr(one.data, "organisation_ref", None)
        if isinstance(one.data, ClientRegisteredV1):
            self.registered[one.data.client_ref] = employer
            client = None
        self.ahead.append((one.type, [ref for ref in (client, employer) if ref]))

    def early(self) -> Counter[str]:
        """Return how many facts wait in each service for a client who has not registered yet."""
        self.ahead = [(name, refs) for name, refs in self.ahead if not all(map(self._knows, refs))]
        return Counter(
            service
            for name, _ in self.ahead
            for service in SERVICES
            if service in find(name).listeners
        )

    def _knows(self, ref: str) -> bool:
        """Whether a client has registered; a person waits for the organisation that it names."""
        employer = self.registered.get(ref)
        return ref in self.registered and (employer is None or self._knows(employer))


@dataclass(slots=True)
class Player:
    """One run of the demo: who it speaks as, and what has been posted since January."""

    clock: Path
    portal: Portal
    administrator: Administrator
    watch: quiet.Watch
    ledger: Ledger
    screen: Display
    tally: Tally = field(default_factory=Tally)
    posted: Posted = field(default_factory=Posted)
    reports: int = 0

    def play(self, day: Day) -> None:
        """Play a day, unless an earlier run has; all of it can be played twice."""
        is_over = self.ledger.last_day is not None and day.on <= self.ledger.last_day
        for stop in day.stops:
            self._count(stop)
            if not is_over:
                self._stop(stop)
        if not is_over:
            self.ledger.finish(day)
        self.screen.show(day.on, self.tally, is_new=not is_over)

    def _count(self, stop: Stop) -> None:
        for one in stop.facts:
            self.posted.add(one)
        self.tally.events = len(self.posted.ids)
        self.tally.inquiries = self.posted.inquiries
        self.tally.acts += len(stop.acts)
        self.reports += stop.report is not None

    def _stop(self, stop: Stop) -> None:
        self.ledger.begin(stop)
        move(self.clock, stop.at)
        self.portal.post(stop.facts)
        for act in stop.acts:
            self.administrator.do(act)
        if stop.settles:
            self._settle(stop)
        self.ledger.done(stop)

    def _settle(self, stop: Stop) -> None:
        early = self.posted.early()
        services = self.watch.wait(self.posted.by_type, at=stop.at, early=early)
        if stop.report is None:
            return
        mailed = services[quiet.JOURNAL]["emitted"].get(REPORT_MAILED, 0)
        if mailed < self.reports:
            raise LaunchError(
                f"The schedule did not mail the report on {stop.report}: {mailed} of "
                f"{self.reports} reports have been mailed. Is AYMAK_REPORT_TO set?"
            )
        self.screen.say(f"{stop.at:%d %B %Y}: the report on {stop.report} was mailed")


def play(state: Path, *, months: int, seed: int) -> None:
    """Play the story of a seed on the product of a state folder; see ``launch.demo.run``."""
    place = State(state)
    kept = credentials.read(place.credentials)
    if not place.is_demo:
        raise LaunchError(
            f"{state} was not started with --demo: the demo plays on a demo clock only. Start "
            "./aymak up --demo, with a folder of its own."
        )
    with open_ledger(state, seed) as ledger, requests.Session() as session:
        _refuse_other_time(place.clock, ledger.last_day)
        year = list(days(tell(seed), months=months))
        with display(place.mail, len(year)) as screen:
            _greet(kept.url, session)
            wire = Wire(kept.url, session, say=screen.say)
            staff = Administrator(wire, kept)
            portal = Portal(wire, kept.portal_key)
            player = Player(place.clock, portal, staff, quiet.Watch(staff), ledger, screen)
            for day in year:
                player.play(day)
            _summarise(player, screen.say)


def _greet(url: str, session: requests.Session) -> None:
    """Raise LaunchError with a way out when no product answers."""
    try:
        Wire(url, session, patience=HELLO_SECONDS, say=lambda _: None).ask("GET", "/healthz")
    except LaunchError as error:
        raise LaunchError(f"Nothing answers at {url}: start it with ./aymak up --demo.") from error


def move(clock: Path, at: datetime) -> None:
    """Move the demo clock forward to an instant, in one step; never back."""
    if at > read_clock(clock):
        write_private(clock, at.isoformat() + "\n")


def _refuse_other_time(clock: Path, last_day: date | None) -> None:
    """Refuse a clock that somebody else has moved: the past would be mailed too late."""
    following = (last_day or date(2021, 12, 31)) + timedelta(days=1)
    if read_clock(clock) > datetime.combine(following, time.max, BISHKEK):
        raise LaunchError(
            f"The demo has played until {following - timedelta(days=1)}, but {clock} is further "
            "on: choose an empty folder with --state."
        )


def _summarise(player: Player, say: Callable[[str], None]) -> None:
    services = player.administrator.get("/v1/status", counts="1")["services"]
    tally = player.tally
    say(
        f"Played: {tally.events} events, {tally.inquiries} inquiries, {tally.acts} acts of the "
        f"administrator, {player.reports} reports mailed."
    )
    if count := quiet.dead(services):
        say(f"{count} events lie in the dead letters: see ./aymak logs.")
