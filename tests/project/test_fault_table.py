"""docs/faults.md names a test that exists for every row of the fault table (quality.md §2)."""

import ast
import re
from functools import cache

from tests.project import ROOT

ROWS = set(range(1, 28))


def table() -> dict[int, list[str]]:
    """Return the tests of each row."""
    lines = (ROOT / "docs" / "faults.md").read_text().splitlines()
    rows = [line.split("|") for line in lines if re.match(r"\| \d+ \|", line)]
    return {int(cells[1]): re.findall(r"`(tests/[^`]+)`", cells[3]) for cells in rows}


@cache
def functions(path: str) -> set[str]:
    """Return the names of the tests of a file."""
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_it_forgets_no_row():
    assert set(table()) == ROWS
    assert [row for row, tests in table().items() if not tests] == []


def test_it_names_tests_that_exist():
    named = [test.split("::") for tests in table().values() for test in tests]
    assert named
    assert [f"{path}::{name}" for path, name in named if name not in functions(path)] == []
