"""docker-compose.yml and the Dockerfile: valid, locked down, and true to the code (S19, S25)."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from chassis.setting_list import SECRETS, SETTINGS
from contracts.catalogue import SERVICES
from launch import children, container_secrets, install, setting_pages
from tests.project import ROOT

FILE = ROOT / "docker-compose.yml"
OURS = (*SERVICES, "gateway")
SCHEMA = Path("/usr/lib/python3/dist-packages/compose/config/compose_spec.json")


def composed() -> dict[str, Any]:
    """Return the file as YAML reads it, anchors merged."""
    content: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return content


def services() -> dict[str, dict[str, Any]]:
    """Return the services of the file."""
    found: dict[str, dict[str, Any]] = composed()["services"]
    return found


@pytest.fixture(scope="module")
def compose(tmp_path_factory: Any) -> str:
    """The program docker-compose; with CI=true it is installed where it is missing."""
    if os.environ.get("CI") == "true":
        log = tmp_path_factory.mktemp("install") / "install.log"
        install.ensure([install.DOCKER_COMPOSE], print, log=log)
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("docker-compose is not installed: apt-get install docker-compose")
    return program


@pytest.mark.parametrize("profile", ["", "tools", "mail-demo"])
def test_it_is_accepted_by_docker_compose(compose, profile):
    done = subprocess.run(
        [compose, "-f", str(FILE), *(["--profile", profile] if profile else []), "config", "-q"],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_it_is_valid_for_the_compose_specification(compose):
    if not SCHEMA.exists():
        pytest.skip("this docker-compose carries its schema inside of itself")
    jsonschema.Draft201909Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(composed())


def test_it_runs_every_service_of_the_catalogue_and_the_gateway():
    commands = {name: services()[name]["command"] for name in OURS}
    for name, command in commands.items():
        assert command == ["python", "-P", "-m", "chassis.main", children.TARGETS[name]]
    assert set(children.TARGETS) == set(OURS)


def test_it_gives_each_process_the_settings_that_it_must_have_and_no_unknown_ones():
    known = {setting.name for setting in SETTINGS} | {f"{name}_FILE" for name in SECRETS}
    required = {setting.name for setting in SETTINGS if setting.default is None}
    for name in (*OURS, "migrate", "backup"):
        given = set(services()[name]["environment"])
        assert given <= known, name
        assert required <= {item.removesuffix("_FILE") for item in given}, name


def test_it_gives_mail_settings_to_those_who_mail():
    mailing = {each.name for each in SETTINGS if "notifications, reporting" in each.used_by}
    mailing -= {"AYMAK_MAIL_DIR"}
    for name in ("notifications", "reporting"):
        given = {item.removesuffix("_FILE") for item in services()[name]["environment"]}
        assert mailing <= given


def test_it_explains_every_variable_that_it_reads():
    read = set(re.findall(r"\$\{(\w+)", FILE.read_text("utf-8")))
    assert read <= set(setting_pages.COMPOSE) | {setting.name for setting in SETTINGS}
    for name, (_, default) in setting_pages.COMPOSE.items():
        assert f"${{{name}:-{default}}}" in FILE.read_text("utf-8")


def test_it_mounts_only_its_own_secrets_and_all_of_them_are_made():
    made = set(container_secrets.contents())
    declared = composed()["secrets"]
    assert set(declared) == made
    for name in OURS:
        mounted = set(services()[name]["secrets"])
        named = services()[name]["environment"].values()
        assert mounted == {str(text).rpartition("/")[2] for text in named if "/run/secrets" in text}
        foreign = {item for item in mounted if item.endswith(("_uri", "_url"))}
        assert foreign - {"aymak_smtp_url"} == {f"{name}_amqp_uri", f"{name}_database_url"}


@pytest.mark.parametrize("name", sorted(services()))
def test_it_locks_every_container_down(name):
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"] and service["cpus"] and service["pids_limit"]
    assert "privileged" not in service and "cap_add" not in service
    assert not any("docker.sock" in str(item) for item in service.get("volumes", []))
    assert service["restart"] == ("no" if name in ("migrate", "backup") else "unless-stopped")
    if name not in ("migrate", "backup"):
        assert service["healthcheck"]["test"][0] == "CMD"
    # Ours get their user from the image; its last USER is checked below.
    assert "build" in service or service["user"] not in ("root", "0")
    assert re.fullmatch(r"[\w./-]+:v?\d[\w.-]*", service["image"]), "an exact tag"


def test_it_publishes_only_the_gateway_and_that_on_loopback():
    published = {name: item["ports"] for name, item in services().items() if "ports" in item}
    assert published == {"gateway": ["${GATEWAY_PUBLISH:-127.0.0.1:8000}:8000"]}
    networks = composed()["networks"]
    assert networks["broker"]["internal"] and networks["db"]["internal"]
    assert services()["rabbitmq"]["networks"] == ["broker"]
    assert services()["postgres"]["networks"] == ["db"]
    assert [name for name, item in services().items() if "front" in item["networks"]] == ["gateway"]


def test_it_starts_the_processes_after_the_migration():
    for name in OURS:
        waits = services()[name]["depends_on"]
        assert waits["migrate"] == {"condition": "service_completed_successfully"}
        assert services()[name]["stop_grace_period"] == "30s"


def test_it_builds_an_image_that_is_not_root_from_the_hashed_lock():
    lines = (ROOT / "Dockerfile").read_text("utf-8")
    assert re.findall(r"^USER (.+)$", lines, re.M)[-1] == "10001:10001"
    assert "--require-hashes" in lines and "requirements.lock" in lines
    assert "://" not in lines
    for room in re.findall(r"^COPY (\w+) /app/", lines, re.M):
        assert (ROOT / room / "__init__.py").exists()
        assert f"!{room}\n" in (ROOT / ".dockerignore").read_text("utf-8")


def test_it_makes_secrets_once_and_readable_only_by_way_of_their_folder(tmp_path):
    folder = tmp_path / "secrets"
    names = container_secrets.make(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in folder.iterdir()} == set(names)
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}
    with pytest.raises(container_secrets.LaunchError, match="in use"):
        container_secrets.make(folder)
