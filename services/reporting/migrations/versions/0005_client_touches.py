"""which events are about which client, for the timeline of one"""

import sqlalchemy as sa
from alembic import op

from services.reporting.touches import rows

revision = "0005_client_touches"
down_revision = "0004_journal_flow"
branch_labels = None
depends_on = None

CHUNK = 2000
JOURNAL = sa.table(
    "journal",
    *(sa.column(name) for name in ("position", "source", "event_id", "type", "time")),
    sa.column("data", sa.JSON),
)


def upgrade() -> None:
    made = op.create_table(
        "client_touch",
        sa.Column("key", sa.String(700), primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("type", sa.String(100), nullable=False),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("event_id", sa.String(128), nullable=False),
    )
    _fill(made)
    op.create_index("ix_client_touch_at", "client_touch", ["key", "at", "position"])


def _fill(made: sa.Table) -> None:
    bind, last = op.get_bind(), 0
    while True:
        asked = sa.select(JOURNAL).where(JOURNAL.c.position > last).order_by(JOURNAL.c.position)
        chunk = bind.execute(asked.limit(CHUNK)).all()
        found = [
            row | {"position": one.position, "source": one.source, "event_id": one.event_id}
            for one in chunk
            for row in rows(one.source, one.type, one.data, one.time)
        ]
        if found:
            bind.execute(made.insert(), found)
        if len(chunk) < CHUNK:
            return
        last = chunk[-1].position


def downgrade() -> None:
    op.drop_table("client_touch")
