"""Deny by default: every route says who may call it, and keeps to it."""

from typing import get_args

import pytest

from chassis.ticks import Tick
from gateway.auth import Access
from gateway.routes import GatewayFallback, GatewayRoute, Spec, specs
from gateway.service import GatewayService
from tests.gateway.house import House

OPEN = {
    "GET /",
    "GET /healthz",
    "GET /readyz",
    "GET /v1/openapi.json",
    "GET /v1/unsubscribe/<token>",
    "POST /v1/unsubscribe/<token>",
    "POST /v1/session",
}
ROUTES = [spec for _, spec, _ in specs(GatewayService)]
CLOSED = [spec for spec in ROUTES if spec.access != "open"]


def test_it_declares_an_access_for_every_route() -> None:
    for spec in ROUTES:
        assert spec.access in get_args(Access)
    assert {f"{spec.method} {spec.url}" for spec in ROUTES if spec.access == "open"} == OPEN
    portal = {f"{spec.method} {spec.url}" for spec in ROUTES if spec.access == "portal"}
    assert portal == {"POST /v1/events", "GET /v1/events/receipt"}


def test_it_has_no_entrypoint_besides_the_declared_routes() -> None:
    found = [
        entrypoint
        for name in dir(GatewayService)
        for entrypoint in getattr(getattr(GatewayService, name), "nameko_entrypoints", ())
    ]
    fallbacks = [one for one in found if isinstance(one, GatewayFallback)]
    ticks = [one for one in found if isinstance(one, Tick)]
    assert (len(found) - len(ticks), len(fallbacks)) == (len(ROUTES) + 1, 1)
    assert all(isinstance(one, GatewayRoute | GatewayFallback | Tick) for one in found)


def address(url: str) -> str:
    parts = [part for part in url.split("/") if part]
    filled = ["00000000-0000-4000-8000-000000000404" if "<uuid" in part else part for part in parts]
    return "/" + "/".join("ru" if "<any(ru" in p else "pdf" if "<any" in p else p for p in filled)


@pytest.mark.parametrize("spec", CLOSED, ids=lambda spec: f"{spec.method} {spec.url}")
@pytest.mark.parametrize("who", ["", "as_forged", "ak_forged", "portal", "administrator"])
def test_it_asks_who_comes_before_it_looks_at_anything(house: House, spec: Spec, who: str) -> None:
    """Nonsense everywhere: whoever may not come in learns nothing but that."""
    path = address(spec.url) + "?nonsense=1"
    answer = house.ask(spec.method, path, who=who, data=b"{")
    if who == ("administrator" if spec.access == "metrics" else spec.access):
        assert answer.status_code in (400, 415, 422)
    elif who in ("portal", "administrator"):
        assert answer.status_code == 403
    else:
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


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
    for words in ("клиентская база", "кардарлар базасы", "client base", 'href="/v1/openapi.json"'):
        assert words in page.text
    assert "<script" not in page.text and "sha256-" in page.headers["Content-Security-Policy"]


def test_it_lets_no_cache_keep_personal_data(house: House) -> None:
    answer = house.ask("GET", "/v1/people", who="administrator")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
