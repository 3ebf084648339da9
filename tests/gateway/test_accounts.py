"""Sign-in, sessions and the first start, on a real database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from chassis.db import Database
from chassis.errors import TooMany, Unauthorised
from gateway import account_links, accounts
from gateway.audit_log import Who
from gateway.models import Account, AccountLink, ApiKey, Session, SignInAttempt
from gateway.secrets_kept import Hashing, check_password, digest

PASSWORD = "four calm horses under a bridge"
HERE = "192.0.2.1"
ME = Who("admin", "administrator", HERE)
NEVER = Hashing(check=lambda *_: False)


def first(db: Database) -> accounts.FirstAccounts:
    made = accounts.ensure_first_accounts(db.url)
    assert made is not None
    return made


def signed_in(db: Database, made: accounts.FirstAccounts) -> accounts.SignedIn:
    return accounts.sign_in(db, made.admin_login, made.admin_password, address=HERE)


def test_it_makes_the_first_accounts_once_for_any_number_of_starters(gateway_db: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(accounts.ensure_first_accounts, [gateway_db.url] * 4))
    assert sum(item is not None for item in made) == 1
    with gateway_db.begin() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 1
        assert session.scalar(select(func.count()).select_from(ApiKey)) == 1


def test_it_keeps_no_secret_in_clear(gateway_db: Database) -> None:
    made = first(gateway_db)
    token = signed_in(gateway_db, made).token
    with gateway_db.begin() as session:
        account = session.scalars(select(Account)).one()
        assert account.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert session.scalars(select(ApiKey)).one().key_hash == digest(made.portal_key)
        assert session.scalars(select(Session)).one().token_hash == digest(token)


def test_it_signs_in_whatever_the_case_of_the_login(gateway_db: Database) -> None:
    made = first(gateway_db)
    token = accounts.sign_in(gateway_db, " ADMIN ", made.admin_password, address=HERE).token
    staff = accounts.find_session(gateway_db, token)
    assert staff and (staff.login, staff.role) == ("admin", "administrator")


@pytest.mark.parametrize("login", ["admin", "nobody"])
def test_it_says_the_same_for_a_wrong_password_and_an_unknown_login(
    gateway_db: Database, login: str
) -> None:
    first(gateway_db)
    compared: list[bool] = []

    def check(kept: str | None, password: str) -> bool:
        # The slow comparison is made in both cases.
        compared.append(True)
        return check_password(kept, password)

    with pytest.raises(Unauthorised) as refusal:
        accounts.sign_in(gateway_db, login, "wrong", address=HERE, hashing=Hashing(check=check))
    assert (refusal.value.code, compared) == ("wrong_login", [True])


def test_it_stops_guessing_after_five_attempts(gateway_db: Database) -> None:
    made = first(gateway_db)

    def guess(_: int) -> str:
        try:
            accounts.sign_in(gateway_db, "admin", "wrong", address=HERE, hashing=NEVER)
        except Unauthorised:
            return "wrong"
        except TooMany as refusal:
            assert 0 < refusal.params["retry_after"] <= 900
            return "too many"
        return "in"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(12)))
    assert (answers.count("wrong"), answers.count("too many")) == (5, 7)
    with pytest.raises(TooMany):
        signed_in(gateway_db, made)
    # Another address is another guesser.
    accounts.sign_in(gateway_db, "admin", made.admin_password, address="192.0.2.2")


def test_it_forgets_attempts_after_a_quarter_of_an_hour(gateway_db: Database) -> None:
    made = first(gateway_db)
    for _ in range(5):
        with pytest.raises(Unauthorised):
            accounts.sign_in(gateway_db, "admin", "wrong", address=HERE, hashing=NEVER)
    with gateway_db.begin() as session:
        session.execute(update(SignInAttempt).values(at=SignInAttempt.at - timedelta(minutes=16)))
    assert signed_in(gateway_db, made).token


def test_it_forgets_attempts_after_the_right_password(gateway_db: Database) -> None:
    made = first(gateway_db)
    for _ in range(7):
        signed_in(gateway_db, made)
    with gateway_db.begin() as session:
        assert session.scalar(select(func.count()).select_from(SignInAttempt)) == 0


@pytest.mark.parametrize(
    ("column", "age", "is_there"),
    [
        ("seen_at", timedelta(minutes=29), True),
        ("seen_at", timedelta(minutes=31), False),
        ("created_at", timedelta(hours=11, minutes=59), True),
        ("created_at", timedelta(hours=12, minutes=1), False),
    ],
)
def test_it_ends_an_idle_and_an_old_session(
    gateway_db: Database, column: str, age: timedelta, is_there: bool
) -> None:
    token = signed_in(gateway_db, first(gateway_db)).token
    with gateway_db.begin() as session:
        session.execute(update(Session).values({column: getattr(Session, column) - age}))
    assert (accounts.find_session(gateway_db, token) is not None) is is_there


def test_it_keeps_a_used_session_alive(gateway_db: Database) -> None:
    token = signed_in(gateway_db, first(gateway_db)).token
    for _ in range(3):
        with gateway_db.begin() as session:
            session.execute(update(Session).values(seen_at=Session.seen_at - timedelta(minutes=20)))
        assert accounts.find_session(gateway_db, token)


def test_it_signs_out(gateway_db: Database) -> None:
    token = signed_in(gateway_db, first(gateway_db)).token
    accounts.sign_out(gateway_db, token, ME)
    accounts.sign_out(gateway_db, token, ME)
    assert accounts.find_session(gateway_db, token) is None


def test_it_lets_a_disabled_account_neither_in_nor_stay(gateway_db: Database) -> None:
    made = first(gateway_db)
    token = signed_in(gateway_db, made).token
    with gateway_db.begin() as session:
        session.execute(update(Account).values(disabled_at=func.now()))
    assert accounts.find_session(gateway_db, token) is None
    with pytest.raises(Unauthorised):
        signed_in(gateway_db, made)


def test_it_waits_longer_after_every_five_wrong_guesses(gateway_db: Database) -> None:
    first(gateway_db)
    waits = []
    for _ in range(7):
        for _ in range(5):
            with pytest.raises(Unauthorised):
                accounts.sign_in(gateway_db, "admin", "wrong", address=HERE, hashing=NEVER)
        with pytest.raises(TooMany) as refusal:
            accounts.sign_in(gateway_db, "admin", "wrong", address=HERE, hashing=NEVER)
        waits.append(round(refusal.value.params["retry_after"] / 60))
        age(gateway_db, timedelta(minutes=waits[-1] + 1))
    assert waits == [15, 30, 60, 120, 240, 240, 240]


def test_it_forgets_guesses_after_a_day(gateway_db: Database) -> None:
    first(gateway_db)
    for _ in range(5):
        with pytest.raises(Unauthorised):
            accounts.sign_in(gateway_db, "admin", "wrong", address=HERE, hashing=NEVER)
    age(gateway_db, timedelta(hours=25))
    with pytest.raises(Unauthorised):
        accounts.sign_in(gateway_db, "admin", "wrong", address=HERE, hashing=NEVER)
    with gateway_db.begin() as session:
        assert session.scalar(select(func.count()).select_from(SignInAttempt)) == 1


def test_it_stops_who_guesses_at_links(gateway_db: Database) -> None:
    link = link_of(gateway_db, first(gateway_db))
    for _ in range(5):
        with pytest.raises(Unauthorised):
            account_links.redeem(gateway_db, "al_guess", PASSWORD, address=HERE)
    with pytest.raises(TooMany):
        account_links.redeem(gateway_db, link.token, PASSWORD, address=HERE)
    account_links.redeem(gateway_db, link.token, PASSWORD, address="192.0.2.2")


def test_it_ends_a_link_after_half_an_hour_or_by_the_next_one(gateway_db: Database) -> None:
    made = first(gateway_db)
    replaced, link = (link_of(gateway_db, made) for _ in range(2))
    with pytest.raises(Unauthorised):
        account_links.redeem(gateway_db, replaced.token, PASSWORD, address=HERE)
    with gateway_db.begin() as session:
        created = AccountLink.created_at - timedelta(minutes=31)
        session.execute(update(AccountLink).values(created_at=created))
    with pytest.raises(Unauthorised):
        account_links.redeem(gateway_db, link.token, PASSWORD, address=HERE)


def test_it_lets_one_of_two_use_a_link(gateway_db: Database) -> None:
    link = link_of(gateway_db, first(gateway_db))

    def use(number: int) -> bool:
        try:
            account_links.redeem(gateway_db, link.token, PASSWORD, address=f"192.0.2.{number}")
        except Unauthorised:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(use, range(4))) == 1


def test_it_renews_a_hash_that_is_out_of_date(gateway_db: Database) -> None:
    made = first(gateway_db)
    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)
    with gateway_db.begin() as session:
        session.execute(update(Account).values(password_hash=old.hash(made.admin_password)))
    signed_in(gateway_db, made)
    with gateway_db.begin() as session:
        assert "m=19456,t=2,p=1" in str(session.scalars(select(Account.password_hash)).one())


def age(db: Database, by: timedelta) -> None:
    """Let the attempts so far be older."""
    with db.begin() as session:
        session.execute(update(SignInAttempt).values(at=SignInAttempt.at - by))


def link_of(db: Database, made: accounts.FirstAccounts) -> account_links.Link:
    with db.begin() as session:
        account = session.scalars(select(Account).where(Account.login == made.admin_login)).one()
        return account_links.issue(session, account, ME)
