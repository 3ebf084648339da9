"""dead letters are settled by people; differences that the reconcilers found"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003_nothing_silent"
down_revision = "0002_outgoing_mail"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NOW = sa.text("now()")

LETTER = (
    sa.Column("state", sa.String(10), nullable=False, server_default="open"),
    sa.Column("settled_at", INSTANT),
    sa.Column("settled_by", sa.String(500)),
    sa.Column("settled_key", sa.String(128)),
    sa.Column("settled_reason", sa.Text),
    sa.Column("replayed_wire", JSONB),
    sa.Column("outcome", sa.String(20)),
    sa.Column("raw", sa.Text),
    sa.Column("headers", JSONB),
)


def upgrade() -> None:
    for column in LETTER:
        op.add_column("dead_letters", column)
    op.create_index("ix_dead_letters_created_at", "dead_letters", ["created_at", "id"])
    op.create_index("ix_dead_letters_fact", "dead_letters", ["source", "event_id"])
    # A block-range index costs next to nothing where rows come in the order of the column.
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"], postgresql_using="brin")
    op.create_table(
        "differences",
        sa.Column("kind", sa.String(50), primary_key=True),
        sa.Column("subject", sa.String(1000), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("detail", JSONB, nullable=False),
        sa.Column("repaired", sa.Integer, nullable=False, server_default="0"),
        sa.Column("first_seen_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("seen_at", INSTANT, nullable=False, server_default=NOW),
    )
    op.create_table(
        "reconciliation",
        sa.Column("name", sa.String(50), primary_key=True),
        sa.Column("ran_at", INSTANT, nullable=False),
        sa.Column("cursor", JSONB, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("reconciliation")
    op.drop_table("differences")
    op.drop_index("ix_inbox_received_at", "inbox")
    op.drop_index("ix_dead_letters_fact", "dead_letters")
    op.drop_index("ix_dead_letters_created_at", "dead_letters")
    for column in LETTER:
        op.drop_column("dead_letters", column.name)
