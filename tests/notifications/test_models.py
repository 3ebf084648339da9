"""The migrations make exactly the tables that the models describe, the mail ledger included."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData

from chassis.db import Base as ChassisBase
from chassis.db import Database
from services.notifications.models import Base


@pytest.mark.parametrize("metadata", [Base.metadata, ChassisBase.metadata], ids=["own", "chassis"])
def test_it_migrates_to_the_models(notifications_db: Database, metadata: MetaData) -> None:
    def ours(thing: Any, name: str | None, kind: str, *_: Any) -> bool:
        return kind != "table" or name in metadata.tables

    with notifications_db.engine.connect() as connection:
        options = {"include_object": ours, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
