"""The example clients against the real gateway and its broker."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples.clients import COMMANDS, EXAMPLES, Client, skip_without
from tests.gateway.house import House


@pytest.fixture(autouse=True)
def _empty(house: House) -> None:
    house.journal()


def client_of(language: str, folder: Path, house: House) -> Client:
    skip_without(language)
    return Client(language, folder, house.url, house.first.portal_key)


@pytest.mark.parametrize("language", list(COMMANDS))
def test_it_reports_and_sets_aside_what_is_refused(
    house: House, tmp_path: Path, language: str
) -> None:
    client = client_of(language, tmp_path, house)
    client.add("good-1")
    client.add("bad-1", surprise=1)
    client.add("large-1", method="x" * 70_000)
    client.add("good-2", method="Өткөрүү «ү»")
    assert client.flush() == (0, "sent 2, refused 2, left 0\n")
    heard = {event["id"]: event["data"] for event in house.journal()}
    assert heard == {
        "good-1": {"client_ref": "u-1"},
        "good-2": {"client_ref": "u-1", "method": "Өткөрүү «ү»"},
    }
    first, second = sorted((client.spool / "refused").glob("*.problem.json"))
    problem = json.loads(first.read_text())
    assert problem["errors"][0]["field"].endswith("data.surprise")
    assert json.loads(second.read_text())["type"].endswith("/event_too_large")


@pytest.mark.parametrize("language", list(COMMANDS))
def test_it_sets_aside_what_its_key_may_not_send(
    house: House, tmp_path: Path, language: str
) -> None:
    client = client_of(language, tmp_path, house)
    client.add("good-1")
    client.env["AYMAK_SOURCE"] = "https://other.example"
    client.add("foreign-1")
    assert client.flush() == (0, "sent 1, refused 1, left 0\n")
    assert client.ids("refused") == ["foreign-1"]


@pytest.mark.parametrize("language", list(COMMANDS))
def test_it_stops_with_a_key_that_is_none(house: House, tmp_path: Path, language: str) -> None:
    client = client_of(language, tmp_path, house)
    client.env["AYMAK_KEY"] = "nonsense"
    client.add("good-1")
    status, said = client.flush()
    assert (status, "HTTP 401" in said, client.ids()) == (78, True, ["good-1"])


def test_it_reports_with_the_sdk(house: House, tmp_path: Path) -> None:
    client = client_of("python", tmp_path, house)
    client.command = [sys.executable, str(EXAMPLES / "python" / "with_sdk.py")]
    done = client.run("client_verified", "sdk-1", given={"client_ref": "u-1"})
    assert (done.returncode, "sent=1" in done.stdout) == (0, True), done.stderr
    assert [event["id"] for event in house.journal()] == ["sdk-1"]


def test_it_sends_the_binary_form_with_the_sdk(house: House, tmp_path: Path) -> None:
    program = (
        "import json, with_sdk; ours = with_sdk.Client.from_env();"
        "event = with_sdk.build(ours, 'client_verified', 'sdk-2', {'client_ref': 'u-1'});"
        "import os; print(with_sdk.send_now(ours, os.environ['AYMAK_KEY'], event).status_code)"
    )
    client = client_of("python", tmp_path, house)
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=EXAMPLES / "python",
        env=client.env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "202\n"
    assert [event["id"] for event in house.journal()] == ["sdk-2"]


def blocks(kind: str) -> list[str]:
    """Return the blocks of one kind in docs/portal.md."""
    page = (EXAMPLES.parent / "docs" / "portal.md").read_text()
    return re.findall(rf"^```{kind}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def test_it_does_what_the_guide_for_portals_says(house: House, tmp_path: Path) -> None:
    env = client_of("curl", tmp_path, house).env
    said = []
    for block in blocks("sh"):
        command = block.replace("curl -sS", "curl -sS -H 'Accept-Language: en'")
        done = subprocess.run(
            ["sh", "-euc", command], env=env, capture_output=True, text=True, check=True
        )
        said.append(json.loads(done.stdout))
    single, batch, binary, receipt, schema = said
    assert (single["id"], binary["id"]) == ("registered-u-1001-1", "verified-u-1003-1")
    assert receipt["id"] == single["id"]
    assert schema["$id"].endswith("/schemas/client_registered/1")
    heard = {event["id"] for event in house.journal()}
    assert heard == {"registered-u-1001-1", "verified-u-1001-1", "verified-u-1003-1"}
    [shown] = [json.loads(block) for block in blocks("json")]
    for results in (shown, batch):
        del results["results"][1]["problem"]["instance"]
    assert shown == batch
