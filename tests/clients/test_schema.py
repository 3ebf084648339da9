"""The migrations make exactly the tables of the models, and the search uses its index."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from chassis.db import Database
from services.clients.models_events import Base

pytestmark = pytest.mark.broker


def test_it_has_no_difference_between_models_and_migrations(clients_db: Database) -> None:
    own = set(Base.metadata.tables)
    with clients_db.engine.connect() as connection:
        options = {
            "compare_type": True,
            "include_name": lambda name, kind, _: kind != "table" or name in own,
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.parametrize("condition", ["search_text ILIKE '%омурбек%'", "'омурбек' <% search_text"])
def test_it_searches_by_trigrams(clients_db: Database, condition: str) -> None:
    with clients_db.begin() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = session.scalars(text(f"EXPLAIN SELECT id FROM client WHERE {condition}")).all()
    assert any("ix_client_search" in line for line in plan)
