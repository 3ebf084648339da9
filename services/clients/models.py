"""Tables of the client base: clients (people and organisations), posts, consents, municipalities.

A client is one table with a kind, because consents, attendance and mail do not care which it is;
``Person`` and ``Organisation`` are its two faces. Online events stand in ``models_events``.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    literal_column,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.db import NAMING, Instant, Json, new_id


class Base(DeclarativeBase):
    """Base of the tables of the client base."""

    metadata = MetaData(naming_convention=NAMING)


class Municipality(Base):
    """A city or an aiyl aimak; ``key`` is its folded name or classifier code (rules/folding).

    ``territory`` is "" where the portal named none and where the key is a classifier code, so that
    the key is unique there too.
    """

    __tablename__ = "municipality"
    __table_args__ = (UniqueConstraint("territory", "key"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    territory: Mapped[str] = mapped_column(String(500))
    key: Mapped[str] = mapped_column(String(520))
    ru: Mapped[str | None] = mapped_column(String(500))
    ky: Mapped[str | None] = mapped_column(String(500))


# A client that was never registered on the portal comes last when sorted by that date.
NEVER = literal_column("'9999-12-31 00:00:00+00'::timestamp with time zone", Instant)


class Client(Base):
    """What a person and an organisation have in common.

    ``field_times`` holds the mark of the fact that set each field (rules/merging);
    ``announced`` is the fingerprint of the last snapshot that was emitted, ``version`` its
    sequence. ``search_text`` and ``sort_name`` are folded (rules/folding).
    """

    __tablename__ = "client"
    __table_args__ = (
        CheckConstraint("kind <> 'person' OR surname IS NOT NULL", name="person_named"),
        CheckConstraint(
            "kind <> 'organisation' OR coalesce(name_ru, name_ky, name_en) IS NOT NULL",
            name="organisation_named",
        ),
        Index("ix_client_name", "kind", "sort_name", "id"),
        Index(
            "ix_client_registered",
            "kind",
            func.coalesce(literal_column("portal_registered_at"), NEVER),
            "id",
        ),
        Index("ix_client_territory", "kind", "territory"),
        Index("ix_client_municipality_id", "municipality_id"),
        Index(
            "ix_client_search",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
    )
    __mapper_args__ = {"polymorphic_on": "kind"}  # noqa: RUF012 (SQLAlchemy's own form)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), default="active")
    audience: Mapped[str] = mapped_column(String(30))
    language: Mapped[str | None] = mapped_column(String(2))
    territory: Mapped[str | None] = mapped_column(String(500))
    municipality_text: Mapped[str | None] = mapped_column(String(500))
    municipality_id: Mapped[UUID | None] = mapped_column(ForeignKey("municipality.id"))
    inn: Mapped[str | None] = mapped_column(String(14))
    emails: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    phones: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    portal_registered_at: Mapped[datetime | None] = mapped_column(Instant)
    verified_at: Mapped[datetime | None] = mapped_column(Instant)
    verified_method: Mapped[str | None] = mapped_column(String(500))
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    field_times: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    sort_name: Mapped[str] = mapped_column(Text)
    search_text: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer, default=0)
    announced: Mapped[str | None] = mapped_column(String(64))


class Organisation(Client):
    """A body, university, company, community: anything with posts in it."""

    __mapper_args__ = {"polymorphic_identity": "organisation"}  # noqa: RUF012

    name_ru: Mapped[str | None] = mapped_column(String(500))
    name_ky: Mapped[str | None] = mapped_column(String(500))
    name_en: Mapped[str | None] = mapped_column(String(500))
    body_type: Mapped[str | None] = mapped_column(String(30))


class Person(Client):
    """A human being; Kyrgyz уулу/кызы forms stay whole in ``patronymic``."""

    __mapper_args__ = {"polymorphic_identity": "person"}  # noqa: RUF012

    surname: Mapped[str | None] = mapped_column(String(500))
    given_name: Mapped[str | None] = mapped_column(String(500))
    patronymic: Mapped[str | None] = mapped_column(String(500))


class Key(Base):
    """How a portal names a client: one client per (source, ref), for good."""

    __tablename__ = "client_key"

    source: Mapped[str] = mapped_column(String(500), primary_key=True)
    ref: Mapped[str] = mapped_column(String(128), primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id"), index=True)


class StatementRow(Base):
    """What one fact said of a client's audience, organisation or post (rules/standing)."""

    __tablename__ = "statement"
    __table_args__ = (UniqueConstraint("client_id", "mark"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id"))
    mark: Mapped[str] = mapped_column(String(170))
    at: Mapped[datetime] = mapped_column(Instant)
    audience: Mapped[str | None] = mapped_column(String(30))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("client.id"))
    role: Mapped[str | None] = mapped_column(String(20))
    title: Mapped[str | None] = mapped_column(String(500))


class Post(Base):
    """A post of a person; its id is that of the statement that began it.

    ``since`` and ``until`` are days in Bishkek; ``until`` None means current, else the last day.
    """

    __tablename__ = "post"
    __table_args__ = (
        Index("ix_post_person_id", "person_id"),
        Index("ix_post_organisation_id", "organisation_id"),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("statement.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("client.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("client.id"))
    role: Mapped[str] = mapped_column(String(20))
    title: Mapped[str | None] = mapped_column(String(500))
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)


class ConsentRow(Base):
    """A proof that a consent was given or withdrawn; never changed, never deleted.

    ``topic`` is set instead of ``purposes`` when a client unsubscribed from one topic of mail.
    """

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_client_id", "client_id", "at"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id"))
    purposes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    topic: Mapped[str | None] = mapped_column(String(30))
    given: Mapped[bool] = mapped_column(Boolean)
    text_version: Mapped[str | None] = mapped_column(String(500))
    channel: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime] = mapped_column(Instant)
    event_source: Mapped[str] = mapped_column(String(500))
    event_id: Mapped[str] = mapped_column(String(128))
