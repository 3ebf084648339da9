"""online events are found by the folded words of their titles and topic"""

import sqlalchemy as sa
from alembic import op

from services.clients.rules.folding import fold

revision = "0003_search_of_events"
down_revision = "0002_stays_from_the_start"
branch_labels = None
depends_on = None

EVENT = sa.table(
    "online_event",
    *(sa.column(name) for name in ("id", "title_ru", "title_ky", "title_en", "topic")),
    sa.column("search_text"),
)


def upgrade() -> None:
    op.add_column(
        "online_event", sa.Column("search_text", sa.Text(), nullable=False, server_default="")
    )
    bind = op.get_bind()
    words = (EVENT.c.title_ru, EVENT.c.title_ky, EVENT.c.title_en, EVENT.c.topic)
    for row in bind.execute(sa.select(EVENT.c.id, *words)).all():
        text = fold(" ".join(word for word in row[1:] if word))
        bind.execute(sa.update(EVENT).where(EVENT.c.id == row.id).values(search_text=text))
    op.create_index("ix_online_event_starts_at", "online_event", ["starts_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_online_event_starts_at", "online_event")
    op.drop_column("online_event", "search_text")
