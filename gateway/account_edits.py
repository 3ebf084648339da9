"""Accounts as administrators keep them: invite, list, give a role, disable (quality.md S3, S4).

Who is disabled or gets another role is out at once. The last administrator who can sign in stays
one: nobody else could let anybody in.
"""

import uuid
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis import paging
from chassis.errors import Conflict, NotFound, PreconditionFailed
from gateway.account_links import Link, issue
from gateway.accounts import end_sessions
from gateway.audit_log import Entry, Who, record
from gateway.models import Account

# Edits of accounts come one after the other: two administrators must not disable each other.
LOCK = 7_021_986
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewAccount:
    """Who is to be let in; ``language`` is that of the pages they see."""

    login: str
    role: str
    language: str | None = None


def create(
    session: Session, asked: NewAccount, who: Who, *, request_key: bytes
) -> tuple[Values, Link]:
    """Return a new account and the link by which its owner chooses a password.

    The same ``request_key`` again is the same account, with a new link in place of the lost one.
    Raises ``Conflict`` for a login that is taken.
    """
    _lock(session)
    known = select(Account).where(Account.request_key == request_key)
    account = session.scalars(known).one_or_none()
    if account is None:
        account = _invite(session, asked, who, request_key)
    elif account.login != asked.login or account.password_hash is not None:
        raise Conflict("key_reused")
    return plain(account), issue(session, account, who)


def _invite(session: Session, asked: NewAccount, who: Who, request_key: bytes) -> Account:
    if session.scalar(select(Account.id).where(Account.login == asked.login)):
        raise Conflict("login_taken", login=asked.login)
    account = Account(**asdict(asked), request_key=request_key)
    session.add(account)
    session.flush()
    given = {"role": asked.role, "language": asked.language}
    record(session, who, Entry("account.create", f"account:{asked.login}", after=given))
    return account


def edit(
    session: Session, account_id: uuid.UUID, changes: Values, who: Who, *, version: int | None
) -> Values:
    """Return the account with its changes: role, language, disabled; ``version`` None = any.

    Raises ``NotFound``, ``PreconditionFailed`` and ``Conflict`` for the last administrator.
    """
    _lock(session)
    account = get(session, account_id)
    if version not in (None, account.version):
        raise PreconditionFailed()
    before, is_able = _state(account), _is_able(account)
    _apply(account, changes)
    after = _state(account)
    if after == before:
        return plain(account)
    session.flush()
    if is_able and not _is_able(account) and not _has_administrator(session):
        raise Conflict("last_administrator")
    if before["role"] != after["role"] or after["disabled"]:
        end_sessions(session, account.id)
    account.version += 1
    record(session, who, Entry("account.edit", f"account:{account.login}", before, after))
    return plain(account)


def get(session: Session, account_id: uuid.UUID) -> Account:
    """Return an account; raises ``NotFound``."""
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound("account", account_id)
    return account


def listed(session: Session, query: Values) -> Values:
    """Return a page of accounts by login; ``query``: limit, cursor."""
    limit = paging.page_size(query)
    columns = [Account.login, Account.id]
    statement = paging.keyset(select(Account), columns, cursor=query.get("cursor"), limit=limit)
    rows, following = paging.page(session.scalars(statement).all(), limit, ["login", "id"])
    total = session.scalar(select(func.count()).select_from(Account))
    return {"items": [plain(row) for row in rows], "next": following, "total": total}


def plain(account: Account) -> Values:
    """Return an account as readers get it; ``invited``: no password chosen yet."""
    return {
        "id": str(account.id),
        "login": account.login,
        **_state(account),
        "invited": account.password_hash is None,
        "version": account.version,
    }


def _lock(session: Session) -> None:
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))


def _state(account: Account) -> Values:
    disabled = account.disabled_at is not None
    return {"role": account.role, "language": account.language, "disabled": disabled}


def _apply(account: Account, changes: Values) -> None:
    account.role = changes.get("role", account.role)
    account.language = changes.get("language", account.language)
    if "disabled" in changes and changes["disabled"] != (account.disabled_at is not None):
        account.disabled_at = func.now() if changes["disabled"] else None


def _is_able(account: Account) -> bool:
    """Return whether this is an administrator who can sign in."""
    can = account.disabled_at is None and account.password_hash is not None
    return can and account.role == "administrator"


def _has_administrator(session: Session) -> bool:
    able = select(Account.id).where(
        Account.role == "administrator",
        Account.disabled_at.is_(None),
        Account.password_hash.is_not(None),
    )
    return session.scalar(able.limit(1)) is not None
