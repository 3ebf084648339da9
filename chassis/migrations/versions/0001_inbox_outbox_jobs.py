"""inbox, outbox, dead letters and job runs"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001_inbox_outbox_jobs"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NOW = sa.text("now()")


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("position", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("event_id", sa.String(128), nullable=False, unique=True),
        sa.Column("type", sa.String(100), nullable=False),
        sa.Column("wire", JSONB, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("sent_at", INSTANT),
        sa.Column("last_error", sa.Text),
    )
    op.create_index(
        "ix_outbox_unsent", "outbox", ["position"], postgresql_where=sa.text("sent_at IS NULL")
    )
    op.create_table(
        "inbox",
        sa.Column("source", sa.String(500), primary_key=True),
        sa.Column("event_id", sa.String(128), primary_key=True),
        sa.Column("listener", sa.String(100), primary_key=True),
        sa.Column("type", sa.String(100), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_at", INSTANT),
        sa.Column("waits_for", sa.String(700)),
        sa.Column("error", sa.Text),
        sa.Column("wire", JSONB),
        sa.Column("received_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("handled_at", INSTANT, nullable=False, server_default=NOW),
    )
    op.create_index(
        "ix_inbox_due", "inbox", ["next_at"], postgresql_where=sa.text("next_at IS NOT NULL")
    )
    op.create_index(
        "ix_inbox_waits_for",
        "inbox",
        ["waits_for"],
        postgresql_where=sa.text("waits_for IS NOT NULL"),
    )
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("event_id", sa.String(128), nullable=False),
        sa.Column("listener", sa.String(100), nullable=False),
        sa.Column("type", sa.String(100), nullable=False),
        sa.Column("reason", sa.String(50), nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("wire", JSONB, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False, server_default=NOW),
    )
    op.create_table(
        "job_run",
        sa.Column("job", sa.String(100), primary_key=True),
        sa.Column("period", sa.String(40), primary_key=True),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("lease_until", INSTANT),
        sa.Column("fence", sa.Integer, nullable=False, server_default="0"),
        sa.Column("done_at", INSTANT),
        sa.Column("last_error", sa.Text),
    )


def downgrade() -> None:
    for table in ("job_run", "dead_letters", "inbox", "outbox"):
        op.drop_table(table)
