"""Deny by default: every route says what it is about, and one table says who may do that."""

import pytest

from chassis.ticks import Tick
from gateway import policy
from gateway.policy import Access
from gateway.routes import GatewayFallback, GatewayRoute, Spec, specs
from gateway.service import GatewayService
from tests.gateway.house import House

OPEN = {
    "GET /healthz",
    "GET /readyz",
    "GET /v1/openapi.json",
    "GET /v1/asyncapi.json",
    "GET /v1/schemas",
    "GET /v1/schemas/<type>/<version>",
    "GET /v1/unsubscribe/<token>",
    "POST /v1/unsubscribe/<token>",
    "POST /v1/session",
    "PUT /v1/password",
}
ROUTES = [spec for _, spec, _ in specs(GatewayService)]
CLOSED = [spec for spec in ROUTES if spec.access != "open"]
ROLES = ("portal", *policy.STAFF)


def test_it_finds_every_route_in_the_table() -> None:
    assert {f"{spec.method} {spec.url}" for spec in ROUTES if spec.access == "open"} == OPEN
    for spec in CLOSED:
        assert isinstance(spec.access, Access) and policy.roles_of(spec.access), spec.url


def test_it_lets_portals_post_and_read_receipts_only() -> None:
    may = {access for role, access in policy.TABLE if role == "portal"}
    assert may == {Access("events", "post"), Access("receipts", "read")}


def test_it_lets_auditors_and_managers_change_nothing() -> None:
    reads = {"read", "use"}
    for role in ("auditor", "manager"):
        # A saved filter is a bookmark of its owner.
        others = {one for who, one in policy.TABLE if who == role and one.resource != "views"}
        assert {access.action for access in others} <= reads


def test_it_denies_what_stands_in_no_rule() -> None:
    for role in (*ROLES, "root", ""):
        assert policy.sight(role, Access("people", "erase")) is None
        assert policy.sight(role, Access("nothing", "read")) is None


def test_it_declares_what_is_shown_to_those_who_may_not_see_people() -> None:
    for spec in CLOSED:
        seen = {policy.sight(role, spec.access) for role in ROLES}  # type: ignore[arg-type]
        good = [answer for status, answer in spec.answers.items() if status < 400]
        assert ("masked" in seen) == any(answer.masked for answer in good), spec.url


def test_it_has_no_entrypoint_besides_the_declared_routes() -> None:
    found = [
        entrypoint
        for name in dir(GatewayService)
        for entrypoint in getattr(getattr(GatewayService, name), "nameko_entrypoints", ())
    ]
    fallbacks = [one for one in found if isinstance(one, GatewayFallback)]
    ticks = [one for one in found if isinstance(one, Tick)]
    screens = [
        name for name in dir(GatewayService) if hasattr(getattr(GatewayService, name), "screen")
    ]
    declared = len(ROUTES) + len(screens)
    assert (len(found) - len(ticks), len(fallbacks)) == (declared + 1, 1)
    assert all(isinstance(one, GatewayRoute | GatewayFallback | Tick) for one in found)


def address(url: str) -> str:
    parts = [part for part in url.split("/") if part]
    filled = ["00000000-0000-4000-8000-000000000404" if "<uuid" in part else part for part in parts]
    return "/" + "/".join("ru" if "<any(ru" in p else "pdf" if "<any" in p else p for p in filled)


@pytest.mark.parametrize("spec", CLOSED, ids=lambda spec: f"{spec.method} {spec.url}")
@pytest.mark.parametrize("who", ["", "as_forged", "ak_forged", *ROLES])
def test_it_asks_who_comes_before_it_looks_at_anything(house: House, spec: Spec, who: str) -> None:
    """Nonsense everywhere: whoever may not come in learns nothing but that."""
    path = address(spec.url) + "?nonsense=1"
    answer = house.ask(spec.method, path, who=who, data=b"{")
    if who not in ROLES:
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    elif policy.sight(who, spec.access) is None:  # type: ignore[arg-type]
        assert answer.status_code == 403
    else:
        assert answer.status_code in (400, 415, 422)


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/people/not-a-uuid", "/v1/", "/v1/people/"])
def test_it_says_401_before_404_under_v1(house: House, path: str) -> None:
    assert house.ask("GET", path).status_code == 401
    assert house.ask("GET", path, who="administrator").status_code == 404


def test_it_says_404_elsewhere(house: House) -> None:
    for path in ("/nothing", "/admin", "/.env", "/v1"):
        assert house.ask("GET", path).status_code == 404


def test_it_names_the_methods_to_those_who_are_in(house: House) -> None:
    assert house.ask("DELETE", "/v1/people").status_code == 401
    answer = house.ask("DELETE", "/v1/people", who="administrator")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert house.ask("TRACE", "/healthz").status_code == 405


@pytest.mark.parametrize(
    "header", ["Basic YTpi", "Bearer", "bearer ", "Bearer as_", "Token x", "Bearer \u00e9"]
)
def test_it_takes_bearer_tokens_only(house: House, header: str) -> None:
    answer = house.ask("GET", "/v1/me", headers={"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401


def test_it_serves_what_is_open(house: House) -> None:
    assert house.ask("GET", "/healthz").json() == {"alive": True}
    assert house.ask("HEAD", "/healthz").content == b""
    page = house.ask("GET", "/")
    assert page.url.endswith("/sign-in") and page.status_code == 200


def test_it_lets_no_cache_keep_personal_data(house: House) -> None:
    answer = house.ask("GET", "/v1/people", who="administrator")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_it_takes_no_token_that_a_browser_or_a_link_would_bring_along(house: House) -> None:
    """Without them nobody can make somebody else's browser act (S5), and no log holds one (S1)."""
    token = house.token("administrator")
    assert house.ask("GET", f"/v1/me?token={token}&access_token={token}").status_code == 401
    for name in ("session", "token", "__Host-session"):
        assert house.ask("GET", "/v1/me", headers={"Cookie": f"{name}={token}"}).status_code == 401


def test_it_changes_nothing_by_get() -> None:
    for spec in ROUTES:
        if spec.method == "GET":
            assert spec.body is None
            assert spec.audit.rpartition(".")[2] in {"", "read", "download"}
