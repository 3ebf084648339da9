"""The OpenAPI document against the running gateway, with made-up requests in every role.

schemathesis looks for 5xx answers, undocumented statuses, content types and bodies, and for closed
routes that answer without a token. What would end a role's own session is asked elsewhere. Its
phase "coverage" (5,300 requests a role, four minutes) is for a rainy day: ``--phases=coverage``.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway import policy
from gateway.routes import specs
from gateway.service import GatewayService
from launch.postgres import PrivatePostgres
from launch.rabbitmq import PrivateRabbit
from tests.gateway.conftest import build
from tests.gateway.house import House

ROOT = Path(__file__).parent
# Operations that would end the role's own session.
OWN = {"delete_session", "put_own_password"}
# The administrator may do most: the others see the same routes through other eyes.
EXAMPLES = {"administrator": 6}


@pytest.fixture(scope="module")
def probed(
    postgres: PrivatePostgres,
    template: Callable[[str], str],
    rabbit: PrivateRabbit,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    """A gateway of its own: what is made up here is stored there."""
    house = build(postgres.url, template("gateway"), rabbit.uri, tmp_path_factory.mktemp("probed"))
    house.env["AYMAK_RATE_SCALE"] = "10000"
    try:
        house.start_gateway()
        house.start_services()
        yield house
    finally:
        for name in list(house.processes):
            house.end(name)


def operations_of(role: str) -> list[str]:
    """Return what a role may do; nobody tries everything."""
    return [
        name
        for name, spec, _ in specs(GatewayService)
        if name not in OWN
        and (not role or (spec.access != "open" and policy.sight(role, spec.access)))
    ]


@pytest.mark.parametrize("role", ["", policy.PORTAL, *policy.STAFF])
def test_it_finds_nothing(probed: House, role: str, tmp_path: Path) -> None:
    token = probed.token(role)
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"),
            f"--config-file={ROOT / 'schemathesis.toml'}",
            "run",
            f"{probed.url}/v1/openapi.json",
            *(["--header", f"Authorization: Bearer {token}"] if token else []),
            f"--include-operation-id-regex=^({'|'.join(operations_of(role))})$",
            "--phases=fuzzing",
            f"--max-examples={EXAMPLES.get(role, 2)}",
            "--seed=2022",
            "--generation-database=none",
            "--continue-on-failure",
            "--warnings=off",
            "--no-shrink",
            "--no-color",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert f"Tested: {len(operations_of(role))}" in done.stdout
    assert probed.processes["gateway"].poll() is None
