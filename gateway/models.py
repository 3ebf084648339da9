"""Tables of the gateway: who may come in, who did what. Secrets are hashes only (S1-S4, S21)."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    String,
    func,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.db import NAMING, Instant, Json, new_id


class Base(DeclarativeBase):
    """Base of the gateway's own tables."""

    metadata = MetaData(naming_convention=NAMING)


class Account(Base):
    """A member of staff who signs in; ``login`` is kept in lower case.

    ``password_hash`` null: invited, no password chosen yet. ``request_key`` is the hash of the
    Idempotency-Key that made it.
    """

    __tablename__ = "account"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(String(100), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(30))
    language: Mapped[str | None] = mapped_column(String(2))
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    request_key: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)


class AccountLink(Base):
    """The one link of an account by which its owner chooses a password, once, in 30 minutes."""

    __tablename__ = "account_link"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), unique=True
    )
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())


class Session(Base):
    """A sign-in; only the SHA-256 of its token is kept."""

    __tablename__ = "session"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())


class ApiKey(Base):
    """A key of a machine; ``sources`` and ``types`` narrow what it may send.

    ``types`` null means every portal type; ``sources`` null means AYMAK_PORTAL_SOURCE, and any
    absolute URI while that is not set (contracts.md section 5).
    """

    __tablename__ = "api_key"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(30))
    sources: Mapped[list[str] | None] = mapped_column(Json)
    types: Mapped[list[str] | None] = mapped_column(Json)
    request_key: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class SignInAttempt(Base):
    """A sign-in that failed or is under way; ``who`` is a hash of login and address (S8)."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_who", "who", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    who: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())


class AuditEntry(Base):
    """One line of the audit log; the database refuses to change or delete one (S21)."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, server_default=func.now(), index=True)
    actor: Mapped[str | None] = mapped_column(String(200), index=True)
    role: Mapped[str | None] = mapped_column(String(30))
    address: Mapped[str] = mapped_column(String(50))
    action: Mapped[str] = mapped_column(String(50), index=True)
    thing: Mapped[str | None] = mapped_column(String(300), index=True)
    outcome: Mapped[str] = mapped_column(String(60))
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    after: Mapped[dict[str, Any] | None] = mapped_column(Json)
