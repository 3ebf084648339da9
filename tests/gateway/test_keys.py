"""The key ring: fresh for 5 seconds, good for 10 minutes while its database is away."""

import pytest
from sqlalchemy import func, update

from chassis.db import Database
from chassis.errors import Unavailable
from gateway import accounts
from gateway.keys import KeyRing
from gateway.models import ApiKey


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


# A closed port: connections are refused at once.
NOWHERE = Database("postgresql://nobody@127.0.0.1:1/nothing")


def portal_key(db: Database) -> str:
    made = accounts.ensure_first_accounts(db.url)
    assert made is not None
    return made.portal_key


def revoke_all(db: Database) -> None:
    with db.begin() as session:
        session.execute(update(ApiKey).values(revoked_at=func.now()))


def test_it_finds_the_portals_key_and_no_other(gateway_db: Database) -> None:
    secret, ring = portal_key(gateway_db), KeyRing()
    found = ring.find(gateway_db, secret)
    assert found and (found.role, found.sources, found.types) == ("portal", None, None)
    assert ring.find(gateway_db, secret + "x") is None


def test_it_reads_a_key_again_once_for_all_who_come_meanwhile(
    gateway_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, reads = Clock(), []
    secret, ring = portal_key(gateway_db), KeyRing(clock)
    known = ring.find(gateway_db, secret)
    clock.seconds += 6

    def read(db: Database, hashed: bytes) -> object:
        reads.append(hashed)
        assert ring.find(db, secret) == known, "somebody who comes while it is read"
        return known

    monkeypatch.setattr("gateway.keys._read", read)
    assert ring.find(gateway_db, secret) == known
    assert len(reads) == 1


def test_it_drops_a_revoked_key_within_five_seconds(gateway_db: Database) -> None:
    clock = Clock()
    secret, ring = portal_key(gateway_db), KeyRing(clock)
    assert ring.find(gateway_db, secret)
    revoke_all(gateway_db)
    clock.seconds += 4.9
    assert ring.find(gateway_db, secret)
    clock.seconds += 0.2
    assert ring.find(gateway_db, secret) is None


def test_it_trusts_a_known_key_for_ten_minutes_without_the_database(gateway_db: Database) -> None:
    clock = Clock()
    secret, ring = portal_key(gateway_db), KeyRing(clock)
    assert ring.find(gateway_db, secret)
    clock.seconds += 599
    assert ring.find(NOWHERE, secret)
    clock.seconds += 2
    with pytest.raises(Unavailable):
        ring.find(NOWHERE, secret)


def test_it_does_not_know_a_new_key_while_the_database_is_away() -> None:
    with pytest.raises(Unavailable) as refusal:
        KeyRing().find(NOWHERE, "ak_new")
    assert refusal.value.code == "database_away"


def test_it_asks_a_database_that_is_away_only_now_and_then(gateway_db: Database) -> None:
    clock = Clock()
    secret, ring = portal_key(gateway_db), KeyRing(clock)
    assert ring.find(gateway_db, secret)
    clock.seconds += 6
    assert ring.find(NOWHERE, secret)
    revoke_all(gateway_db)
    assert ring.find(gateway_db, secret), "not asked again within three seconds"
    clock.seconds += 4
    assert ring.find(gateway_db, secret) is None
