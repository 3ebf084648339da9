"""reports with their documents and sendings"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002_reports"
down_revision = "0001_journal"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _schedule_start()
    _report()
    _report_document()
    _sending()


def downgrade() -> None:
    for table in (
        "sending",
        "report_document",
        "report",
        "schedule_start",
    ):
        op.drop_table(table)


def _schedule_start() -> None:
    op.create_table(
        "schedule_start",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("first_started_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_schedule_start"),
    )


def _report() -> None:
    op.create_table(
        "report",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("plan", sa.String(50), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("told", JSONB, nullable=False),
        sa.Column("subjects", JSONB, nullable=False),
        sa.Column("figures", JSONB, nullable=False),
        sa.Column("mailed_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
        sa.UniqueConstraint("plan", "month", name="uq_report_plan_month"),
    )


def _report_document() -> None:
    op.create_table(
        "report_document",
        sa.Column("report_id", sa.Uuid, nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("format", sa.String(100), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name="fk_report_document_report_id_report"
        ),
        sa.PrimaryKeyConstraint("report_id", "language", "format", name="pk_report_document"),
    )


def _sending() -> None:
    op.create_table(
        "sending",
        sa.Column("run", sa.String(300), nullable=False),
        sa.Column("report_id", sa.Uuid, nullable=False),
        sa.Column("recipients", sa.Integer, nullable=False),
        sa.Column("queued_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name="fk_sending_report_id_report"),
        sa.PrimaryKeyConstraint("run", name="pk_sending"),
    )
    op.create_index("ix_sending_report_id", "sending", ["report_id"])
