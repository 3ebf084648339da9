"""Schema: the chassis' tables first, then the service's own Alembic tree, in one database.

The two trees keep their versions in two tables (``chassis_version`` and ``alembic_version``), so
that a service never has to know the chassis' history.
"""

import time
from itertools import cycle
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, create_engine, pool, text
from sqlalchemy.exc import OperationalError

from chassis.db import normalise_url

ROOT = Path(__file__).resolve().parent.parent
CHASSIS = ROOT / "chassis" / "migrations"
# One migration at a time per database, whoever starts it.
LOCK = 7_021_984
# A statement that waits for a table's lock makes all others wait behind it: it waits briefly, and
# under load, where a service's own transactions are slow, longer from time to time.
LOCK_SECONDS, PAUSE, PATIENCE = (2, 2, 4, 8), 0.5, 500
LOCK_NOT_AVAILABLE = "55P03"


def tree_of(service: str) -> Path:
    """Return the folder of a service's own migrations."""
    return (
        ROOT / "gateway" / "migrations"
        if service == "gateway"
        else (ROOT / "services" / service / "migrations")
    )


def upgrade(service: str, url: str) -> None:
    """Bring a service's database to the newest schema; safe to call by several at once.

    It may run beside working services: a statement that does not get its lock soon gives way, so
    that nobody queues behind it, and its tree is tried again. Raises ``OperationalError`` when it
    had to give way for ``PATIENCE`` seconds.
    """
    engine = create_engine(normalise_url(url), poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
        connection.commit()
        until = time.monotonic() + PATIENCE
        for tree, table in ((CHASSIS, "chassis_version"), (tree_of(service), "alembic_version")):
            for seconds in cycle(LOCK_SECONDS):
                connection.execute(text(f"SET lock_timeout = '{seconds}s'"))
                connection.commit()
                if _climb(connection, tree, table, last=time.monotonic() > until):
                    break
                time.sleep(PAUSE)
    engine.dispose()


def _climb(connection: Connection, tree: Path, table: str, *, last: bool) -> bool:
    """Bring one tree to its head in one transaction; False when a lock was not to be had."""
    config = Config()
    config.set_main_option("script_location", str(tree).replace("%", "%%"))
    config.attributes.update(connection=connection, version_table=table)
    try:
        command.upgrade(config, "head")
        connection.commit()
    except OperationalError as problem:
        connection.rollback()
        if last or getattr(problem.orig, "pgcode", None) != LOCK_NOT_AVAILABLE:
            raise
        return False
    return True


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
