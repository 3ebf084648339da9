"""accounts, sessions, API keys and sign-in attempts"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001_accounts"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NOW = sa.text("now()")


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("login", sa.String(100), nullable=False, unique=True),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("role", sa.String(30), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("disabled_at", INSTANT),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column(
            "account_id",
            sa.Uuid,
            sa.ForeignKey("account.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("created_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("seen_at", INSTANT, nullable=False, server_default=NOW),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("key_hash", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(30), nullable=False),
        sa.Column("sources", JSONB),
        sa.Column("types", JSONB),
        sa.Column("created_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("revoked_at", INSTANT),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("who", sa.LargeBinary(32), nullable=False),
        sa.Column("at", INSTANT, nullable=False, server_default=NOW),
    )
    op.create_index("ix_sign_in_attempt_who", "sign_in_attempt", ["who", "at"])


def downgrade() -> None:
    for table in ("sign_in_attempt", "api_key", "session", "account"):
        op.drop_table(table)
