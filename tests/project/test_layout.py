"""Sizes, imports and names: the house stays as it was drawn (architecture.md §1, style.md)."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from eventlet.patcher import is_monkey_patched

from tests.project import ROOT

ROOMS = ("contracts", "chassis", "services", "gateway", "launch", "bench")
STDLIB_NAMES = set(sys.stdlib_module_names)
# Nouns of the domain; the chassis runs any service and knows none of them.
DOMAIN = re.compile(
    r"\b(inquir\w+|municipalit\w+|organisations?|consents?|attendances?|campaigns?|indicators?"
    r"|subscriptions?|polls?|contests?|magazines?|kenesh)\b"
)


def sources(*rooms: str) -> list[Path]:
    """Return the Python files of the rooms, migrations aside."""
    found = [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]
    aside = {"migrations", "node_modules"}
    return [path for path in found if not aside & set(path.parts)]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the name and length in lines of each function, its docstring not counted."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body
            first = body[0]
            is_doc = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            documented = (first.end_lineno or 0) - first.lineno + 1 if is_doc else 0
            yield node.name, (node.end_lineno or 0) - node.lineno + 1 - documented


def test_it_keeps_files_short():
    long = {
        str(path.relative_to(ROOT)): length
        for path in sources(*ROOMS)
        if (length := len(path.read_text().splitlines())) > 300
    }
    long |= {
        str(path.relative_to(ROOT)): length
        for path in sources("tests")
        if (length := len(path.read_text().splitlines())) > 500
    }
    assert long == {}


def test_it_keeps_no_package_of_anybody_else():
    """A file this big was fetched or built, not written: it does not belong into the history."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    assert paths
    assert [path for path in paths if path.is_file() and path.stat().st_size > 500_000] == []


def test_it_keeps_route_files_short():
    files = sources("gateway/api")
    assert files
    assert [path.name for path in files if len(path.read_text().splitlines()) > 150] == []


def test_it_keeps_functions_short():
    lengths = [(n, f"{path}:{name}") for path in sources(*ROOMS) for name, n in functions(path)]
    assert [where for n, where in lengths if n > 40] == []
    ordered = sorted(n for n, _ in lengths)
    assert ordered[len(ordered) // 2] <= 8
    assert ordered[len(ordered) * 9 // 10] <= 25


def test_it_keeps_the_chassis_small_and_free_of_the_domain():
    files = sources("chassis")
    assert [path.name for path in files if len(path.read_text().splitlines()) > 250] == []
    found = {path.name: sorted(set(DOMAIN.findall(path.read_text()))) for path in files}
    assert {name: nouns for name, nouns in found.items() if nouns} == {}


def test_it_names_no_module_as_the_standard_library_does():
    names = {path.stem for path in sources(*ROOMS)} | {path.name for path in ROOT.iterdir()}
    # `chassis.http` is named by architecture.md §1 and cannot shadow: nothing imports it bare.
    assert names & STDLIB_NAMES == {"http"}


def test_it_opens_every_module_with_what_it_owns():
    silent = [
        str(path.relative_to(ROOT))
        for path in sources(*ROOMS)
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


@pytest.mark.parametrize(
    "command",
    [
        ["lint-imports"],
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
    ],
    ids=lambda command: command[0] + command[1] if len(command) > 1 else command[0],
)
def test_it_passes(command):
    program = Path(sys.executable).parent / command[0]
    done = subprocess.run(
        [str(program), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_it_leaves_the_test_run_unpatched():
    """Collecting the tests must not monkey-patch this process; services patch their own."""
    assert not is_monkey_patched("thread")
