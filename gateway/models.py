"""Tables of the gateway: who may come in. Secrets are kept as hashes only (quality.md S1-S4)."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, MetaData, String, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.db import NAMING, Instant, Json, new_id


class Base(DeclarativeBase):
    """Base of the gateway's own tables."""

    metadata = MetaData(naming_convention=NAMING)


class Account(Base):
    """A member of staff who signs in; ``login`` is kept in lower case."""

    __tablename__ = "account"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(String(100), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(30))
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)


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
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class SignInAttempt(Base):
    """A sign-in that failed or is under way; ``who`` is a hash of login and address (S8)."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_who", "who", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    who: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())
