"""What staff keep for themselves: saved views, drafts, the language of their pages."""

from typing import Any
from uuid import uuid4

import pytest

from tests.gateway.house import House

ADMIN = "administrator"


def new_view(house: House, who: str = ADMIN, **more: Any) -> Any:
    body = {"screen": "people", "name": f"Баткен {uuid4()}", "query": "territory=KG-B&cursor=x"}
    return house.ask("POST", "/v1/views", who=who, json={**body, **more})


def names(house: House, who: str, screen: str = "people") -> list[str]:
    found = house.ask("GET", f"/v1/views?screen={screen}", who=who).json()["items"]
    return [one["name"] for one in found]


def test_a_view_is_its_owners_until_it_is_shared(house: House) -> None:
    made = new_view(house).json()
    assert made["query"] == "territory=KG-B", "the place in the list is no part of a filter"
    assert made["name"] in names(house, ADMIN)
    assert made["name"] not in names(house, "manager")
    tag = {"If-Match": f'"{made["version"]}"'}
    path = f"/v1/views/{made['id']}"
    shared = house.ask("PATCH", path, who=ADMIN, json={"shared": True}, headers=tag)
    assert shared.json()["version"] == 2
    assert made["name"] in names(house, "manager")
    assert house.ask("DELETE", path, who="manager").status_code == 403
    stale = house.ask("PATCH", path, who=ADMIN, json={"name": "x"}, headers=tag)
    assert stale.status_code == 412
    assert house.ask("DELETE", path, who=ADMIN).status_code == 204
    assert made["name"] not in names(house, "manager")


def test_the_same_request_is_one_view_and_a_name_is_taken_once(house: House) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    body = {"screen": "inquiries", "name": f"Мои {uuid4()}", "query": "state=open"}
    first, again = (
        house.ask("POST", "/v1/views", who=ADMIN, json=body, headers=key) for _ in range(2)
    )
    assert first.json() == again.json()
    assert house.ask("POST", "/v1/views", who=ADMIN, json=body).status_code == 409
    assert new_view(house, "manager", name=body["name"]).status_code == 201


def test_it_lets_only_those_share_who_may(house: House) -> None:
    assert new_view(house, "auditor", shared=True).status_code == 403
    assert new_view(house, "auditor").status_code == 201


@pytest.mark.parametrize("query", ["%", "a=1&b", "x" * 2001])
def test_it_takes_query_strings_only(house: House, query: str) -> None:
    refused = new_view(house, query=query)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "query"


def test_a_draft_is_kept_for_its_owner_alone(house: House) -> None:
    path = f"/v1/drafts/inquiry:{uuid4()}:answer"
    text = {"text": "Починят в апреле", "language": "ky"}
    assert house.ask("PUT", path, who=ADMIN, json={"fields": text}).status_code == 200
    assert house.ask("GET", path, who=ADMIN).json()["fields"] == text
    assert house.ask("GET", path, who="content_admin").status_code == 404
    shorter = {"text": "Починят"}
    house.ask("PUT", path, who=ADMIN, json={"fields": shorter})
    assert house.ask("GET", path, who=ADMIN).json()["fields"] == shorter
    assert house.ask("DELETE", path, who=ADMIN).status_code == 204
    assert house.ask("GET", path, who=ADMIN).status_code == 404


def test_a_draft_has_bounds(house: House) -> None:
    long = house.ask("PUT", "/v1/drafts/x", who=ADMIN, json={"fields": {"text": "я" * 40_000}})
    assert long.status_code == 422
    assert house.ask("PUT", "/v1/drafts/A%20b", who=ADMIN, json={"fields": {}}).status_code == 422


def test_a_draft_stands_in_no_audit_line(house: House) -> None:
    secret = f"секрет-{uuid4()}"
    house.ask("PUT", "/v1/drafts/secret", who=ADMIN, json={"fields": {"text": secret}})
    assert secret not in house.ask("GET", "/v1/audit?limit=200", who=ADMIN).text


def test_it_knows_the_language_and_the_rights_of_who_is_signed_in(house: House) -> None:
    assert house.ask("PATCH", "/v1/me", who="auditor", json={"language": "ky"}).status_code == 204
    me = house.ask("GET", "/v1/me", who="auditor").json()
    assert me["language"] == "ky"
    assert "figures.read" in me["may"] and "inquiries.answer" not in me["may"]
    assert house.ask("PATCH", "/v1/me", who="auditor", json={"language": "kg"}).status_code == 422
    house.ask("PATCH", "/v1/me", who="auditor", json={"language": None})


def test_a_test_mail_says_what_the_server_said(house: House) -> None:
    body = {"to": "refused@example.kg"}
    refused = house.ask("POST", "/v1/mail/test", who=ADMIN, json=body)
    assert refused.status_code == 409
    assert "550 no such user" in refused.json()["detail"]
