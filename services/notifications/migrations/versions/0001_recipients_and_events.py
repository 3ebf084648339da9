"""recipients, unsubscriptions, online events and participation"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0001_recipients_and_events"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
AUDIENCES = ARRAY(sa.String(30))


def upgrade() -> None:
    op.create_table(
        "recipients",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("name", JSONB, nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("email", sa.String(254)),
        sa.Column("email_key", sa.String(254)),
        sa.Column("audiences", AUDIENCES, nullable=False),
        sa.Column("posts", JSONB, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_recipients_audiences", "recipients", ["audiences"], postgresql_using="gin")
    op.create_index("ix_recipients_email_key", "recipients", ["email_key"])
    op.create_table(
        "recipient_keys",
        sa.Column("source", sa.String(500), primary_key=True),
        sa.Column("ref", sa.String(128), primary_key=True),
        sa.Column("client_id", sa.Uuid, nullable=False),
    )
    op.create_index("ix_recipient_keys_client_id", "recipient_keys", ["client_id"])
    op.create_table(
        "consents",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("purpose", sa.String(20), primary_key=True),
        sa.Column("given", sa.Boolean, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )
    op.create_table(
        "unsubscriptions",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("topic", sa.String(20), primary_key=True),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )
    op.create_table(
        "online_events",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("ref", sa.String(128), nullable=False),
        sa.Column("title", JSONB, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT),
        sa.Column("kind", sa.String(20)),
        sa.Column("url", sa.String(2000)),
        sa.Column("audiences", AUDIENCES),
        sa.Column("announced_at", INSTANT, nullable=False),
        sa.Column("field_times", JSONB, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("cancelled_at", INSTANT),
        sa.Column("cancel_reason", sa.String(500)),
    )
    op.create_index("uq_online_events_source_ref", "online_events", ["source", "ref"], unique=True)
    op.create_table(
        "participations",
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("registered_at", INSTANT),
        sa.Column("attended_at", INSTANT),
    )


def downgrade() -> None:
    for table in (
        "participations",
        "online_events",
        "unsubscriptions",
        "consents",
        "recipient_keys",
        "recipients",
    ):
        op.drop_table(table)
