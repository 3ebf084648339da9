"""What the sender of a chaos run sends: a portal's day in small, the same for the same seed.

Registrations with changes, inquiries with comments, online events with registrations and stays,
facts that only the journal hears; shuffled in windows, a tenth of them repeated, and now and then
poison: what no gateway could refuse, or what comes past it (quality.md, fault rows 12 and 15).
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.envelope import REGISTRY, Event
from contracts.parts import ClientName, Consent, Contact, Words
from contracts.portal import (
    ClientRegisteredV1,
    ClientUpdatedV1,
    ClientVerifiedV1,
    EventAnnouncedV1,
    EventAttendedV1,
    EventHeldV1,
    EventRegisteredV1,
    InquiryCommentedV1,
    InquiryOpenedV1,
    InquiryRatedV1,
    VoteCastV1,
)

SOURCE = "https://chaos.example"
WINDOW = 20
REPEATED = 0.1
# How often a sender gives an event up after one try: only facts that nothing waits for.
IMPATIENT = 0.2
# One event in 500 is poison; the first comes early, so that a short run has one too.
POISON_EVERY, FIRST_POISON = 500, 40
OTHER_CONTENT, BROKEN, UNDECODABLE = "other_content", "broken", "undecodable"
KINDS_OF_POISON = (OTHER_CONTENT, BROKEN, UNDECODABLE)


@dataclass(frozen=True, slots=True)
class Item:
    """One event to send; ``poison`` says what is wrong with it, ``once``: it is tried only once.

    What is broken or undecodable goes to the exchange, past the gateway; the rest is posted.
    """

    id: str
    type: str
    body: bytes
    poison: str = ""
    once: bool = False

    @property
    def is_past_the_gateway(self) -> bool:
        """Whether the gateway would have refused it."""
        return self.poison in (BROKEN, UNDECODABLE)


class Stream:
    """A stream of items; it ends with a whole window, so that nothing waits for ever.

    Threads that share it need a lock.
    """

    def __init__(self, seed: int, began: datetime) -> None:
        self._dice = random.Random(seed)
        self._seed = seed
        self._began = began
        self._number = 0
        self._clients: list[str] = []
        self._recent: list[Item] = []
        self._poisoned = 0
        self._is_ending = False

    def end(self) -> None:
        """Let the window at hand be the last one."""
        self._is_ending = True

    def __iter__(self) -> Iterator[Item]:
        """Yield items until the end is asked for."""
        sent = 0
        while not self._is_ending:
            for item in self._window():
                yield item
                sent += 1
                if sent % POISON_EVERY == FIRST_POISON:
                    yield from self._poison()

    def _window(self) -> list[Item]:
        stories = (self._client, self._client, self._inquiry, self._meeting, self._vote)
        found: list[Item] = []
        while len(found) < WINDOW:
            found += self._dice.choice(stories)()
        found += self._dice.sample(self._recent, int(len(self._recent) * REPEATED))
        self._recent = [item for item in found if not item.once]
        self._dice.shuffle(found)
        return found

    def _poison(self) -> Iterator[Item]:
        kind = KINDS_OF_POISON[self._poisoned % len(KINDS_OF_POISON)]
        self._poisoned += 1
        registered = next(item for item in self._client() if item.type == "client_registered")
        # Most of these never register: no other fact may wait for them.
        self._clients.pop()
        yield registered if kind == OTHER_CONTENT else _poisoned(registered, kind)
        if kind == OTHER_CONTENT:
            yield _poisoned(registered, kind)

    # --- stories -------------------------------------------------------------------------------

    def _client(self) -> list[Item]:
        ref = f"c-{self._next()}"
        self._clients.append(ref)
        first = ClientRegisteredV1(
            client_ref=ref,
            kind="person",
            audience=self._dice.choice(("citizens", "lsg_bodies")),
            name=ClientName(surname=f"Асанов {ref}"),
            email=f"{ref}-{self._seed}@chaos.example",
            consent=Consent(text_version="1", at=self._began, channel="portal"),
        )
        phones = [f"0700 {self._dice.randrange(10**6):06d}" for _ in range(self._dice.randrange(3))]
        changes = [self._item(ClientUpdatedV1(client_ref=ref, phone=phone)) for phone in phones]
        verified = ClientVerifiedV1(client_ref=ref, method="document")
        return [self._item(first), *changes, self._item(verified, leaf=True)]

    def _inquiry(self) -> list[Item]:
        ref = f"q-{self._next()}"
        opened = InquiryOpenedV1(
            inquiry_ref=ref,
            kind="question",
            subject="Субсидии",
            text=f"Кто может получить? {ref}",
            language="ru",
            contact=Contact(email=f"{ref}-{self._seed}@chaos.example"),
        )
        comments = [
            InquiryCommentedV1(inquiry_ref=ref, text=f"Ещё вопрос {ref} {number}")
            for number in range(self._dice.randrange(4))
        ]
        rated = InquiryRatedV1(inquiry_ref=ref, score=self._dice.randrange(1, 6))
        leaves = [self._item(data, leaf=True) for data in (*comments, rated)]
        return [self._item(opened), *leaves]

    def _meeting(self) -> list[Item]:
        ref = f"m-{self._next()}"
        starts = self._began + timedelta(hours=2)
        announced = EventAnnouncedV1(
            event_ref=ref,
            title=Words(ru=f"Встреча {ref}"),
            starts_at=starts,
            ends_at=starts + timedelta(hours=1),
            audiences=["donors_projects"],
        )
        found = [self._item(announced)]
        for client in self._dice.sample(self._clients, min(3, len(self._clients))):
            stay = EventAttendedV1(
                event_ref=ref,
                client_ref=client,
                joined_at=starts,
                left_at=starts + timedelta(minutes=self._dice.randrange(5, 60)),
            )
            found.append(self._item(EventRegisteredV1(event_ref=ref, client_ref=client), leaf=True))
            found.append(self._item(stay, leaf=True))
        return [*found, self._item(EventHeldV1(event_ref=ref), leaf=True)]

    def _vote(self) -> list[Item]:
        who = self._dice.choice(self._clients or ["c-0"])
        vote = VoteCastV1(poll_ref="p-1", client_ref=who, option=self._dice.choice("abc"))
        return [self._item(vote, leaf=True)]

    # --- items ---------------------------------------------------------------------------------

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _item(self, data: Any, *, leaf: bool = False) -> Item:
        number = self._next()
        at = self._began + timedelta(milliseconds=number)
        once = leaf and self._dice.random() < IMPATIENT
        return item_of(data, f"{self._seed}-{number}", at, once=once)


def probe(number: int) -> Item:
    """Return a registration that shows whether all services work again after a fault."""
    data = ClientRegisteredV1(
        client_ref=f"probe-{number}",
        kind="person",
        audience="citizens",
        name=ClientName(surname=f"Пробный {number}"),
    )
    return item_of(data, f"probe-{number}", datetime.now(UTC))


def item_of(data: Any, event_id: str, at: datetime, *, once: bool = False) -> Item:
    """Return a contract object as an event of the chaos run's portal."""
    wire = Event(id=event_id, source=SOURCE, time=at, data=data).to_wire()
    return Item(event_id, REGISTRY[type(data)].type, _bytes(wire), once=once)


def _poisoned(good: Item, kind: str) -> Item:
    wire = json.loads(good.body)
    if kind == OTHER_CONTENT:
        wire["data"]["name"] = {"surname": "Другой"}
        return Item(good.id, good.type, _bytes(wire), kind)
    name = f"{kind}-{good.id}"
    if kind == UNDECODABLE:
        return Item(name, good.type, f"no event {name}".encode(), kind)
    wire |= {"id": name, "data": {"client_ref": "c-broken"}}
    return Item(name, good.type, _bytes(wire), kind)


def _bytes(wire: dict[str, Any]) -> bytes:
    return json.dumps(wire, ensure_ascii=False).encode()
