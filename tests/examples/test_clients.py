"""The example clients lose nothing and send the same ids again, whatever the gateway does."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.examples import scripted
from tests.examples.clients import COMMANDS, Client, skip_without
from tests.examples.scripted import Gateway

THREE = ["e-1", "e-2", "e-3"]


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with scripted.running() as made:
        yield made


@pytest.fixture(params=list(COMMANDS))
def client(request: pytest.FixtureRequest, gateway: Gateway, tmp_path: Path) -> Client:
    skip_without(request.param)
    return Client(request.param, tmp_path, gateway.url)


@pytest.fixture(params=[name for name in COMMANDS if name != "curl"])
def batching(request: pytest.FixtureRequest, gateway: Gateway, tmp_path: Path) -> Client:
    """A client that sends many events in one request."""
    skip_without(request.param)
    return Client(request.param, tmp_path, gateway.url)


def test_it_sends_what_waits_in_order_and_forgets_it(client: Client, gateway: Gateway) -> None:
    client.add(*THREE)
    assert client.ids() == THREE
    assert client.flush() == (0, "sent 3, refused 0, left 0\n")
    assert gateway.accepted == THREE
    assert gateway.asked in ([THREE], [[one] for one in THREE])
    assert client.ids() == []


def test_it_makes_an_id_where_none_is_given(client: Client, gateway: Gateway) -> None:
    ids = {client.run("add", "client_verified", given={}).stdout.strip() for _ in range(2)}
    client.flush()
    assert set(gateway.accepted) == ids
    assert len(ids) == 2 and "" not in ids


def test_it_sends_kyrgyz_words_and_empty_objects_as_they_are(
    client: Client, gateway: Gateway
) -> None:
    client.add("e-1", method="Өмүралиева «ү»", nothing={}, list=[], amount=1.0)
    [file] = (client.spool / "pending").glob("*.json")
    assert json.loads(file.read_text())["data"] == {
        "client_ref": "u-1",
        "method": "Өмүралиева «ү»",
        "nothing": {},
        "list": [],
        "amount": 1.0,
    }
    assert client.flush()[0] == 0


@pytest.mark.parametrize(
    "troubles",
    [["503", "429", "502", "500"], ["cut", "half", "accept_then_cut"]],
    ids=["refusals", "cuts"],
)
def test_it_sends_the_same_ids_again_after(
    client: Client, gateway: Gateway, troubles: list[str]
) -> None:
    client.fill(*THREE)
    gateway.script.extend(troubles)
    assert client.flush() == (0, "sent 3, refused 0, left 0\n")
    repeats = gateway.asked[: len(troubles) + 1]
    assert repeats == [gateway.asked[0]] * len(repeats)
    assert sorted(set(gateway.accepted)) == THREE


def test_it_sends_the_same_ids_again_after_a_time_out(client: Client, gateway: Gateway) -> None:
    client.fill(*THREE)
    gateway.script.extend(["wait", "accept_then_wait"])
    assert client.flush(AYMAK_TIMEOUT="1") == (0, "sent 3, refused 0, left 0\n")
    assert gateway.asked[0] == gateway.asked[1] == gateway.asked[2]
    assert sorted(set(gateway.accepted)) == THREE


@pytest.mark.parametrize("trouble", ["503", "cut"])
def test_it_gives_up_after_some_attempts_and_keeps_everything(
    client: Client, gateway: Gateway, trouble: str
) -> None:
    client.fill(*THREE)
    gateway.script.extend([trouble] * 6)
    status, said = client.flush()
    assert (status, len(gateway.asked)) == (75, 6)
    assert "left 3" in said
    assert client.ids() == THREE
    assert client.flush()[0] == 0
    assert gateway.accepted == THREE


def test_it_keeps_everything_while_nobody_listens(client: Client) -> None:
    client.env["AYMAK_URL"] = "http://127.0.0.1:9"
    client.fill(*THREE)
    status, said = client.flush()
    assert (status, "left 3" in said) == (75, True)
    assert client.ids() == THREE


def test_it_sets_poison_aside_with_its_problem_and_sends_the_rest(
    client: Client, gateway: Gateway
) -> None:
    client.fill("e-1", "poison-1", "e-2", "poison-2")
    assert client.flush() == (0, "sent 2, refused 2, left 0\n")
    assert gateway.accepted == ["e-1", "e-2"]
    assert client.ids("refused") == ["poison-1", "poison-2"]
    problems = sorted((client.spool / "refused").glob("*.problem.json"))
    assert [json.loads(path.read_text())["status"] for path in problems] == [422, 422]
    assert client.flush() == (0, "sent 0, refused 0, left 0\n")


def test_it_sets_aside_the_only_event_when_that_is_poison(client: Client) -> None:
    client.add("poison-1")
    assert client.flush() == (0, "sent 0, refused 1, left 0\n")
    assert client.ids("refused") == ["poison-1"]


def test_it_makes_smaller_batches_of_what_is_too_large(batching: Client, gateway: Gateway) -> None:
    batching.fill(*THREE)
    gateway.script.append("too_large")
    assert batching.flush() == (0, "sent 3, refused 0, left 0\n")
    assert gateway.accepted == THREE
    assert len(gateway.asked[1]) == 1


def test_it_sends_a_long_spool_in_batches(batching: Client, gateway: Gateway) -> None:
    ids = [f"e-{number}" for number in range(250)]
    batching.fill(*ids)
    assert batching.flush() == (0, "sent 250, refused 0, left 0\n")
    assert [len(one) for one in gateway.asked] == [100, 100, 50]
    assert gateway.accepted == ids


@pytest.mark.parametrize("status", ["401", "403", "404"])
def test_it_stops_for_a_person_when_the_request_itself_is_refused(
    client: Client, gateway: Gateway, status: str
) -> None:
    client.fill(*THREE)
    gateway.script.append(status)
    code, said = client.flush()
    assert (code, f"HTTP {status}" in said, len(gateway.asked)) == (78, True, 1)
    assert client.ids() == THREE


def test_it_does_not_follow_where_its_key_was_not_meant_to_go(
    client: Client, gateway: Gateway
) -> None:
    client.add("e-1")
    gateway.script.append("307")
    assert client.flush()[0] == 78
    assert client.ids() == ["e-1"]


@pytest.mark.parametrize("moment", ["wait", "accept_then_wait"])
def test_it_may_be_killed_in_the_middle_and_loses_nothing(
    client: Client, gateway: Gateway, moment: str
) -> None:
    client.fill(*THREE)
    gateway.script.append(moment)
    process = client.start("flush")
    assert gateway.arrived.acquire(timeout=60)
    client.kill(process)
    assert client.ids() == THREE
    gateway.released.set()
    assert client.flush() == (0, "sent 3, refused 0, left 0\n")
    assert gateway.asked[0] == gateway.asked[1]
    assert sorted(set(gateway.accepted)) == THREE
    repeats = len(gateway.accepted) - len(THREE)
    assert repeats == (len(gateway.asked[0]) if moment == "accept_then_wait" else 0)


def test_it_takes_no_notice_of_what_a_killed_one_left_half_written(
    client: Client, gateway: Gateway
) -> None:
    client.add("e-1")
    (client.spool / "tmp" / "00000000000000000001-x.json.1").write_text('{"specversion": "1.')
    assert client.flush() == (0, "sent 1, refused 0, left 0\n")
    assert gateway.accepted == ["e-1"]


def test_it_lets_one_process_send_at_a_time(client: Client, gateway: Gateway) -> None:
    client.fill(*THREE)
    gateway.script.append("wait")
    first = client.start("flush")
    assert gateway.arrived.acquire(timeout=60)
    assert client.flush() == (0, "sent 0, refused 0, left 3\n")
    assert len(gateway.asked) == 1
    gateway.released.set()
    assert first.communicate(timeout=60)[0] == "sent 3, refused 0, left 0\n"
    assert gateway.accepted == THREE
