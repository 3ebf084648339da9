"""clients, posts, consents, municipalities, online events and attendance"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001_client_base"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
TEXTS = sa.ARRAY(sa.Text)
EMPTY_OBJECT = sa.text("'{}'")


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    _municipalities()
    _clients()
    _client_indexes()
    _keys()
    _posts()
    _consents()
    _events()
    _attendance()


def _line(name: str, length: int = 500, **options: object) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), **options)  # type: ignore[arg-type]


def _client(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid, sa.ForeignKey("client.id"), nullable=nullable)


def _municipalities() -> None:
    op.create_table(
        "municipality",
        sa.Column("id", sa.Uuid, primary_key=True),
        _line("territory", nullable=False),
        _line("key", 520, nullable=False),
        _line("ru"),
        _line("ky"),
        sa.UniqueConstraint("territory", "key", name="uq_municipality_territory_key"),
    )


def _clients() -> None:
    op.create_table(
        "client",
        sa.Column("id", sa.Uuid, primary_key=True),
        _line("kind", 20, nullable=False),
        _line("status", 20, nullable=False),
        _line("audience", 30, nullable=False),
        _line("language", 2),
        _line("territory"),
        _line("municipality_text"),
        sa.Column("municipality_id", sa.Uuid, sa.ForeignKey("municipality.id")),
        _line("inn", 14),
        sa.Column("emails", TEXTS, nullable=False),
        sa.Column("phones", TEXTS, nullable=False),
        *(sa.Column(name, INSTANT) for name in ("portal_registered_at", "verified_at")),
        _line("verified_method"),
        sa.Column("confirmed_at", INSTANT),
        sa.Column("field_times", JSONB, nullable=False, server_default=EMPTY_OBJECT),
        sa.Column("sort_name", sa.Text, nullable=False),
        sa.Column("search_text", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default="0"),
        _line("announced", 64),
        *(_line(name) for name in ("name_ru", "name_ky", "name_en")),
        _line("body_type", 30),
        *(_line(name) for name in ("surname", "given_name", "patronymic")),
        sa.CheckConstraint(
            "kind <> 'person' OR surname IS NOT NULL", name="ck_client_person_named"
        ),
        sa.CheckConstraint(
            "kind <> 'organisation' OR coalesce(name_ru, name_ky, name_en) IS NOT NULL",
            name="ck_client_organisation_named",
        ),
    )


def _client_indexes() -> None:
    op.create_index("ix_client_name", "client", ["kind", "sort_name", "id"])
    never = "'9999-12-31 00:00:00+00'::timestamp with time zone"
    registered = f"coalesce(portal_registered_at, {never})"
    op.create_index("ix_client_registered", "client", ["kind", sa.text(registered), "id"])
    op.create_index("ix_client_territory", "client", ["kind", "territory"])
    op.create_index("ix_client_municipality_id", "client", ["municipality_id"])
    op.create_index(
        "ix_client_search",
        "client",
        ["search_text"],
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )


def _keys() -> None:
    op.create_table(
        "client_key",
        _line("source", primary_key=True),
        _line("ref", 128, primary_key=True),
        _client("client_id"),
    )
    op.create_index("ix_client_key_client_id", "client_key", ["client_id"])


def _posts() -> None:
    op.create_table(
        "statement",
        sa.Column("id", sa.Uuid, primary_key=True),
        _client("client_id"),
        _line("mark", 170, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        _line("audience", 30),
        _client("organisation_id", nullable=True),
        _line("role", 20),
        _line("title"),
        sa.UniqueConstraint("client_id", "mark", name="uq_statement_client_id_mark"),
    )
    op.create_table(
        "post",
        sa.Column("id", sa.Uuid, sa.ForeignKey("statement.id"), primary_key=True),
        _client("person_id"),
        _client("organisation_id"),
        _line("role", 20, nullable=False),
        _line("title"),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("until", sa.Date),
    )
    op.create_index("ix_post_person_id", "post", ["person_id"])
    op.create_index("ix_post_organisation_id", "post", ["organisation_id"])


def _consents() -> None:
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid, primary_key=True),
        _client("client_id"),
        sa.Column("purposes", TEXTS, nullable=False),
        _line("topic", 30),
        sa.Column("given", sa.Boolean, nullable=False),
        _line("text_version"),
        _line("channel", nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        _line("event_source", nullable=False),
        _line("event_id", 128, nullable=False),
    )
    op.create_index("ix_consent_client_id", "consent", ["client_id", "at"])


def _events() -> None:
    op.create_table(
        "online_event",
        sa.Column("id", sa.Uuid, primary_key=True),
        _line("source", nullable=False),
        _line("ref", 128, nullable=False),
        _line("state", 20, nullable=False),
        *(_line(name) for name in ("title_ru", "title_ky", "title_en")),
        _line("kind", 20),
        _line("topic"),
        sa.Column("url", sa.Text),
        sa.Column("audiences", TEXTS),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT),
        sa.Column("min_minutes", sa.Integer),
        *(sa.Column(name, INSTANT) for name in ("started_at", "ended_at", "held_at")),
        _line("cancel_reason"),
        sa.Column("field_times", JSONB, nullable=False, server_default=EMPTY_OBJECT),
        sa.Column("version", sa.Integer, nullable=False, server_default="0"),
        _line("closed", 64),
        sa.UniqueConstraint("source", "ref", name="uq_online_event_source_ref"),
    )
    op.create_table(
        "event_registration",
        sa.Column("event_id", sa.Uuid, sa.ForeignKey("online_event.id"), primary_key=True),
        sa.Column("client_id", sa.Uuid, sa.ForeignKey("client.id"), primary_key=True),
        sa.Column("registered_at", INSTANT, nullable=False),
    )
    op.create_index("ix_event_registration_client_id", "event_registration", ["client_id"])


def _attendance() -> None:
    op.create_table(
        "attendance",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("event_id", sa.Uuid, sa.ForeignKey("online_event.id"), nullable=False),
        _line("attendee", 64, nullable=False),
        _client("client_id", nullable=True),
        _line("display_name"),
        _line("email", 254),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("counts", sa.Boolean, nullable=False),
        sa.Column("stays", sa.Integer, nullable=False),
        _line("audience", 30),
        sa.Column("lsg", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default="0"),
        _line("announced", 64),
        sa.UniqueConstraint("event_id", "attendee", name="uq_attendance_event_id_attendee"),
    )
    op.create_index("ix_attendance_client_id", "attendance", ["client_id"])
    op.create_table(
        "stay",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("attendance_id", sa.Uuid, sa.ForeignKey("attendance.id"), nullable=False),
        sa.Column("joined_at", INSTANT, nullable=False),
        sa.Column("left_at", INSTANT),
    )
    left = sa.text("coalesce(left_at, 'infinity'::timestamptz)")
    op.create_index("uq_stay_same", "stay", ["attendance_id", "joined_at", left], unique=True)


def downgrade() -> None:
    for table in ("stay", "attendance", "event_registration", "online_event", "consent", "post"):
        op.drop_table(table)
    for table in ("statement", "client_key", "client", "municipality"):
        op.drop_table(table)
