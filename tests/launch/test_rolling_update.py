"""Fault row 23: a release beside the next one, and the migration between them under load.

The next release is a copy of this tree with one more column, which its code writes.
"""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from chassis.db import Database
from contracts.envelope import Event
from contracts.parts import ClientName
from contracts.portal import ClientRegisteredV1, ClientUpdatedV1
from tests.broker.house import CLASSES, House, eventually
from tests.conftest import NUMBERS, execute, skipped_if_missing
from tests.factories import event
from tests.project import ROOT

pytestmark = [pytest.mark.broker, pytest.mark.flow, pytest.mark.timeout(600)]

ROOMS = ("contracts", "chassis", "services", "gateway", "launch")
VERSIONS = Path("services/clients/migrations/versions")
MIGRATION = '''"""a column of the next release"""

import sqlalchemy as sa
from alembic import op

revision = "9999_next"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("client", sa.Column("next", sa.Text, server_default=""))
'''
# A client is a row of the ORM, or a blank that becomes one together with others.
COLUMNS = {
    "models.py": "    next: Mapped[str | None] = "
    'mapped_column(Text, default="written by the next")\n',
    "blanks.py": '    next: str | None = "written by the next"\n',
}
APPLIED = "SELECT count(*) FROM inbox WHERE outcome = 'applied'"
TROUBLE = "SELECT count(*) FROM inbox WHERE outcome IN ('failed', 'dead')"
BY_NEXT = "SELECT array_agg(id::text ORDER BY id) FROM client WHERE next = 'written by the next'"
UPDATED = 40
# Slow enough that the broker holds no long backlog for whoever starts next.
PACE_SECONDS = 0.05
BY_LAST = "SELECT count(*) FROM client WHERE next <> 'written by the next'"


@pytest.fixture
def following(tmp_path: Path) -> Path:
    """A copy of this tree with one more migration of clients, and code that uses it."""
    tree = tmp_path / "following"
    for room in ROOMS:
        shutil.copytree(ROOT / room, tree / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    head = sorted(path.stem for path in (tree / VERSIONS).glob("0*.py"))[-1]
    (tree / VERSIONS / "9999_next.py").write_text(MIGRATION.format(head=head))
    for file, column in COLUMNS.items():
        path = tree / "services/clients" / file
        content = path.read_text("utf-8")
        line = next(line for line in content.splitlines(True) if line.startswith("    sort_name: "))
        path.write_text(content.replace(line, line + column), "utf-8")
    return tree


@pytest.fixture
def house(postgres: Any, rabbit: Any, tmp_path: Path) -> Iterator[House]:
    """A house with clients and the gateway of this release."""
    with skipped_if_missing("servers"):
        found = House(postgres, rabbit, tmp_path, ("clients", "gateway"))
    try:
        for name in found.services:
            found.start(name)
        eventually(found.is_up, "the gateway answers")
        yield found
    finally:
        found.close()


def migration_of(tree: Path, house: House) -> "subprocess.Popen[bytes]":
    """Start the migration of clients to the schema of a tree."""
    url = house.databases["clients"].url
    code = f"from chassis.migrate import upgrade; upgrade('clients', {url!r})"
    return subprocess.Popen([sys.executable, "-c", code], cwd=tree)


def start(tree: Path, house: House) -> "subprocess.Popen[bytes]":
    """Start clients of a tree beside the one that runs."""
    environment = {
        **os.environ,
        "AMQP_URI": house.rabbit.uri,
        "DATABASE_URL": house.url,
        "AYMAK_STATE": str(house.folder),
        "AYMAK_SECRET": "a-secret-of-the-tests-0123456789-abc",
    }
    with (house.folder / "following.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "chassis.main", CLASSES["clients"]],
            cwd=tree,
            env=environment,
            stdout=log,
            stderr=log,
        )


def registration(number: int) -> Event[Any]:
    """Return the registration of a citizen."""
    name = ClientName(surname=f"Асанов {number}")
    data = ClientRegisteredV1(
        client_ref=f"c-{number}", kind="person", audience="citizens", name=name
    )
    return event(data, at="2022-03-10 10:00")


class Load(threading.Thread):
    """A portal that posts one registration after the other until it is told to stop."""

    def __init__(self, house: House) -> None:
        super().__init__(daemon=True)
        self.house, self.count, self.over = house, 0, threading.Event()

    def run(self) -> None:
        """Post; a 503 is tried again by the house, as a portal does."""
        while not self.over.is_set():
            self.count += 1
            self.house.post_until_accepted(registration(self.count))
            self.over.wait(PACE_SECONDS)

    def end(self) -> int:
        """Stop, and return how many were accepted."""
        self.over.set()
        self.join()
        return self.count


def test_it_runs_beside_the_next_release_and_loses_no_field(house, following):
    load = Load(house)
    load.start()
    eventually(lambda: house.one("clients", APPLIED) > 5, "this release works")
    # A reader holds the table: the migration must give way to the service, again and again.
    with house.databases["clients"].engine.connect() as reader:
        reader.execute(text("SELECT * FROM client LIMIT 1"))
        migration = migration_of(following, house)
        eventually(lambda: waits(house), "the migration waits for its lock")
        eventually(lambda: not waits(house), "it gives way")
        done = house.one("clients", APPLIED)
        eventually(lambda: house.one("clients", APPLIED) > done + 5, "the service works on")
        assert migration.poll() is None
    assert migration.wait(240) == 0
    following_clients = start(following, house)
    try:
        eventually(lambda: len(house.one("clients", BY_NEXT) or []) > 5, "the next release works")
        before = house.one("clients", BY_LAST)
        eventually(lambda: house.one("clients", BY_LAST) > before, "and this one too")
        count = load.end()
        eventually(lambda: house.one("clients", APPLIED) == count, "all are applied")
        written = house.one("clients", BY_NEXT)
        # The newest are of both releases.
        newest = range(max(1, count - UPDATED + 1), count + 1)
        for number in newest:
            update = ClientUpdatedV1(client_ref=f"c-{number}", email=f"c{number}@example.org")
            house.post_until_accepted(event(update, at="2022-03-10 11:00"))
        eventually(
            lambda: house.one("clients", APPLIED) == count + len(newest), "all updates are applied"
        )
        assert house.one("clients", BY_NEXT) == written
        mailed = "SELECT count(*) FROM client WHERE emails <> '{}'"
        assert house.one("clients", mailed) == len(newest)
        assert house.one("clients", TROUBLE) == 0
    finally:
        following_clients.kill()
        following_clients.wait()


def waits(house: House) -> bool:
    """Return whether somebody waits for the lock of a whole table."""
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
    return bool(house.one("clients", query))


def test_it_migrates_once_when_several_do_at_once(postgres):
    name = f"at_once_{next(NUMBERS)}"
    execute(postgres.url, f'CREATE DATABASE "{name}"')
    url = make_url(postgres.url).set(database=name).render_as_string(hide_password=False)
    code = f"from chassis.migrate import upgrade; upgrade('clients', {url!r})"
    several = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) for _ in range(3)]
    assert [each.wait(120) for each in several] == [0, 0, 0]
    database = Database(url)
    with database.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM alembic_version")) == 1
        assert session.scalar(text("SELECT count(*) FROM client")) == 0
    database.close()
    execute(postgres.url, f'DROP DATABASE "{name}" WITH (FORCE)')
