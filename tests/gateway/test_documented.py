"""Every documented answer of every route occurs, and looks as it is documented."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from gateway import openapi, policy
from gateway.routes import Spec, specs
from gateway.service import GatewayService
from tests.gateway.fake_services import ABSENT, AWAY, CONFLICTED, GOOD
from tests.gateway.house import PASSWORD, SOURCE, House, registered

DOCUMENT = openapi.document(GatewayService)
ROUTES = {name: spec for name, spec, _ in specs(GatewayService)}
JSON = {"Content-Type": "application/json"}
EVENT = {"Content-Type": "application/cloudevents+json"}
ANSWER = {"text": "Жооп"}


@dataclass(frozen=True)
class Ask:
    """A request that gets a certain answer; ``house``: dark = without database, strict = 429."""

    path: str = ""
    who: str = ""
    house: str = ""
    options: dict[str, Any] = field(default_factory=dict)


GOOD_PATHS = {
    "post_events": "/v1/events",
    "list_accounts": "/v1/accounts?limit=1",
    "list_keys": "/v1/keys?limit=1",
    "list_audit": "/v1/audit?limit=1",
    "list_evidence": "/v1/indicators/R4/evidence?month=2022-03",
    "get_stored_document": f"/v1/reports/{GOOD}/documents/ky/xlsx",
    "get_document": "/v1/reports/documents/2022-03/ru/pdf",
    "show_unsubscribe": "/v1/unsubscribe/good",
    "unsubscribe": "/v1/unsubscribe/good",
    "get_schema": "/v1/schemas/client_registered/1",
    "get_receipt": f"/v1/events/receipt?source={SOURCE}&id=x-1",
    "get_event": f"/v1/log/event?source={SOURCE}&id=x-1",
    "list_timeline": f"/v1/timeline?client={GOOD}",
    "put_draft": "/v1/drafts/inquiry:x:answer",
    "delete_draft": "/v1/drafts/inquiry:y:answer",
}
BODIES: dict[str, Any] = {
    "post_session": {"login": "admin", "password": "wrong"},
    "answer_inquiry": ANSWER,
    "note_inquiry": ANSWER,
    "patch_me": {"language": None},
    "put_draft": {"fields": {"text": "Жооп"}},
    "post_view": {"screen": "people", "name": "Ысык-Көл", "query": "territory=KG-Y"},
    "patch_view": {"name": "Талас"},
    "post_job": {"what": "people.export", "query": ""},
    "post_mail_test": {"to": "head@academy.example"},
    "resolve_inquiry": {"outcome": "answered"},
    "reopen_inquiry": {"reason": "Не то"},
    "replay_dead_letter": {},
    "discard_dead_letter": {"reason": "Проба портала"},
    "try_waiting": {"service": "clients", "source": SOURCE, "event_id": "x-1"},
    "post_account": {"login": "somebody", "role": "auditor"},
    "patch_account": {"language": "ky"},
    "put_password": {"token": "al_unknown", "password": PASSWORD},
    "put_own_password": {"old": "wrong", "new": PASSWORD},
    "post_key": {"name": "somebody"},
}
# What is made for the occasion is asked in test_account_routes.py and test_key_routes.py; those
# lists have no rows of their own here.
MADE = {
    "post_account": {201, 409},
    "get_account": {200},
    "patch_account": {200, 409, 412},
    "post_account_link": {201, 409},
    "put_password": {204},
    "put_own_password": {204},
    "post_key": {201, 409},
    "revoke_key": {200},
    "post_session": {201},
    "readyz": {503},
    # See test_own.py and test_jobs.py.
    "list_jobs": {200},
    "get_job": {200},
    "cancel_job": {200},
    "get_job_file": {200, 409},
    "get_draft": {200},
    "post_view": {201, 409},
    "patch_view": {200, 412},
    "delete_view": {204},
    "post_mail_test": {409},
}
ABSENT_PATHS = {
    "list_indicators": "/v1/indicators?month=2031-01",
    "list_evidence": "/v1/indicators/R99/evidence?month=2022-03",
    "get_document": "/v1/reports/documents/2031-01/ru/pdf",
    "show_unsubscribe": "/v1/unsubscribe/absent",
    "unsubscribe": "/v1/unsubscribe/absent",
    "get_schema": "/v1/schemas/client_registered/9",
    "get_receipt": f"/v1/events/receipt?source={SOURCE}&id=absent",
    "get_event": f"/v1/log/event?source={SOURCE}&id=absent",
    "get_draft": "/v1/drafts/nothing",
}
AWAY_PATHS = {
    "show_unsubscribe": "/v1/unsubscribe/away",
    "unsubscribe": "/v1/unsubscribe/away",
    "list_people": "/v1/people?q=away",
    "list_organisations": "/v1/organisations?q=away",
    "list_inquiries": "/v1/inquiries?q=away",
    "list_indicators": "/v1/indicators?month=2022-06",
    "get_document": "/v1/reports/documents/2022-06/ru/pdf",
    "list_dead_letters": "/v1/dead-letters?source=away",
    "list_waiting": "/v1/waiting?source=away",
    "get_receipt": f"/v1/events/receipt?source={SOURCE}&id=away",
    "get_event": f"/v1/log/event?source={SOURCE}&id=away",
    "list_timeline": f"/v1/timeline?client={AWAY}",
    "list_online_events": "/v1/events-online?q=away",
}
# What is absent or away stands in the body.
OTHER_BODIES = {
    ("try_waiting", status): {"service": "clients", "source": source, "event_id": "x-1"}
    for status, source in ((404, "absent"), (503, "away"))
}


def path(name: str, spec: Spec, ref: str = GOOD) -> str:
    found = GOOD_PATHS.get(name) or openapi.PATH_VALUE.sub(ref, spec.url)
    return found.replace(GOOD, ref)


def body_of(name: str) -> dict[str, Any]:
    if name == "post_events":
        import json

        return {"data": json.dumps(registered("documented")), "headers": EVENT}
    return {"json": BODIES[name]} if name in BODIES else {}


def with_header(options: dict[str, Any], name: str, value: str) -> dict[str, Any]:
    return {**options, "headers": {**options.get("headers", {}), name: value}}


def asking(name: str, spec: Spec, status: int) -> Ask:
    """Return a request that must be answered with ``status``."""
    roles = [] if spec.access == "open" else policy.roles_of(spec.access)
    who = "administrator" if "administrator" in roles else "".join(roles)
    bare = body_of(name)
    needed = with_header(bare, "If-Match", "*") if "If-Match" in spec.headers else bare
    good = Ask(path(name, spec), who, options=needed)
    kind = "application/cloudevents+json" if name == "post_events" else "application/json"
    strange = "&nonsense=1" if "?" in good.path else "?nonsense=1"
    other = next((role for role in ("portal", *policy.STAFF) if role not in roles), "")
    if (name, status) in OTHER_BODIES:
        return Ask(good.path, who, options={"json": OTHER_BODIES[name, status]})
    special = {
        304: Ask(good.path, who, options=with_header(good.options, "If-None-Match", "*")),
        400: Ask(good.path, who, options={"data": b"{", "headers": {"Content-Type": kind}}),
        401: Ask(good.path, options=good.options),
        403: Ask(good.path, other, options=good.options),
        404: Ask(ABSENT_PATHS.get(name) or path(name, spec, ABSENT), who, options=good.options),
        409: Ask(path(name, spec, CONFLICTED), who, options=good.options),
        412: Ask(good.path, who, options=with_header(good.options, "If-Match", '"1"')),
        413: Ask(
            good.path, who, options={"data": b" " * 9_000_000, "headers": {"Content-Type": kind}}
        ),
        414: Ask(f"{good.path}{strange}{'x' * 9_000}", who, options=good.options),
        415: Ask(
            good.path, who, options={"data": b"{}", "headers": {"Content-Type": "text/plain"}}
        ),
        428: Ask(good.path, who, options=bare),
        422: Ask(good.path + strange, who, options=good.options),
        429: Ask(good.path, who, "strict", options=good.options),
        503: away(name, spec, good),
    }
    return special.get(status, good)


def away(name: str, spec: Spec, good: Ask) -> Ask:
    if name in AWAY_PATHS:
        return Ask(AWAY_PATHS[name], good.who, options=good.options)
    if "<uuid:" in spec.url and name not in MADE:
        return Ask(path(name, spec, AWAY), good.who, options=good.options)
    # The portal's key was never seen there: it cannot be known while the accounts are away.
    return Ask(good.path, good.who, "dark", options=good.options)


def documented() -> Iterator[tuple[str, int]]:
    for name, spec in ROUTES.items():
        operation = DOCUMENT["paths"][openapi.path_of(spec.url)][spec.method.lower()]
        assert operation["operationId"] == name
        for status in operation["responses"]:
            # See also test_readiness.py, test_faults.py and test_session.py.
            if int(status) not in MADE.get(name, ()):
                yield name, int(status)


@pytest.fixture(scope="module")
def houses(house: House, dark_house: House, strict_house: House) -> dict[str, House]:
    # Lists lead on only where there is a second row.
    house.token("auditor")
    house.ask("POST", "/v1/keys", who="administrator", json={"name": "a second one"})
    return {"": house, "dark": dark_house, "strict": strict_house}


@pytest.mark.parametrize(("name", "status"), list(documented()))
def test_it_answers_as_documented(houses: dict[str, House], name: str, status: int) -> None:
    spec = ROUTES[name]
    ask = asking(name, spec, status)
    who = ask.who
    if name == "delete_session" and status == 204:
        who = houses[""].sign_in(houses[""].first.admin_password).json()["token"]
    answer = houses[ask.house].ask(spec.method, ask.path, who=who, **ask.options)
    assert answer.status_code == status, answer.text
    check(answer, spec, status)


def check(answer: requests.Response, spec: Spec, status: int) -> None:
    operation = DOCUMENT["paths"][openapi.path_of(spec.url)][spec.method.lower()]
    response = operation["responses"][str(status)]
    media = answer.headers.get("Content-Type", "").partition(";")[0]
    assert media in response.get("content", {"": None})
    for header in response.get("headers", {}):
        assert header in answer.headers
    if media.endswith("json"):
        schema = {**response["content"][media]["schema"], "components": DOCUMENT["components"]}
        Draft202012Validator(schema).validate(answer.json())
    if media == "application/problem+json":
        assert answer.json()["instance"].startswith("urn:uuid:")
        assert "dsn" not in answer.text


@pytest.mark.parametrize("status", [202, 422])
def test_it_answers_a_batch_as_documented(house: House, status: int) -> None:
    good = [registered("documented")] if status == 202 else []
    answer = house.send([*good, registered("bad", type="unknown")], openapi.BATCH)
    assert answer.status_code == status
    check(answer, ROUTES["post_events"], status)


def test_it_is_a_valid_openapi_document() -> None:
    validate(DOCUMENT)
    assert DOCUMENT["openapi"].startswith("3.1")


def test_it_documents_every_route_of_the_server() -> None:
    entrypoints = {
        (entrypoint.method, entrypoint.url)
        for name in dir(GatewayService)
        for entrypoint in getattr(getattr(GatewayService, name), "nameko_entrypoints", ())
        if getattr(entrypoint, "url", None) and not hasattr(getattr(GatewayService, name), "screen")
    }
    assert entrypoints == {(spec.method, spec.url) for spec in ROUTES.values()}
    assert len(entrypoints) == sum(len(path) for path in DOCUMENT["paths"].values())


def test_it_serves_the_document(house: House) -> None:
    served = house.ask("GET", "/v1/openapi.json").json()
    assert served == DOCUMENT
    assert len(served["components"]["schemas"]["CloudEvent"]["properties"]["type"]["enum"]) == 19


def test_it_names_a_document_in_any_script(house: House) -> None:
    ask = asking("get_document", ROUTES["get_document"], 200)
    answer = house.ask("GET", ask.path, who="administrator")
    assert answer.content == b"%PDF-"
    header = answer.headers["Content-Disposition"]
    assert "filename*=UTF-8''%D0%BE" in header and header.startswith("attachment; filename=")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
