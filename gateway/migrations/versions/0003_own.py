"""saved views, drafts and jobs in the background"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003_own"
down_revision = "0002_access"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NOW = sa.text("now()")
ZERO, ONE = sa.text("0"), sa.text("1")


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("owner", sa.String(100), nullable=False),
        sa.Column("screen", sa.String(30), nullable=False, index=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("query", sa.String(2000), nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default=ONE),
        sa.Column("request_key", sa.LargeBinary(32), unique=True),
        sa.Column("created_at", INSTANT, nullable=False, server_default=NOW),
        sa.UniqueConstraint("owner", "screen", "name"),
    )
    op.create_table(
        "draft",
        sa.Column("login", sa.String(100), primary_key=True),
        sa.Column("place", sa.String(200), primary_key=True),
        sa.Column("fields", JSONB, nullable=False),
        sa.Column("saved_at", INSTANT, nullable=False, server_default=NOW, index=True),
    )
    op.create_table(
        "background_job",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("what", sa.String(60), nullable=False),
        sa.Column("owner", sa.String(100), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("query", sa.String(2000)),
        sa.Column("params", JSONB, nullable=False),
        sa.Column("things", JSONB),
        sa.Column("state", sa.String(20), nullable=False, index=True),
        sa.Column("done", sa.Integer, nullable=False, server_default=ZERO),
        sa.Column("total", sa.Integer),
        sa.Column("refused", sa.Integer, nullable=False, server_default=ZERO),
        sa.Column("problems", JSONB, nullable=False),
        sa.Column("error", sa.String(60)),
        sa.Column("file_name", sa.String(200)),
        sa.Column("file_media", sa.String(100)),
        sa.Column("file_size", sa.Integer),
        sa.Column("request_key", sa.LargeBinary(32), unique=True),
        sa.Column("fence", sa.Integer, nullable=False, server_default=ZERO),
        sa.Column("lease_until", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("finished_at", INSTANT),
    )
    op.create_index("ix_background_job_owner", "background_job", ["owner", "created_at"])
    op.create_table(
        "job_chunk",
        sa.Column(
            "job_id",
            sa.Uuid,
            sa.ForeignKey("background_job.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    for table in ("job_chunk", "background_job", "draft", "saved_view"):
        op.drop_table(table)
