"""pyproject.toml names every library that the code imports: a fresh clone must run."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from launch.state import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOMS = ("contracts", "chassis", "services", "gateway", "launch", "bench")
# The peers of the benchmarks have an environment of their own.
PEERS = ROOT / "bench" / "peers"
# Pictures and tests of the console need a browser; the product does not.
FOR_DEVELOPERS = {ROOT / "launch" / "browser.py"}


def normal(name: str) -> str:
    return re.split(r"[<>=!~ \[]", name)[0].lower().replace("_", "-").replace(".", "-")


def imported(*rooms: str) -> Iterator[tuple[str, Path]]:
    """Yield each imported library with the file that imports it."""
    for room in rooms:
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                yield from ((name, path) for name in _names(node))


def _names(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        return {node.module.partition(".")[0]}
    return set()


@pytest.mark.parametrize(("rooms", "with_dev"), [(ROOMS, False), (("tests",), True)])
def test_it_declares_what_is_imported(rooms: tuple[str, ...], with_dev: bool) -> None:
    known = {normal(each) for each in PROJECT["project"]["dependencies"]}
    dev = {normal(each) for each in PROJECT["dependency-groups"]["dev"]}
    peers = {normal(each) for each in (PEERS / "requirements.txt").read_text().splitlines()}

    def declared(path: Path) -> set[str]:
        extra = peers if PEERS in path.parents else set()
        return known | extra | (dev if with_dev or path in FOR_DEVELOPERS else set())

    provided_by = packages_distributions()
    ours = {*ROOMS, "tests", "standin", *sys.stdlib_module_names}
    missing = {
        (name, path)
        for name, path in imported(*rooms)
        if name not in ours
        and not {normal(each) for each in provided_by.get(name, [name])} & declared(path)
    }
    assert missing == set()
