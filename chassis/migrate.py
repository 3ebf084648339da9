"""Schema: the chassis' tables first, then the service's own Alembic tree, in one database.

The two trees keep their versions in two tables (``chassis_version`` and ``alembic_version``), so
that a service never has to know the chassis' history.
"""

from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import MetaData, create_engine, pool, text

from chassis.db import normalise_url

ROOT = Path(__file__).resolve().parent.parent
CHASSIS = ROOT / "chassis" / "migrations"
# One migration at a time per database, whoever starts it.
LOCK = 7_021_984


def tree_of(service: str) -> Path:
    """Return the folder of a service's own migrations."""
    return (
        ROOT / "gateway" / "migrations"
        if service == "gateway"
        else (ROOT / "services" / service / "migrations")
    )


def upgrade(service: str, url: str) -> None:
    """Bring a service's database to the newest schema; safe to call by several at once."""
    engine = create_engine(normalise_url(url), poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
        connection.commit()
        for tree, table in ((CHASSIS, "chassis_version"), (tree_of(service), "alembic_version")):
            config = Config()
            config.set_main_option("script_location", str(tree).replace("%", "%%"))
            config.attributes.update(connection=connection, version_table=table)
            command.upgrade(config, "head")
            connection.commit()
    engine.dispose()


def run_env(metadata: MetaData) -> None:
    """Run the migrations of the tree at hand; the whole of every ``env.py``."""
    attributes = context.config.attributes
    context.configure(
        connection=attributes["connection"],
        target_metadata=metadata,
        version_table=attributes["version_table"],
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
