"""API keys over HTTP: made once, two alive, narrowed, revoked at once (S1, S2)."""

import json
from typing import Any

import pytest

from tests.gateway.house import NUMBERS, SOURCE, House, registered
from tests.gateway.test_documented import ROUTES, check

ADMIN = "administrator"


def make(house: House, name: str, headers: dict[str, str] | None = None, **scope: Any) -> Any:
    body = {"name": name, **scope}
    return house.ask("POST", "/v1/keys", who=ADMIN, json=body, headers=headers or {})


def revoke(house: House, key: dict[str, Any]) -> Any:
    return house.ask("POST", f"/v1/keys/{key['id']}/revoke", who=ADMIN)


def send(house: House, secret: str, **event: Any) -> int:
    body = json.dumps(registered(f"key-{next(NUMBERS)}", **event))
    headers = {"Content-Type": "application/cloudevents+json"}
    return house.ask("POST", "/v1/events", who=secret, data=body, headers=headers).status_code


def listed(house: House, key: dict[str, Any]) -> dict[str, Any]:
    items = house.ask("GET", "/v1/keys?limit=200", who=ADMIN).json()["items"]
    (found,) = [one for one in items if one["id"] == key["id"]]
    return dict(found)


@pytest.fixture
def name() -> str:
    return f"client-{next(NUMBERS)}"


def test_it_shows_the_secret_once_and_the_use_always(house: House, name: str) -> None:
    answer = make(house, name)
    check(answer, ROUTES["post_key"], 201)
    key = answer.json()
    assert listed(house, key)["last_used_at"] is None
    assert send(house, key["secret"]) == 202
    seen = listed(house, key)
    assert seen["last_used_at"] and "secret" not in seen


def test_it_keeps_two_keys_of_a_client_alive(house: House, name: str) -> None:
    first, second = make(house, name).json(), make(house, name).json()
    third = make(house, name)
    assert third.status_code == 409
    check(third, ROUTES["post_key"], 409)
    assert [send(house, key["secret"]) for key in (first, second)] == [202, 202]
    check(revoke(house, first), ROUTES["revoke_key"], 200)
    assert [send(house, key["secret"]) for key in (first, second)] == [401, 202]
    assert revoke(house, first).status_code == 200, "may be repeated"
    assert make(house, name).status_code == 201


def test_it_narrows_a_key_to_sources_and_types(house: House, name: str) -> None:
    other = "https://other.example"
    secret = make(house, name, sources=[other], types=["client_registered"]).json()["secret"]
    assert send(house, secret, source=other) == 202
    assert send(house, secret) == 403
    assert send(house, secret, source=other, type="event_held", data={"event_ref": "e"}) == 403
    wide = make(house, name).json()["secret"]
    assert (send(house, wide, source=SOURCE), send(house, wide, source=other)) == (202, 403)


def test_it_makes_one_key_for_one_idempotency_key(house: House, name: str) -> None:
    headers = {"Idempotency-Key": name}
    lost, key = (make(house, name, headers).json() for _ in range(2))
    assert lost["id"] == key["id"]
    assert (send(house, lost["secret"]), send(house, key["secret"])) == (401, 202)
    assert make(house, name, headers).status_code == 409, "it is in use"


@pytest.mark.parametrize(
    ("scope", "field"),
    [
        ({"sources": ["portal"]}, "sources.0"),
        ({"sources": []}, "sources"),
        ({"types": ["campaign_started"]}, "types.0"),
        ({"role": "administrator"}, "role"),
    ],
)
def test_it_names_what_is_wrong_in_a_key(
    house: House, name: str, scope: dict[str, Any], field: str
) -> None:
    answer = make(house, name, **scope)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_it_lets_a_key_into_nothing_but_events(house: House) -> None:
    for path in ("/v1/people", "/v1/accounts", "/v1/audit", "/v1/me", "/v1/status"):
        assert house.ask("GET", path, who="portal").status_code == 403
