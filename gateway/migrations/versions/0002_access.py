"""accounts that are invited, one-time links, keys with their use, the append-only audit log"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002_access"
down_revision = "0001_accounts"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NOW = sa.text("now()")


def upgrade() -> None:
    op.alter_column("account", "password_hash", nullable=True)
    op.add_column("account", sa.Column("language", sa.String(2)))
    op.add_column(
        "account", sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1"))
    )
    op.add_column("account", sa.Column("request_key", sa.LargeBinary(32), unique=True))
    op.add_column("api_key", sa.Column("last_used_at", INSTANT))
    op.add_column("api_key", sa.Column("request_key", sa.LargeBinary(32), unique=True))
    op.create_table(
        "account_link",
        sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column(
            "account_id",
            sa.Uuid,
            sa.ForeignKey("account.id", ondelete="CASCADE"),
            nullable=False,
            unique=True,
        ),
        sa.Column("created_at", INSTANT, nullable=False, server_default=NOW),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("at", INSTANT, nullable=False, server_default=NOW, index=True),
        sa.Column("actor", sa.String(200), index=True),
        sa.Column("role", sa.String(30)),
        sa.Column("address", sa.String(50), nullable=False),
        sa.Column("action", sa.String(50), nullable=False, index=True),
        sa.Column("thing", sa.String(300), index=True),
        sa.Column("outcome", sa.String(60), nullable=False),
        sa.Column("before", JSONB),
        sa.Column("after", JSONB),
    )
    # Whoever holds the gateway's password, or finds a way to its SQL, can add but not rewrite.
    op.execute(
        """
        CREATE FUNCTION audit_entry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the audit log is append-only';
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
        FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_stays()
        """
    )
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON audit_entry FROM PUBLIC, CURRENT_USER")


def downgrade() -> None:
    op.drop_table("audit_entry")
    op.execute("DROP FUNCTION audit_entry_stays()")
    op.drop_table("account_link")
    for column in ("last_used_at", "request_key"):
        op.drop_column("api_key", column)
    for column in ("language", "version", "request_key"):
        op.drop_column("account", column)
