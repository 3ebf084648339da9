"""a stay without the time of joining lasts from the event's start"""

import sqlalchemy as sa
from alembic import op

revision = "0002_stays_from_the_start"
down_revision = "0001_client_base"
branch_labels = None
depends_on = None

JOINED = "coalesce(joined_at, '-infinity'::timestamptz)"
LEFT = "coalesce(left_at, 'infinity'::timestamptz)"


def upgrade() -> None:
    op.alter_column("stay", "joined_at", nullable=True)
    _index(JOINED)


def downgrade() -> None:
    op.execute("DELETE FROM stay WHERE joined_at IS NULL")
    op.alter_column("stay", "joined_at", nullable=False)
    _index("joined_at")


def _index(joined: str) -> None:
    op.drop_index("uq_stay_same", "stay")
    columns = [sa.text(part) for part in ("attendance_id", joined, LEFT)]
    op.create_index("uq_stay_same", "stay", columns, unique=True)
