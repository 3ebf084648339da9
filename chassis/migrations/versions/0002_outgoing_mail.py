"""the mail ledger"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002_outgoing_mail"
down_revision = "0001_inbox_outbox_jobs"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NOW = sa.text("now()")


def upgrade() -> None:
    op.create_table(
        "outgoing_mail",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("run", sa.String(300), nullable=False),
        sa.Column("recipient", sa.String(300), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("message_id", sa.String(300), nullable=False),
        sa.Column("meta", JSONB, nullable=False),
        sa.Column("reason", sa.String(50)),
        sa.Column("last_error", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("fence", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("lease_until", INSTANT),
        sa.Column("give_up_at", INSTANT),
        sa.Column("not_before", INSTANT),
        sa.Column("queued_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT),
        sa.Column("announced", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.UniqueConstraint("run", "recipient", name="uq_outgoing_mail_run_recipient"),
    )
    op.create_index(
        "ix_outgoing_mail_due",
        "outgoing_mail",
        ["next_at"],
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.create_index(
        "ix_outgoing_mail_unannounced",
        "outgoing_mail",
        ["queued_at"],
        postgresql_where=sa.text("NOT announced"),
    )


def downgrade() -> None:
    op.drop_table("outgoing_mail")
