"""Passwords are chosen by their owners: by a link that works once, or with the old one (S3, S8).

The gateway sends no mail: whoever makes a link hands it on. A password that was changed ends all
sessions of its account at once (S4).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from chassis.db import Database
from chassis.errors import Conflict, Invalid, Unauthorised
from gateway import attempts
from gateway.accounts import INLINE, end_sessions
from gateway.audit_log import REFUSED, Entry, Who, record
from gateway.models import Account, AccountLink
from gateway.secrets_kept import Hashing, digest, new_link

GOOD_FOR = timedelta(minutes=30)
GUESSABLE = "Too easy to guess: choose several words that do not belong together."


@dataclass(frozen=True, slots=True)
class Link:
    """A token by which a password is chosen, shown once, and when it ends (UTC)."""

    token: str
    expires_at: datetime


def issue(session: Session, account: Account, who: Who) -> Link:
    """Return a new link for an account; the one before it ends.

    Raises ``Conflict`` for an account that is disabled.
    """
    if account.disabled_at is not None:
        raise Conflict("account_disabled")
    session.execute(delete(AccountLink).where(AccountLink.account_id == account.id))
    link = Link(new_link(), session.scalars(select(func.now())).one() + GOOD_FOR)
    session.add(AccountLink(token_hash=digest(link.token), account_id=account.id))
    record(session, who, Entry("account.link", f"account:{account.login}"))
    return link


def redeem(
    db: Database, token: str, password: str, *, address: str, hashing: Hashing = INLINE
) -> None:
    """Let the owner of a link choose a password.

    Raises ``TooMany`` for one who guesses at links, ``Unauthorised`` for a link that is used, old
    or unknown, ``Invalid`` for a password that is easy to guess (the link stays good then).
    """
    who = attempts.guesser("a link", address)
    with db.begin() as session:
        attempts.note(session, who)
        account = session.scalars(_behind(token)).one_or_none()
    if account is None:
        with db.begin() as session:
            refused = Entry("account.password", outcome=f"{REFUSED}: wrong_link")
            record(session, Who(None, None, address), refused)
        raise Unauthorised("wrong_link")
    with db.begin() as session:
        # An easy password below is no guess at a link.
        attempts.forget(session, who)
    kept = _hashed(password, account.login, "password", hashing)
    with db.begin() as session:
        # Again, and gone with it: of two who come at once only one gets in.
        used = session.execute(delete(AccountLink).where(AccountLink.token_hash == digest(token)))
        if not used.rowcount:  # type: ignore[attr-defined]
            raise Unauthorised("wrong_link")
        _keep(session, account, kept, address)


def change_own(
    db: Database, who: Who, passwords: tuple[str, str], *, hashing: Hashing = INLINE
) -> None:
    """Change one's own password, from the old one to the new one.

    Raises ``TooMany`` and ``Unauthorised`` as sign-in does, ``Invalid`` for an easy password.
    """
    old, new = passwords
    guesser = attempts.guesser(who.name or "", who.address)
    with db.begin() as session:
        attempts.note(session, guesser)
        account = session.scalars(select(Account).where(Account.login == who.name)).one()
    if not hashing.check(account.password_hash, old):
        with db.begin() as session:
            wrong = f"{REFUSED}: wrong_login"
            record(session, who, Entry("account.password", f"account:{who.name}", outcome=wrong))
        raise Invalid(fields={"old": ["This is not the password of today."]})
    with db.begin() as session:
        attempts.forget(session, guesser)
    kept = _hashed(new, account.login, "new", hashing)
    with db.begin() as session:
        _keep(session, account, kept, who.address)


def _behind(token: str) -> Select[Account]:
    return (
        select(Account)
        .join(AccountLink, AccountLink.account_id == Account.id)
        .where(
            AccountLink.token_hash == digest(token),
            AccountLink.created_at > func.now() - GOOD_FOR,
            Account.disabled_at.is_(None),
        )
    )


def _hashed(password: str, login: str, field: str, hashing: Hashing) -> str:
    if hashing.is_guessable(password, login):
        raise Invalid(fields={field: [GUESSABLE]})
    return hashing.make(password)


def _keep(session: Session, account: Account, kept: str, address: str) -> None:
    changed = update(Account).where(Account.id == account.id)
    session.execute(changed.values(password_hash=kept))
    end_sessions(session, account.id)
    who = Who(account.login, account.role, address)
    record(session, who, Entry("account.password", f"account:{account.login}"))
