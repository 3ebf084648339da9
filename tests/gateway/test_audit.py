"""The audit log: every sensitive act is in it, nothing in it can be changed (S21)."""

from collections.abc import Callable
from typing import Any

import pytest
from marshmallow import fields
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from chassis.db import Database
from chassis.settings import Settings
from contracts.fields import StrictString
from gateway import audit_log
from gateway.audit_log import Entry, Who, record
from gateway.models import AuditEntry
from gateway.routes import specs
from gateway.service import GatewayService
from tests.gateway.conftest import own_database
from tests.gateway.fake_services import CONFLICTED, GOOD
from tests.gateway.house import NUMBERS, PASSWORD, House

ADMIN = "administrator"
ANY = {"If-Match": "*"}
ME = Who("admin", "administrator", "192.0.2.1")


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    given = {"AMQP_URI": "amqp://h", "DATABASE_URL": "postgresql://h/x", "AYMAK_STATE": "/s"}
    made = Settings.from_env({**given, "AYMAK_SECRET": "0123456789abcdefghijABCDEFGHIJ+-"})
    monkeypatch.setattr(audit_log, "settings", lambda: made)


def lines(house: House, **query: str) -> list[dict[str, Any]]:
    answer = house.ask("GET", "/v1/audit", who=ADMIN, params={"limit": 200, **query})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'somebody else'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "UPDATE audit_entry SET actor = 'x' WHERE false",
    ],
)
def test_it_refuses_to_change_or_delete_a_line(gateway_db: Database, statement: str) -> None:
    with gateway_db.begin() as session:
        record(session, ME, Entry("key.revoke", "key:1"))
    with pytest.raises(DBAPIError, match=r"append-only|permission denied"), gateway_db.begin() as s:
        s.execute(text(statement))
    with gateway_db.begin() as session:
        assert session.scalars(select(AuditEntry.actor)).all() == ["admin"]


def test_it_hashes_personal_values_and_keeps_no_secret(settings: None) -> None:
    before = {"name": "Айгүл", "phones": ["0555"], "role": "head", "password": "s3cret"}
    kept = audit_log.hashed({"person": before, "list": [before]})
    assert "Айгүл" not in str(kept) and "0555" not in str(kept) and "s3cret" not in str(kept)
    person = kept["person"]
    assert person["role"] == "head" and person["name"].startswith("hmac-sha256:")
    assert person == kept["list"][0]
    assert audit_log.fingerprint("Айгүл") == person["name"] != audit_log.fingerprint("Айгуль")


def test_it_hashes_whatever_somebody_writes_freely() -> None:
    """Codes, days and numbers are kept as they are; words and whole facts never."""
    free = {
        f"{name}.{field_name}"
        for name, spec, _ in specs(GatewayService)
        if spec.audit and spec.body
        for field_name, field in spec.body.fields.items()
        if isinstance(field, StrictString | fields.Dict | fields.Raw | fields.List)
    }
    assert {"answer_inquiry.text", "reopen_inquiry.reason"} <= free
    hidden = audit_log.PERSONAL | audit_log.SECRETS
    assert {one for one in free if one.rpartition(".")[2] not in hidden} == set()


def test_it_hashes_a_mended_fact_as_a_whole(settings: None) -> None:
    mended = {"data": {"attendee": {"display_name": "Айгүл"}, "minutes": 5}}
    assert "Айгүл" not in str(audit_log.hashed(mended))
    assert audit_log.hashed(mended)["data"].startswith("hmac-sha256:")


def do(house: House, method: str, path: str, **options: Any) -> Callable[[], Any]:
    return lambda: house.ask(method, path, who=ADMIN, **options)


def test_it_names_every_read_of_a_card_and_every_act(house: House) -> None:
    inquiry = f"/v1/inquiries/{GOOD}"
    acts = {
        ("person.read", f"person:{GOOD}"): do(house, "GET", f"/v1/people/{GOOD}"),
        ("report.download", "report:2022-03/ru/pdf"): do(
            house, "GET", "/v1/reports/documents/2022-03/ru/pdf"
        ),
        ("report.download", f"report:{GOOD}/ky/xlsx"): do(
            house, "GET", f"/v1/reports/{GOOD}/documents/ky/xlsx"
        ),
        ("report.send", f"report:{GOOD}"): do(house, "POST", f"/v1/reports/{GOOD}/resend"),
        ("inquiry.answer", f"inquiry:{GOOD}"): do(
            house, "POST", f"{inquiry}/answer", json={"text": "Тайнаев"}, headers=ANY
        ),
        ("inquiry.resolve", f"inquiry:{GOOD}"): do(
            house, "POST", f"{inquiry}/resolve", json={"outcome": "answered"}, headers=ANY
        ),
        ("inquiry.reopen", f"inquiry:{GOOD}"): do(
            house, "POST", f"{inquiry}/reopen", json={"reason": "Тайнаев"}, headers=ANY
        ),
    }
    for (action, thing), act in acts.items():
        before = len(lines(house, action=action, thing=thing))
        assert act().ok
        found = lines(house, action=action, thing=thing)
        assert len(found) == before + 1, action
        line = found[0]
        assert (line["actor"], line["role"], line["outcome"]) == ("admin", ADMIN, "asked")
        assert line["address"] == "127.0.0.1" and line["at"].endswith("+00:00")
        assert "Тайнаев" not in str(line)


