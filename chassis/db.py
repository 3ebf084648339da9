"""PostgreSQL as every service uses it: one engine, transactions by ``begin()``, column types."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import JSON, DateTime, Engine, MetaData, create_engine, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

from chassis import context
from chassis.settings import Settings

Instant = DateTime(timezone=True)
Json = JSON().with_variant(JSONB(), "postgresql")
LOCK_TIMEOUT = "20s"
# Where a session keeps for how long it waits for a lock, if not as long as others.
PATIENCE = "patience"
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of the chassis' own tables; a service has a Base of its own beside it."""

    metadata = MetaData(naming_convention=NAMING)


def new_id() -> uuid.UUID:
    """Return a new id: of the fact at hand (``context.id_of``), else random; made in Python."""
    return context.id_of("row")


def normalise_url(url: str) -> URL:
    """Return ``url`` for psycopg2: a bare ``postgresql://`` would load a driver that blocks."""
    return make_url(url).set(drivername="postgresql+psycopg2")


def database_url(settings: Settings, service: str) -> str:
    """Return the URL of a service's own database: its name is appended with an underscore."""
    url = normalise_url(settings.database_url)
    own = url.set(database=f"{url.database or 'aymak'}_{service}")
    return own.render_as_string(hide_password=False)


class Database:
    """A service's database; thread- and greenlet-safe, connections are kept in a small pool."""

    def __init__(self, url: str, *, pool_size: int = 12) -> None:
        self.url = url
        self.engine: Engine = create_engine(
            normalise_url(url),
            pool_size=pool_size,
            max_overflow=8,
            pool_pre_ping=True,
            # Errors are logged and kept: parameters would carry personal data into both.
            hide_parameters=True,
            connect_args={
                "connect_timeout": 5,
                "application_name": "aymak",
                # JIT compiles our short queries for longer than they run.
                "options": f"-c timezone=UTC -c jit=off "
                f"-c lock_timeout={LOCK_TIMEOUT} "
                "-c idle_in_transaction_session_timeout=60s",
                "keepalives_idle": 10,
                "keepalives_interval": 5,
                "keepalives_count": 3,
                "tcp_user_timeout": 20_000,
            },
        )

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a transaction: committed at the end of the block, rolled back by an exception.

        What stands in ``session.info["after_commit"]`` is called after the commit; it may only
        wake somebody who would look by himself soon.
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session
        for told in session.info.pop("after_commit", ()):
            told()

    def close(self) -> None:
        """Give all pooled connections back."""
        self.engine.dispose()


def be_impatient(session: Session, seconds: int) -> None:
    """Let this transaction give up a lock that somebody holds for longer than ``seconds``."""
    session.info[PATIENCE] = f"{seconds}s"
    session.execute(select(func.set_config("lock_timeout", f"{seconds}s", True)))


def take_turn(session: Session, key: int, *, shared: bool = False) -> None:
    """Wait until this transaction holds the advisory lock ``key``; released when it ends.

    For locks that everybody takes and holds for one short transaction: the wait for them is a
    queue, not a row that somebody keeps, so that even an impatient transaction waits.
    """
    lock = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
    patience = session.info.get(PATIENCE)
    if patience:
        session.execute(select(func.set_config("lock_timeout", LOCK_TIMEOUT, True)))
    session.execute(select(lock(key)))
    if patience:
        session.execute(select(func.set_config("lock_timeout", patience, True)))


def is_away(error: BaseException) -> bool:
    """Return whether an exception means "the database is away or gave up", not "this is wrong".

    Such work is tried again as it is: a lost connection, a shutdown, too many connections, a
    serialisation failure, a deadlock, a lock time-out, a full disk.
    """
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    code = getattr(getattr(error, "orig", None), "pgcode", None)
    if code is None:
        return isinstance(error, OperationalError | InterfaceError)
    return code[:2] in ("08", "53", "57") or code in ("40001", "40P01", "55P03", "25P03")


def plain(row: Any) -> dict[str, Any]:
    """Return a result row as a dict."""
    return dict(row._mapping)
