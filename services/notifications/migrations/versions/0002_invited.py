"""how many readers an event's notice was made for; unknown for events that were announced before"""

import sqlalchemy as sa
from alembic import op

revision = "0002_invited"
down_revision = "0001_recipients_and_events"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("online_events", sa.Column("invited", sa.Integer))


def downgrade() -> None:
    op.drop_column("online_events", "invited")
