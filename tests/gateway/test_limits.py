"""How much anybody may ask, and where requests come from (S9, S10)."""

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from chassis.errors import TooMany
from chassis.problems import Refusal
from chassis.settings import Settings
from gateway import doors
from gateway.limits import PACES, Buckets
from tests.gateway.house import House

GIVEN = {
    "AMQP_URI": "amqp://h",
    "DATABASE_URL": "postgresql://h/x",
    "AYMAK_STATE": "/s",
    "AYMAK_SECRET": "0123456789abcdefghijABCDEFGHIJ+-",
    "AYMAK_PUBLIC_URL": "https://aymak.example.kg",
    "AYMAK_HOSTS": "gateway, Base.example.kg",
    "AYMAK_PROXIES": "192.0.2.7, 10.0.0.0/8",
}


class Clock:
    """A monotonic clock that a test moves."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Settings.from_env(GIVEN)
    monkeypatch.setattr(doors, "settings", lambda: made)


def spend(buckets: Buckets, who: str) -> int:
    """Return how many requests pass before the first refusal."""
    passed = 0
    try:
        while True:
            buckets.spend("dear", who)
            passed += 1
    except TooMany as refusal:
        assert refusal.params["retry_after"] > 0
        return passed


def test_it_lets_a_burst_pass_and_then_a_steady_rate() -> None:
    clock, dear = Clock(), PACES["dear"]
    buckets = Buckets(1, clock)
    assert spend(buckets, "one") == dear.burst
    assert spend(buckets, "other") == dear.burst, "each has a bucket of its own"
    clock.seconds += 2
    assert spend(buckets, "one") == 2 * dear.rate
    clock.seconds += 100_000
    assert spend(buckets, "one") == dear.burst, "no bucket holds more than it holds"


def test_it_says_when_to_come_back() -> None:
    clock = Clock()
    buckets = Buckets(1, clock)
    spend(buckets, "one")
    with pytest.raises(TooMany) as refusal:
        buckets.spend("dear", "one")
    clock.seconds += refusal.value.params["retry_after"]
    buckets.spend("dear", "one")


def test_it_scales_every_bucket_by_a_setting() -> None:
    assert spend(Buckets(0.1, Clock()), "one") == PACES["dear"].burst / 10
    assert spend(Buckets(0, Clock()), "one") == 0


def test_it_is_tighter_where_it_is_dear() -> None:
    assert PACES["dear"].rate < PACES["normal"].rate < PACES["events"].rate


def test_it_answers_429_to_staff_strangers_and_portals(strict_house: House) -> None:
    for who, method, path in (
        ("administrator", "GET", "/v1/me"),
        ("portal", "POST", "/v1/events"),
        ("", "GET", "/v1/openapi.json"),
        ("", "GET", "/v1/people"),
        ("as_forged", "GET", "/v1/people"),
        ("", "POST", "/v1/session"),
    ):
        answer = strict_house.ask(method, path, who=who, json={})
        assert answer.status_code == 429, path
        assert int(answer.headers["Retry-After"]) > 0
    assert strict_house.ask("GET", "/healthz").status_code == 200, "a probe is always answered"


def request(host: str = "localhost", peer: str = "192.0.2.1", forwarded: str = "") -> Request:
    headers = {"Host": host} | ({"X-Forwarded-For": forwarded} if forwarded else {})
    made = EnvironBuilder("/v1/people", headers=headers)
    return Request({**made.get_environ(), "REMOTE_ADDR": peer})


@pytest.mark.usefixtures("_settings")
@pytest.mark.parametrize(
    "host",
    [
        "aymak.example.kg",
        "AYMAK.example.kg:443",
        "gateway:8000",
        "base.example.kg",
        "localhost",
        "127.0.0.1:8000",
        "[::1]:8000",
        "10.1.2.3",
    ],
)
def test_it_answers_to_its_own_names(host: str) -> None:
    doors.check_host(request(host))


@pytest.mark.usefixtures("_settings")
@pytest.mark.parametrize(
    "host", ["evil.example", "aymak.example.kg.evil.example", "127.0.0.1.evil.example", "a b", ""]
)
def test_it_answers_to_no_other_name(host: str) -> None:
    with pytest.raises(Refusal) as refusal:
        doors.check_host(request(host))
    assert refusal.value.status == 421


def test_it_refuses_a_foreign_host_before_anything_else(house: House) -> None:
    page = house.ask("GET", "/", headers={"Host": "evil.example"})
    assert (page.status_code, page.headers["Content-Type"]) == (421, "text/html; charset=utf-8")
    for path in ("/v1/people", "/v1/nothing", "/v1/session"):
        answer = house.ask("GET", path, headers={"Host": "evil.example"})
        assert (answer.status_code, answer.headers["Content-Type"]) == (
            421,
            "application/problem+json",
        )
    assert house.ask("GET", "/healthz", headers={"Host": "pod-7"}).status_code == 200


@pytest.mark.usefixtures("_settings")
@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.9", "192.0.2.1"),
        ("192.0.2.7", "198.51.100.9", "198.51.100.9"),
        ("10.0.0.1", "203.0.113.5, 198.51.100.9, 10.0.0.2", "198.51.100.9"),
        ("10.0.0.1", "198.51.100.9, not-an-address", "10.0.0.1"),
        ("10.0.0.1", "2001:db8::5", "2001:db8::5"),
    ],
)
def test_it_believes_its_own_proxies_only(peer: str, forwarded: str, address: str) -> None:
    assert doors.address_of(request(peer=peer, forwarded=forwarded)) == address


def test_it_counts_guesses_by_the_peer_when_no_proxy_is_named(house: House) -> None:
    """Otherwise each guess could name an address of its own."""
    codes = []
    for number in range(6):
        headers = {"X-Forwarded-For": f"198.51.100.{number}"}
        body = {"login": "guess-behind", "password": "x"}
        codes.append(house.ask("POST", "/v1/session", json=body, headers=headers).status_code)
    assert codes == [401] * 5 + [429]


def test_it_offers_no_trace_and_no_foreign_origin(house: House) -> None:
    for path in ("/", "/v1/people", "/v1/session"):
        assert house.ask("TRACE", path, who="administrator").status_code == 405
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for method in ("OPTIONS", "GET"):
        answer = house.ask(method, "/v1/people", who="administrator", headers=headers)
        assert not [name for name in answer.headers if name.startswith("Access-Control-")]


def test_it_promises_https_only_where_it_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    for url, promised in (("https://aymak.example.kg", True), ("http://127.0.0.1:8000", False)):
        made = Settings.from_env({**GIVEN, "AYMAK_PUBLIC_URL": url})
        monkeypatch.setattr(doors, "settings", lambda made=made: made)
        headers = doors.secure(doors.Response()).headers
        assert ("Strict-Transport-Security" in headers) is promised
