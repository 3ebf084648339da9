"""The rest of the portal's year: magazine, services, practices, votes, contests, payments.

These facts are journalled for now; the issues that bring their figures find a full year waiting.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from contracts.parts import Words
from contracts.portal import (
    ContestEntrySubmittedV1,
    IssuePublishedV1,
    PaymentReceivedV1,
    PracticePublishedV1,
    ServiceUpdatedV1,
    VoteCastV1,
)
from launch.demo import YEAR
from launch.demo.acts import WAKING, Fact, fact, instant, sometime
from launch.demo.data import load
from launch.demo.registrations import Joined, client_days

FIRST_THROUGH_NUMBER = 147
PRICES = ("1500.00", "3000.00", "4500.00", "6000.00", "12000.00")
PAYMENTS, PAYERS_A_MONTH = 84, 7
POLLS_A_MONTH = 2
VOTERS = (6, 14)


def facts(joined: Sequence[Joined], seed: int) -> list[Fact]:
    """Return everything that is published, voted, entered and paid in the year."""
    random = Random(f"{seed}:publications")
    found = [*_issues(random, seed), *_services(random, seed), *_practices(random, seed)]
    for month in range(1, 13):
        found += _votes(random, seed, month, joined)
        found += _payments(random, seed, month, joined)
    return found + _entries(random, seed, joined)


def _words(row: Sequence[str]) -> Words:
    return Words(ru=row[0], ky=row[1], en=row[2])


def _issues(random: Random, seed: int) -> list[Fact]:
    found = []
    for number in range(1, 13):
        through = FIRST_THROUGH_NUMBER + number
        title = [one.format(number=number, through=through) for one in load("others")["issue"]]
        day = client_days(number)[-3]
        data = IssuePublishedV1(
            issue_ref=f"issue-{YEAR}-{number:02}",
            title=_words(title),
            number=number,
            through_number=through,
            published_on=day,
            url=f"https://portal.example/magazine/{through}",
        )
        found.append(fact(seed, data, at=sometime(random, day)))
    return found


def _services(random: Random, seed: int) -> list[Fact]:
    found = []
    for number, row in enumerate(load("others")["services"], 1):
        day = random.choice(client_days(random.randint(2, 12)))
        data = ServiceUpdatedV1(
            service_ref=f"service-{number:02}",
            title=_words(row),
            url=f"https://portal.example/services/{number}",
            audiences=random.choice((None, ["lsg_bodies"], ["lsg_bodies", "experts"])),
        )
        found.append(fact(seed, data, at=sometime(random, day)))
    return found


def _practices(random: Random, seed: int) -> list[Fact]:
    found = []
    for month, row in enumerate(load("others")["practices"], 1):
        day = random.choice(client_days(month))
        data = PracticePublishedV1(
            practice_ref=f"practice-{month:02}",
            title=_words(row),
            url=f"https://portal.example/practices/{month}",
        )
        found.append(fact(seed, data, at=sometime(random, day)))
    return found


def _people(joined: Sequence[Joined], before: datetime) -> list[Joined]:
    return [one for one in joined if one.ref.startswith("person") and one.at < before]


def _votes(random: Random, seed: int, month: int, joined: Sequence[Joined]) -> list[Fact]:
    """Two polls a month, on three days each, so that voting does not wake up every day."""
    found = []
    for half in range(POLLS_A_MONTH):
        days = [day for day in client_days(month) if day.day > 10][half::POLLS_A_MONTH][:3]
        known = _people(joined, instant(days[0], time(0)))
        for one in random.sample(known, min(random.randint(*VOTERS), len(known))):
            data = VoteCastV1(
                poll_ref=f"poll-{YEAR}-{month:02}-{half + 1}",
                client_ref=one.ref,
                option=random.choice(load("others")["polls"]),
            )
            found.append(fact(seed, data, at=sometime(random, random.choice(days), WAKING)))
    return found


def _payments(random: Random, seed: int, month: int, joined: Sequence[Joined]) -> list[Fact]:
    days = [day for day in client_days(month) if day.day > 10]
    known = [one for one in joined if one.at < instant(days[0], time(0))]
    bodies = [one for one in known if not one.ref.startswith("person")]
    found = []
    for number in range(1, PAYERS_A_MONTH + 1):
        payer = random.choice(bodies or known)
        at = sometime(random, random.choice(days))
        data = PaymentReceivedV1(
            payment_ref=f"payment-{YEAR}-{month:02}-{number}",
            payer_ref=payer.ref,
            amount=Decimal(random.choice(PRICES)),
            currency="KGS",
            method=random.choice(("bank", "bank", "bank", "terminal", "e_wallet")),
            document_no=str(1000 * month + number),
            purpose=random.choice(load("others")["payments"]),
            received_on=at.date(),
        )
        found.append(fact(seed, data, at=at))
    return found


def _entries(random: Random, seed: int, joined: Sequence[Joined]) -> list[Fact]:
    found = []
    contests = load("others")["contests"]
    for number, title in enumerate(load("others")["entries"]):
        ref, opens, closes = contests[number % len(contests)]
        first, last = date.fromisoformat(opens), date.fromisoformat(closes)
        day = _client_day(random, first, last)
        author = random.choice(_people(joined, instant(first, time(0))))
        data = ContestEntrySubmittedV1(
            contest_ref=ref,
            entry_ref=f"{ref}-{number + 1:02}",
            title=title,
            client_ref=author.ref,
            territory=author.client.territory,
        )
        found.append(fact(seed, data, at=sometime(random, day)))
    return found


def _client_day(random: Random, first: date, last: date) -> date:
    days = [first + timedelta(days=n) for n in range((last - first).days)]
    return random.choice([day for day in days if day in client_days(day.month)])
