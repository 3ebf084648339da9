"""The systemd units: accepted by systemd, true to the code, and hardened."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from chassis.setting_list import SECRETS, SETTINGS
from launch import children, container_secrets, process
from tests.project import ROOT

FOLDER = ROOT / "deploy" / "systemd"
SERVICES = sorted(FOLDER.glob("*.service"))
HARDENED = ("NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=\n", "User=aymak")


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units as they lie on a machine, with this tree in the place of /opt/aymak."""
    for path in FOLDER.iterdir():
        text = path.read_text("utf-8").replace("/opt/aymak", str(ROOT))
        (tmp_path / path.name).write_text(text)
    for name in children.TARGETS:
        shutil.copy(tmp_path / "aymak@.service", tmp_path / f"aymak@{name}.service")
    return tmp_path


def test_it_is_accepted_by_systemd(units):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not on this machine")
    files = [str(path) for path in units.iterdir() if path.name != "aymak@.service"]
    done = subprocess.run(
        [program, "verify", "--man=no", *files], capture_output=True, text=True, check=False
    )
    ours = [line for line in done.stderr.splitlines() if "aymak" in line]
    assert (done.returncode, ours) == (0, []), done.stderr


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_it_is_hardened_and_names_only_settings_that_exist(path):
    text = path.read_text("utf-8")
    assert [line for line in HARDENED if line not in text] == []
    known = {setting.name for setting in SETTINGS} | {f"{name}_FILE" for name in SECRETS}
    named = set(re.findall(r"\b(AYMAK_\w+|AMQP_URI_FILE|DATABASE_URL_FILE)=", text))
    assert named <= known
    required = {setting.name for setting in SETTINGS if setting.default is None}
    assert required <= {name.removesuffix("_FILE") for name in named}


def test_it_loads_only_secrets_that_are_made():
    made = set(container_secrets.contents())
    for path in SERVICES:
        for name in re.findall(r"secrets/(\S+)$", path.read_text("utf-8"), re.M):
            for instance in children.TARGETS:
                assert name.replace("%i", instance) in made


def test_it_waits_for_the_drain_and_wants_every_process():
    assert "TimeoutStopSec=30" in (FOLDER / "aymak@.service").read_text("utf-8")
    wanted = re.findall(r"aymak@(\w+)\.service", (FOLDER / "aymak.target").read_text("utf-8"))
    assert set(wanted) == set(children.TARGETS)
    for name, target in children.TARGETS.items():
        assert process.command(name)[-1] == target
