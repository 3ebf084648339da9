"""The migrations make exactly the tables that the models describe, the mail ledger included."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData

from chassis.db import Base as ChassisBase
from chassis.db import Database
from services.notifications.models import Base

# The ledger's table is the chassis'; what its rows are about is known here only (migration 0003).
OF_THE_LEDGER = {"ix_outgoing_mail_client_id", "ix_outgoing_mail_about_ref"}


@pytest.mark.parametrize("metadata", [Base.metadata, ChassisBase.metadata], ids=["own", "chassis"])
def test_it_migrates_to_the_models(notifications_db: Database, metadata: MetaData) -> None:
    def ours(thing: Any, name: str | None, kind: str, *_: Any) -> bool:
        if kind == "index" and name in OF_THE_LEDGER:
            return False
        return kind != "table" or name in metadata.tables

    with notifications_db.engine.connect() as connection:
        options = {"include_object": ours, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
