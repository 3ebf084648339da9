"""Migrations: one line per tree, and together they make what the models say."""

import importlib
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData

from chassis import db, migrate
from contracts.catalogue import SERVICES

# Tables are known to the metadata only when their modules are imported.
import chassis.service  # noqa: F401  isort: skip
import gateway.models_own  # noqa: F401  isort: skip

ROOMS = (*SERVICES, "gateway")
# The mail ledger is the chassis'; what its rows are about, only notifications knows (its 0003).
OF_THE_LEDGER = {"ix_outgoing_mail_client_id", "ix_outgoing_mail_about_ref"}
VERSIONS = {"alembic_version", "chassis_version"}


def metadata_of(room: str) -> MetaData:
    """Return the tables that a room's models declare."""
    name = "gateway.models" if room == "gateway" else f"services.{room}.models"
    found = importlib.import_module(name).Base.metadata
    assert isinstance(found, MetaData)
    return found


@pytest.mark.parametrize(
    "tree",
    [migrate.CHASSIS, *(migrate.tree_of(room) for room in ROOMS)],
    ids=lambda t: str(t)[-40:],
)
def test_it_has_one_line_of_versions_named_as_their_files(tree: Path):
    config = Config()
    config.set_main_option("script_location", str(tree))
    scripts = ScriptDirectory.from_config(config)
    assert len(scripts.get_heads()) == 1
    for revision in scripts.walk_revisions():
        assert Path(revision.path).stem == revision.revision


def known(kind: str, thing: Any, *_: Any) -> bool:
    """Tell whether a difference is meant: version tables, and the indexes of another's table."""
    if kind == "remove_index":
        return thing.name in OF_THE_LEDGER
    return kind == "remove_table" and thing.name in VERSIONS


@pytest.mark.parametrize("room", ROOMS)
def test_it_makes_the_tables_of_the_models(room, new_database):
    database = new_database(room)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        declared = [metadata_of(room), db.Base.metadata]
        differences = compare_metadata(context, declared)
    assert [item for item in differences if not known(*item)] == []


@pytest.mark.parametrize("room", ROOMS)
def test_it_may_be_run_again(room, new_database):
    migrate.upgrade(room, new_database(room).url)
