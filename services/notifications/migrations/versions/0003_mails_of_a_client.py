"""the mails to one client, and about one thing, are found without reading the whole ledger"""

import sqlalchemy as sa
from alembic import op

revision = "0003_mails_of_a_client"
down_revision = "0002_invited"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("client_id", "about_ref"):
        keys = [sa.text(f"(meta ->> '{name}')"), sa.text("queued_at"), sa.text("id")]
        op.create_index(f"ix_outgoing_mail_{name}", "outgoing_mail", keys)


def downgrade() -> None:
    for name in ("client_id", "about_ref"):
        op.drop_index(f"ix_outgoing_mail_{name}", "outgoing_mail")
