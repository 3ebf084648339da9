"""The migrations make exactly the tables that the models describe."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from chassis.db import Base as ChassisBase
from chassis.db import Database
from services.feedback.models import Base

OTHERS = {*ChassisBase.metadata.tables, "chassis_version", "alembic_version"}


def ours(thing: Any, name: str | None, kind: str, *_: Any) -> bool:
    """Leave the chassis' own tables out of the comparison."""
    return kind != "table" or name not in OTHERS


def test_the_migrations_make_the_tables_of_the_models(feedback_db: Database) -> None:
    with feedback_db.engine.connect() as connection:
        options = {"include_object": ours, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
