"""./aymak in a clean environment: makes its environment once, passes everything on."""

import hashlib
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from launch.state import ROOT

FAKE_LAUNCH = """
import os, sys
print(sys.argv[1:], os.environ["PYTHONPATH"], sys.prefix, sys.flags.safe_path)
"""


NO_PACKAGES = '{"name": "pages", "lockfileVersion": 3, "requires": true, "packages": {"": {}}}'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with our script, a launcher that prints, and nothing to install."""
    folder = tmp_path / "a project"
    (folder / "launch").mkdir(parents=True)
    shutil.copy(ROOT / "aymak", folder)
    (folder / "launch" / "__main__.py").write_text(FAKE_LAUNCH)
    (folder / "requirements.lock").write_text("# nothing\n")
    pages = folder / "gateway" / "console" / "assets"
    pages.mkdir(parents=True)
    (pages / "package.json").write_text('{"name": "pages", "private": true}')
    (pages / "package-lock.json").write_text(NO_PACKAGES)
    return folder


def call(script: Path, home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the script with an environment of PATH and HOME only."""
    return subprocess.run(
        [str(script), *arguments],
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_makes_the_environment_once_and_hands_over(project: Path, tmp_path: Path) -> None:
    first = call(project / "aymak", tmp_path, "logs", "a b", "--lines=1")
    assert first.returncode == 0, first.stderr
    assert "making the Python environment" in first.stderr
    assert first.stdout == f"['logs', 'a b', '--lines=1'] {project} {project}/.venv True\n"
    second = call(project / "aymak", tmp_path, "help")
    assert second.stderr == ""
    assert second.stdout.startswith("['help']")


def test_it_makes_it_anew_when_the_lock_changes(project: Path, tmp_path: Path) -> None:
    call(project / "aymak", tmp_path)
    (project / "requirements.lock").write_text("# something else\n")
    assert "making the Python environment" in call(project / "aymak", tmp_path).stderr
    assert call(project / "aymak", tmp_path).stderr == ""


def test_it_lets_npm_bring_the_pages_once_for_each_lock(project: Path, tmp_path: Path) -> None:
    assert "npm brings" in call(project / "aymak", tmp_path).stderr
    lock = project / "gateway" / "console" / "assets" / "package-lock.json"
    lock.write_text(NO_PACKAGES + "\n")
    again = call(project / "aymak", tmp_path).stderr
    assert "npm brings" in again and "making the Python environment" not in again
    assert call(project / "aymak", tmp_path).stderr == ""


def test_it_refuses_a_package_whose_hash_is_another(project: Path, tmp_path: Path) -> None:
    wrong = hashlib.sha256(b"x").hexdigest()
    (project / "requirements.lock").write_text(f"annotated-doc==0.0.4 --hash=sha256:{wrong}\n")
    done = call(project / "aymak", tmp_path)
    assert done.returncode != 0
    assert done.stdout == ""
    assert not (project / ".venv" / "aymak-lock").exists()


def test_it_is_found_through_a_link(project: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(project / "aymak")
    assert call(tmp_path / "link", tmp_path, "help").stdout.startswith("['help']")


def test_its_lock_names_no_address_and_hashes_everything() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    pinned = re.findall(r"^[A-Za-z0-9._-]+==\S+.*?(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    assert len(pinned) > 60
    assert [pin.split()[0] for pin in pinned if "--hash=sha256:" not in pin] == []


@pytest.mark.parametrize("folder", ["gateway/console/assets", "tests/contracts", "tests/console"])
def test_no_lock_of_npm_names_an_address(folder: str) -> None:
    text = (ROOT / folder / "package-lock.json").read_text()
    assert "://" not in text
    assert '"integrity": "sha512-' in text


def test_its_lock_holds_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    names = {re.split(r"[<>=!~ \[]", each)[0].lower().replace("_", "-") for each in wanted}
    locked = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(), re.M))
    assert names - locked == set()
    assert "nameko==3.0.0rc11" in wanted
