"""Staff accounts: first start, sign-in with its limit, sessions (quality.md S3, S4, S8).

All times here are the database's: sessions and limits run on real time, also in a demo whose
clock stands still.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session as Transaction

from chassis.db import Database
from chassis.errors import Unauthorised
from gateway import attempts
from gateway.audit_log import REFUSED, Entry, Who, record
from gateway.models import Account, ApiKey, Session
from gateway.secrets_kept import (
    Hashing,
    digest,
    hash_password,
    is_outdated,
    new_key,
    new_password,
    new_token,
)

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
# One first start at a time per database.
FIRST_LOCK = 7_021_985
FIRST_LOGIN = "admin"
INLINE = Hashing()


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
    language: str | None = None


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
    starter = Who("first start", None, "")
    record(session, starter, Entry("account.create", f"account:{made.admin_login}"))
    record(session, starter, Entry("key.create", "key:portal"))
    return made


def sign_in(
    db: Database, login: str, password: str, *, address: str, hashing: Hashing = INLINE
) -> SignedIn:
    """Return a new session for the right password.

    Raises ``TooMany`` for one who guesses (`gateway/attempts.py`), else ``Unauthorised``, which
    is the same and takes the same time for a login that nobody has. ``hashing`` runs outside any
    transaction.
    """
    login = login.strip().lower()
    who = attempts.guesser(login, address)
    with db.begin() as session:
        attempts.note(session, who)
        found = session.scalars(
            select(Account).where(Account.login == login, Account.disabled_at.is_(None))
        ).one_or_none()
    kept = found.password_hash if found else None
    if not hashing.check(kept, password) or found is None or kept is None:
        with db.begin() as session:
            _record_refusal(session, f"account:{found.login if found else 'unknown'}", address)
        raise Unauthorised("wrong_login")
    rehashed = hashing.make(password) if is_outdated(kept) else None
    with db.begin() as session:
        attempts.forget(session, who)
        if rehashed:
            session.execute(
                update(Account).where(Account.id == found.id).values(password_hash=rehashed)
            )
        record(session, Who(login, found.role, address), Entry("session.open", f"account:{login}"))
        return _new_session(session, found.id)


def _record_refusal(session: Transaction, thing: str, address: str) -> None:
    # What was typed as a login may be somebody's password: only one that exists is kept.
    refused = Entry("session.open", thing, outcome=f"{REFUSED}: wrong_login")
    record(session, Who(None, None, address), refused)


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
        account = row.Account
        ends = row.Session.created_at + LONGEST
        return Staff(account.login, account.role, ends, account.language)


def speak(session: Transaction, login: str, language: str | None) -> None:
    """Let somebody's pages be in ``language``; None: in that of their browser."""
    session.execute(update(Account).where(Account.login == login).values(language=language))


def sign_out(db: Database, token: str, who: Who) -> None:
    """End a session; one that is not there is fine."""
    with db.begin() as session:
        session.execute(delete(Session).where(Session.token_hash == digest(token)))
        record(session, who, Entry("session.close", f"account:{who.name}"))


def end_sessions(session: Transaction, account_id: object) -> None:
    """End all sessions of an account at once (S4)."""
    session.execute(delete(Session).where(Session.account_id == account_id))
