"""the events of one flow are found together"""

from alembic import op

revision = "0004_journal_flow"
down_revision = "0003_not_held_after_all"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_journal_correlation", "journal", ["correlation"])


def downgrade() -> None:
    op.drop_index("ix_journal_correlation", "journal")
