"""online events that were closed and then cancelled"""

import sqlalchemy as sa
from alembic import op

revision = "0003_not_held_after_all"
down_revision = "0002_reports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    held = sa.Column("held", sa.Boolean, nullable=False, server_default=sa.true())
    op.add_column("closed_event", held)


def downgrade() -> None:
    op.drop_column("closed_event", "held")
