"""the journal and its projections"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001_journal"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _journal()
    _journal_personal()
    _first_seen()
    _client_fact()
    _post_fact()
    _client_since()
    _confirmation()
    _event_start()
    _event_title()
    _delivery_fact()
    _inquiry_fact()
    _inquiry_step()
    _closed_event()
    _mailed_fact()


def downgrade() -> None:
    for table in (
        "mailed_fact",
        "closed_event",
        "inquiry_step",
        "inquiry_fact",
        "delivery_fact",
        "event_title",
        "event_start",
        "confirmation",
        "client_since",
        "post_fact",
        "client_fact",
        "first_seen",
        "journal_personal",
        "journal",
    ):
        op.drop_table(table)


def _journal() -> None:
    op.create_table(
        "journal",
        sa.Column("position", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("event_id", sa.String(128), nullable=False),
        sa.Column("emitter", sa.String(50), nullable=False),
        sa.Column("type", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("time", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=True),
        sa.Column("received_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=True),
        sa.Column("subject", sa.String(500), nullable=True),
        sa.Column("actor", sa.String(500), nullable=True),
        sa.Column("correlation", sa.String(500), nullable=True),
        sa.Column("causation", sa.String(500), nullable=True),
        sa.Column("data", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_journal"),
        sa.UniqueConstraint("source", "event_id", name="uq_journal_source_event_id"),
    )
    op.create_index("ix_journal_type_position", "journal", ["type", "position"])


def _journal_personal() -> None:
    op.create_table(
        "journal_personal",
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("personal", JSONB, nullable=False),
        sa.ForeignKeyConstraint(
            ["position"], ["journal.position"], name="fk_journal_personal_position_journal"
        ),
        sa.PrimaryKeyConstraint("position", name="pk_journal_personal"),
    )


def _first_seen() -> None:
    op.create_table(
        "first_seen",
        sa.Column("type", sa.String(150), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("event_id", sa.String(128), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("type", name="pk_first_seen"),
    )


def _client_fact() -> None:
    op.create_table(
        "client_fact",
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("ref", sa.String(128), nullable=False),
        sa.Column("name", JSONB, nullable=False),
        sa.Column("audiences", JSONB, nullable=False),
        sa.Column("body_type", sa.String(30), nullable=True),
        sa.Column("territory", sa.String(500), nullable=True),
        sa.Column("municipality_id", sa.Uuid, nullable=True),
        sa.Column("municipality", JSONB, nullable=False),
        sa.Column("portal_registered_at", INSTANT, nullable=True),
        sa.Column("merged_at", INSTANT, nullable=True),
        sa.Column("dissolved_at", INSTANT, nullable=True),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("event_id", sa.String(128), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("client_id", name="pk_client_fact"),
    )
    op.create_index("ix_client_fact_registered", "client_fact", ["kind", "portal_registered_at"])


def _post_fact() -> None:
    op.create_table(
        "post_fact",
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("until", sa.Date, nullable=True),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("event_id", sa.String(128), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "sequence", "place", name="pk_post_fact"),
    )
    op.create_index("ix_post_fact_organisation", "post_fact", ["organisation_id"])


def _client_since() -> None:
    op.create_table(
        "client_since",
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("event_id", sa.String(128), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("client_id", name="pk_client_since"),
    )


def _confirmation() -> None:
    op.create_table(
        "confirmation",
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=False),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("event_id", sa.String(128), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "confirmed_at", name="pk_confirmation"),
    )


def _event_start() -> None:
    op.create_table(
        "event_start",
        sa.Column("portal", sa.String(500), nullable=False),
        sa.Column("event_ref", sa.String(128), nullable=False),
        sa.Column("told_at", INSTANT, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("event_id", sa.String(128), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("portal", "event_ref", name="pk_event_start"),
    )
    op.create_index("ix_event_start_starts_at", "event_start", ["starts_at"])


def _event_title() -> None:
    op.create_table(
        "event_title",
        sa.Column("portal", sa.String(500), nullable=False),
        sa.Column("event_ref", sa.String(128), nullable=False),
        sa.Column("told_at", INSTANT, nullable=False),
        sa.Column("title", JSONB, nullable=False),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("event_id", sa.String(128), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("portal", "event_ref", name="pk_event_title"),
    )


def _delivery_fact() -> None:
    op.create_table(
        "delivery_fact",
        sa.Column("delivery_id", sa.Uuid, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("purpose", sa.String(30), nullable=False),
        sa.Column("notice", sa.String(500), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("about_ref", sa.String(128), nullable=True),
        sa.Column("client_id", sa.Uuid, nullable=True),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("event_id", sa.String(128), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", name="pk_delivery_fact"),
    )
    op.create_index("ix_delivery_fact_about", "delivery_fact", ["purpose", "about_ref"])


def _inquiry_fact() -> None:
    op.create_table(
        "inquiry_fact",
        sa.Column("inquiry_id", sa.Uuid, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("number", sa.String(500), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("client_ref", sa.String(640), nullable=True),
        sa.Column("answer_due_on", sa.Date, nullable=False),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("event_id", sa.String(128), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("inquiry_id", name="pk_inquiry_fact"),
    )
    op.create_index("ix_inquiry_fact_received_at", "inquiry_fact", ["received_at"])


def _inquiry_step() -> None:
    op.create_table(
        "inquiry_step",
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("event_id", sa.String(128), nullable=False),
        sa.Column("inquiry_id", sa.Uuid, nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("turn", sa.BigInteger, nullable=False),
        sa.Column("number", sa.String(500), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=True),
        sa.Column("on_time", sa.Boolean, nullable=True),
        sa.Column("received_at", INSTANT, nullable=True),
        sa.Column("answer_due_on", sa.Date, nullable=True),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("source", "event_id", name="pk_inquiry_step"),
    )
    op.create_index("ix_inquiry_step_at", "inquiry_step", ["what", "at"])
    op.create_index("ix_inquiry_step_inquiry", "inquiry_step", ["inquiry_id", "turn"])


def _closed_event() -> None:
    op.create_table(
        "closed_event",
        sa.Column("online_event_id", sa.Uuid, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("event_ref", sa.String(128), nullable=False),
        sa.Column("title", JSONB, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("participants", sa.Integer, nullable=False),
        sa.Column("lsg_participants", sa.Integer, nullable=False),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("event_id", sa.String(128), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("online_event_id", name="pk_closed_event"),
    )
    op.create_index("ix_closed_event_starts_at", "closed_event", ["starts_at"])


def _mailed_fact() -> None:
    op.create_table(
        "mailed_fact",
        sa.Column("report_id", sa.Uuid, nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("mailed_at", INSTANT, nullable=False),
        sa.Column("recipients", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("event_id", sa.String(128), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("report_id", name="pk_mailed_fact"),
    )
    op.create_index("ix_mailed_fact_month", "mailed_fact", ["month"])
