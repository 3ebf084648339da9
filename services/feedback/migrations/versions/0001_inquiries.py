"""inquiries with thread and timeline, their numbers, and the projection of clients"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001_inquiries"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
TRIGRAMS = {"search_text": "gin_trgm_ops"}


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    _inquiries()
    _inquiry_indexes()
    _thread()
    _timeline()
    _clients()


def downgrade() -> None:
    for table in (
        "client_keys",
        "clients",
        "inquiry_numbers",
        "inquiry_events",
        "messages",
        "inquiries",
    ):
        op.drop_table(table)


def _inquiries() -> None:
    op.create_table(
        "inquiries",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("ref", sa.String(128), nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("previous_id", sa.Uuid, sa.ForeignKey("inquiries.id")),
        sa.Column("number", sa.String(30), nullable=False, unique=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(500), nullable=False),
        sa.Column("topic", sa.String(500)),
        sa.Column("about", sa.String(500)),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("client_ref", sa.String(128)),
        sa.Column("contact", JSONB),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("registered_at", INSTANT),
        sa.Column("first_answered_at", INSTANT),
        sa.Column("answered_at", INSTANT),
        sa.Column("resolved_at", INSTANT),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("outcome", sa.String(20)),
        sa.Column("reason", sa.String(500)),
        sa.Column("registration_due_on", sa.Date, nullable=False),
        sa.Column("first_response_due_on", sa.Date, nullable=False),
        sa.Column("answer_due_on", sa.Date, nullable=False),
        sa.Column("due_on", sa.Date),
        sa.Column("alert_on", sa.Date),
        sa.Column("announced", JSONB, nullable=False),
        sa.Column("search_text", sa.Text, nullable=False),
        sa.UniqueConstraint("source", "ref", "round"),
    )


def _inquiry_indexes() -> None:
    op.create_index("ix_inquiries_received", "inquiries", ["received_at", "id"])
    far = sa.text("COALESCE(due_on, DATE '9999-12-31')")
    op.create_index("ix_inquiries_due", "inquiries", [far, "id"])
    alert = sa.text("alert_on IS NOT NULL")
    op.create_index("ix_inquiries_alert", "inquiries", ["alert_on"], postgresql_where=alert)
    op.create_index("ix_inquiries_client", "inquiries", ["source", "client_ref"])
    _search_index("inquiries")


def _thread() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("position", sa.BigInteger, sa.Identity(), nullable=False, unique=True),
        sa.Column("inquiry_id", sa.Uuid, sa.ForeignKey("inquiries.id"), nullable=False),
        sa.Column("side", sa.String(10), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("language", sa.String(2)),
        sa.Column("author", sa.String(500)),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.Column("on_time", sa.Boolean),
    )
    op.create_index("ix_messages_thread", "messages", ["inquiry_id", "written_at", "position"])


def _timeline() -> None:
    op.create_table(
        "inquiry_events",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("inquiry_id", sa.Uuid, sa.ForeignKey("inquiries.id"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.String(500)),
        sa.Column("data", JSONB, nullable=False),
        sa.Column("key", sa.String(500)),
        sa.Column("fingerprint", sa.String(64)),
        sa.Column("recorded_at", INSTANT, nullable=False, server_default=sa.text("now()")),
        sa.UniqueConstraint("inquiry_id", "key"),
    )
    op.create_index("ix_inquiry_events_inquiry_id", "inquiry_events", ["inquiry_id"])
    op.create_table(
        "inquiry_numbers",
        sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("count", sa.Integer, nullable=False),
    )


def _clients() -> None:
    op.create_table(
        "clients",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Uuid),
        sa.Column("language", sa.String(2)),
        sa.Column("search_text", sa.Text, nullable=False),
    )
    _search_index("clients")
    op.create_table(
        "client_keys",
        sa.Column("source", sa.String(500), primary_key=True),
        sa.Column("ref", sa.String(128), primary_key=True),
        sa.Column("client_id", sa.Uuid, nullable=False),
    )
    op.create_index("ix_client_keys_client_id", "client_keys", ["client_id"])


def _search_index(table: str) -> None:
    op.create_index(
        f"ix_{table}_search",
        table,
        ["search_text"],
        postgresql_using="gin",
        postgresql_ops=TRIGRAMS,
    )
