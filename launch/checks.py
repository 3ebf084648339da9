"""`./aymak test` and `./aymak lint`: the project's own checks, run from the project's folder."""

import os
import subprocess
import sys
from collections.abc import Callable

from launch import install
from launch.errors import LaunchError
from launch.state import ROOT

NEEDED = [*install.SERVERS, *install.BROWSER, install.POPPLER, install.PHP, install.CURL]
LINTERS = (
    ("ruff check", ["ruff", "check", "."]),
    ("ruff format", ["ruff", "format", "--check", "."]),
    ("mypy", ["mypy"]),
    ("import-linter", ["lint-imports"]),
)


def test(arguments: list[str], say: Callable[[str], None]) -> int:
    """Install what the tests need, run pytest with these arguments, return its exit status."""
    if "not broker and not flow" not in " ".join(arguments):
        _install(say)
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=ROOT, env=_environment(), check=False).returncode


def lint(say: Callable[[str], None]) -> int:
    """Run every linter, also after one has failed; return 0 when all are content."""
    folder = os.path.dirname(sys.executable)
    failed = []
    for name, command in LINTERS:
        say(f"{name} ...")
        program = [os.path.join(folder, command[0]), *command[1:]]
        if subprocess.run(program, cwd=ROOT, env=_environment(), check=False).returncode:
            failed.append(name)
    say(f"not content: {', '.join(failed)}" if failed else "all content")
    return 1 if failed else 0


def _install(say: Callable[[str], None]) -> None:
    try:
        install.ensure(NEEDED, say)
    except LaunchError as error:
        raise LaunchError(
            f"{error}\nWithout them the tests of servers cannot run; the others can: "
            "./aymak test -m 'not broker and not flow'"
        ) from error


def _environment() -> dict[str, str]:
    """The caller's environment without settings of a product: tests bring their own."""
    ours = ("AYMAK_", "AMQP_URI", "DATABASE_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"PYTHONPATH": str(ROOT)}