def test_it_declares_an_action_for_whatever_changes_something() -> None:
    """What the gateway changes itself is recorded in the same transaction: see below."""
    own = {"post_session", "delete_session", "put_password", "put_own_password", "post_account"}
    own |= {"patch_account", "post_account_link", "post_key", "revoke_key"}
    # Facts of the portal are kept in the journal; a reader who leaves needs no account.
    own |= {"post_events", "unsubscribe"}
    # Somebody's own things, and jobs, whose acts are recorded one by one.
    own |= {"patch_me", "put_draft", "delete_draft", "post_view", "patch_view", "delete_view"}
    own |= {"post_job", "cancel_job"}
    silent = {
        name for name, spec, _ in specs(GatewayService) if spec.method != "GET" and not spec.audit
    }
    assert silent == own


def test_it_says_what_an_act_was_refused_for(house: House) -> None:
    path = f"/v1/inquiries/{CONFLICTED}/answer"
    refused = house.ask("POST", path, who=ADMIN, json={"text": "?"}, headers=ANY)
    assert refused.status_code == 409
    newest, asked = lines(house, thing=f"inquiry:{CONFLICTED}")[:2]
    assert (newest["outcome"], asked["outcome"]) == ("refused: inquiry_resolved", "asked")


def test_it_keeps_sign_in_and_sign_out(house: House) -> None:
    account = house.invite("manager")
    thing = f"account:{account['login']}"
    house.sign_in("wrong", account["login"])
    token = house.sign_in(PASSWORD, account["login"]).json()["token"]
    house.ask("DELETE", "/v1/session", who=token)
    found = [(line["action"], line["outcome"], line["actor"]) for line in lines(house, thing=thing)]
    login = account["login"]
    assert found == [
        ("session.close", "done", login),
        ("session.open", "done", login),
        ("session.open", "refused: wrong_login", None),
        ("account.password", "done", login),
        ("account.link", "done", "admin"),
        ("account.create", "done", "admin"),
    ]


def test_it_keeps_no_login_that_nobody_has(house: House) -> None:
    """People type passwords into the wrong field."""
    house.sign_in("x", "my-secret-password")
    newest = lines(house, action="session.open")[0]
    assert (newest["thing"], newest["outcome"]) == ("account:unknown", "refused: wrong_login")
    assert "my-secret-password" not in str(lines(house))


def test_it_keeps_what_an_edit_changed(house: House) -> None:
    account = house.invite("manager")
    path = f"/v1/accounts/{account['id']}"
    house.ask("PATCH", path, who=ADMIN, json={"role": "auditor"}, headers=ANY)
    (line,) = lines(house, action="account.edit", thing=f"account:{account['login']}")
    assert (line["before"]["role"], line["after"]["role"]) == ("manager", "auditor")


def test_it_keeps_keys_without_their_secrets(house: House) -> None:
    body = {"name": f"client-{next(NUMBERS)}", "types": ["event_held"]}
    key = house.ask("POST", "/v1/keys", who=ADMIN, json=body).json()
    house.ask("POST", f"/v1/keys/{key['id']}/revoke", who=ADMIN)
    revoked, made = lines(house, thing=f"key:{key['id']}")
    assert (revoked["action"], made["action"]) == ("key.revoke", "key.create")
    assert made["after"] == {"client": body["name"], "sources": None, "types": ["event_held"]}
    assert key["secret"] not in str(lines(house))


def test_it_pages_and_filters(house: House) -> None:
    for number in range(3):
        house.ask("GET", f"/v1/people/{GOOD}?nonsense={number}", who="manager")
        house.ask("GET", f"/v1/people/{GOOD}", who="manager")
    path = "/v1/audit?limit=1&action=person.read"
    ids: list[int] = []
    while path and len(ids) < 3:
        page = house.ask("GET", path, who="manager").json()
        ids += [line["id"] for line in page["items"]]
        path = page["next"].removeprefix(house.url)
    assert ids == sorted(set(ids), reverse=True) and len(ids) == 3
    at = lines(house)[0]["at"]
    assert at not in [line["at"] for line in lines(house, until=at)]
    assert at in [line["at"] for line in lines(house, since=at)]
    assert lines(house, actor="nobody") == []


def test_it_keeps_an_odd_address(house: House) -> None:
    answer = house.ask("GET", "/v1/reports/documents/%00%0A%D1%8F/ru/pdf", who=ADMIN)
    assert answer.status_code == 422
    assert lines(house, action="report.download")[0]["thing"] == "report:??я/ru/pdf"


def test_it_shows_nothing_that_it_could_not_record(house: House) -> None:
    """With the log out of reach the card is refused, whoever else is well."""
    database = Database(own_database(house))
    try:
        with database.begin() as session:
            session.execute(text("LOCK TABLE audit_entry IN ACCESS EXCLUSIVE MODE"))
            answer = house.ask("GET", f"/v1/people/{GOOD}", who=ADMIN)
            count = select(func.count()).select_from(AuditEntry)
            counted = session.scalar(count)
        assert (answer.status_code, GOOD in answer.text) == (503, False)
        assert answer.headers["Retry-After"]
        assert house.ask("GET", f"/v1/people/{GOOD}", who=ADMIN).status_code == 200
        with database.begin() as session:
            assert (session.scalar(count) or 0) > (counted or 0)
    finally:
        database.close()
