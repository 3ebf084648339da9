"""Staff accounts: first start, sign-in with its limit, sessions (quality.md S3, S4, S8).

All times here are the database's: sessions and limits run on real time, also in a demo whose
clock stands still.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session as Transaction

from chassis.db import Database
from chassis.errors import TooMany, Unauthorised
from gateway.models import Account, ApiKey, Session, SignInAttempt
from gateway.secrets_kept import (
    check_password,
    digest,
    hash_password,
    is_outdated,
    new_key,
    new_password,
    new_token,
)

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
WINDOW = timedelta(minutes=15)
ATTEMPTS = 5
# One first start at a time per database.
FIRST_LOCK = 7_021_985
FIRST_LOGIN = "admin"

Check = Callable[[str | None, str], bool]


@dataclass(frozen=True, slots=True)
class FirstAccounts:
    """What the first start made; shown once and not kept in clear."""

    admin_login: str
    admin_password: str
    portal_key: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: its token and the time at which it ends at the latest (UTC)."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Staff:
    """Who is behind a session."""

    login: str
    role: str
    expires_at: datetime


def ensure_first_accounts(database_url: str) -> FirstAccounts | None:
    """Make the administrator and the portal's key, unless the gateway has any account.

    Return them with their secrets in clear, or None. Safe to call by several at once.
    """
    database = Database(database_url)
    try:
        with database.begin() as session:
            session.execute(select(func.pg_advisory_xact_lock(FIRST_LOCK)))
            if session.scalar(select(func.count()).select_from(Account)):
                return None
            return _make_first(session)
    finally:
        database.close()


def _make_first(session: Transaction) -> FirstAccounts:
    made = FirstAccounts(FIRST_LOGIN, new_password(), new_key())
    session.add(
        Account(
            login=made.admin_login,
            password_hash=hash_password(made.admin_password),
            role="administrator",
        )
    )
    session.add(ApiKey(key_hash=digest(made.portal_key), name="portal", role="portal"))
    return made


def sign_in(
    db: Database, login: str, password: str, *, address: str, check: Check = check_password
) -> SignedIn:
    """Return a new session for the right password.

    Raises ``TooMany`` after five attempts within 15 minutes from one address on one login, else
    ``Unauthorised``, which is the same and takes the same time for a login that nobody has.
    ``check`` compares a kept hash (or None) with a password; it runs outside any transaction.
    """
    login = login.strip().lower()
    who = hashlib.sha256(f"{login}\n{address}".encode()).digest()
    with db.begin() as session:
        _note_attempt(session, who)
        found = session.execute(
            select(Account.id, Account.password_hash).where(
                Account.login == login, Account.disabled_at.is_(None)
            )
        ).one_or_none()
    kept = found.password_hash if found else None
    if not check(kept, password) or found is None:
        raise Unauthorised("wrong_login")
    rehashed = hash_password(password) if is_outdated(found.password_hash) else None
    with db.begin() as session:
        session.execute(delete(SignInAttempt).where(SignInAttempt.who == who))
        if rehashed:
            session.execute(
                update(Account).where(Account.id == found.id).values(password_hash=rehashed)
            )
        return _new_session(session, found.id)


def _note_attempt(session: Transaction, who: bytes) -> None:
    # The lock makes attempts of one kind count one after the other, not past each other.
    session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(who[:8], signed=True))))
    now = session.scalars(select(func.now())).one()
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - WINDOW))
    recent = session.execute(
        select(func.count(), func.min(SignInAttempt.at)).where(SignInAttempt.who == who)
    ).one()
    if recent[0] >= ATTEMPTS:
        raise TooMany("too_many_attempts", retry_after=(recent[1] + WINDOW - now).total_seconds())
    session.add(SignInAttempt(who=who))


def _new_session(session: Transaction, account_id: object) -> SignedIn:
    now = session.scalars(select(func.now())).one()
    session.execute(
        delete(Session).where((Session.seen_at < now - IDLE) | (Session.created_at < now - LONGEST))
    )
    token = new_token()
    session.add(Session(token_hash=digest(token), account_id=account_id))
    return SignedIn(token, now + LONGEST)


def find_session(db: Database, token: str) -> Staff | None:
    """Return who is behind a token that is neither idle for 30 minutes nor 12 hours old."""
    with db.begin() as session:
        row = session.execute(
            select(Session, Account, func.now().label("now"))
            .join(Account, Account.id == Session.account_id)
            .where(
                Session.token_hash == digest(token),
                Session.seen_at > func.now() - IDLE,
                Session.created_at > func.now() - LONGEST,
                Account.disabled_at.is_(None),
            )
        ).one_or_none()
        if row is None:
            return None
        # Written at most once a minute: a page asks several times.
        if row.now - row.Session.seen_at > timedelta(minutes=1):
            row.Session.seen_at = row.now
        return Staff(row.Account.login, row.Account.role, row.Session.created_at + LONGEST)


def sign_out(db: Database, token: str) -> None:
    """End a session; one that is not there is fine."""
    with db.begin() as session:
        session.execute(delete(Session).where(Session.token_hash == digest(token)))
