"""Migrations: one line per tree, and together they make what the models say."""

import importlib
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData

from chassis import db, migrate
from contracts.catalogue import SERVICES

# The chassis' tables are known to the metadata only when their modules are imported.
import chassis.service  # noqa: F401  isort: skip

ROOMS = (*SERVICES, "gateway")


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


@pytest.mark.parametrize("room", ROOMS)
def test_it_makes_the_tables_of_the_models(room, new_database):
    database = new_database(room)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        declared = [metadata_of(room), db.Base.metadata]
        differences = compare_metadata(context, declared)
    versions = {"alembic_version", "chassis_version"}
    real = [
        item for item in differences if not (item[0] == "remove_table" and item[1].name in versions)
    ]
    assert real == []


@pytest.mark.parametrize("room", ROOMS)
def test_it_may_be_run_again(room, new_database):
    migrate.upgrade(room, new_database(room).url)
