"""Every screen over HTTP: who gets in, forms that come from elsewhere, the sign-in.

What the pages show is tried with the real services in tests/console.
"""

import html
import re
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from gateway import policy
from gateway.console import cookies, csrf
from gateway.console.screens import Screen
from gateway.policy import Access
from gateway.service import GatewayService
from tests.gateway.fake_services import ABSENT, GOOD
from tests.gateway.house import House

SCREENS: dict[str, Screen] = {
    name: getattr(GatewayService, name).screen
    for name in dir(GatewayService)
    if hasattr(getattr(GatewayService, name), "screen")
}
CLOSED = {name: one for name, one in SCREENS.items() if one.access != "open"}
READ = {name: one for name, one in CLOSED.items() if one.method == "GET"}
OPEN = {"show_sign_in", "sign_in", "keep_wishes", "show_password", "choose_password", "show_asset"}


def address(spec: Screen, ref: str = GOOD) -> str:
    url = re.sub(r"<uuid:\w+>", ref, spec.url)
    url = url.replace("<code>", "R4").replace("<month>", "2022-03")
    return re.sub(r"<any\(([^,)]+)[^>]*>", r"\1", url)


def visit(house: House, method: str, path: str, who: str = "", **options: Any) -> requests.Response:
    """Ask as a browser does: with a cookie, following nothing."""
    headers = {"Accept": "text/html", **options.pop("headers", {})}
    if who:
        headers["Cookie"] = f"{cookies.SAFE}={house.token(who)}"
    return requests.request(
        method, house.url + path, headers=headers, timeout=40, allow_redirects=False, **options
    )


def token(house: House, who: str) -> str:
    """Return the token of the forms of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', visit(house, "GET", "/help", who).text)
    assert found is not None
    return html.unescape(found[1])


def test_all_but_the_door_is_closed() -> None:
    assert {name for name, one in SCREENS.items() if one.access == "open"} == OPEN
    for one in CLOSED.values():
        assert isinstance(one.access, Access) and policy.roles_of(one.access), one.url


def test_nothing_is_changed_by_get() -> None:
    assert {one.method for one in SCREENS.values()} == {"GET", "POST"}


@pytest.mark.parametrize("name", sorted(READ))
def test_a_stranger_is_led_to_the_sign_in_page_and_back(house: House, name: str) -> None:
    path = address(READ[name])
    answer = visit(house, "GET", path)
    assert answer.status_code == 303
    wanted = "/sign-in" if path == "/" else f"/sign-in?{urlencode({'next': path})}"
    assert answer.headers["Location"] == wanted


@pytest.mark.parametrize("name", sorted(set(CLOSED) - set(READ)))
def test_a_form_is_taken_from_a_page_of_the_same_session_only(house: House, name: str) -> None:
    path = address(CLOSED[name])
    assert visit(house, "POST", path, data={"x": "1"}).status_code == 401
    assert visit(house, "POST", path, "administrator", data={"x": "1"}).status_code == 403
    foreign = {csrf.FIELD: token(house, "manager")}
    assert visit(house, "POST", path, "administrator", data=foreign).status_code == 403
    good = {csrf.FIELD: token(house, "administrator")}
    for header in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        refused = visit(house, "POST", path, "administrator", data=good, headers=header)
        assert refused.status_code == 403


@pytest.mark.parametrize("name", sorted(name for name, one in READ.items() if "<uuid" in one.url))
def test_a_thing_that_is_not_there_gets_a_page_that_says_so(house: House, name: str) -> None:
    answer = visit(house, "GET", address(READ[name], ABSENT), "administrator")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_an_unknown_address_is_a_page_for_a_browser_and_a_problem_for_a_program(
    house: House,
) -> None:
    page = visit(house, "GET", "/nothing", "administrator")
    assert (page.status_code, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    problem = house.ask("GET", "/nothing", headers={"Accept": "application/json"})
    assert problem.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("language", ["ru", "ky", "en"])
def test_a_page_speaks_the_language_that_was_chosen(house: House, language: str) -> None:
    cookie = f"{cookies.SAFE}={house.token('administrator')}; language={language}"
    answer = requests.get(f"{house.url}/help", headers={"Cookie": cookie}, timeout=40)
    assert f'<html lang="{language}"' in answer.text
    assert answer.headers["Content-Language"] == language


def test_sign_in_keeps_the_cookie_to_itself(house: House) -> None:
    form = {"login": "admin", "password": house.first.admin_password, "next": "/people?q=x"}
    answer = visit(house, "POST", "/sign-in", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/people?q=x")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-aymak=as_")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie and "Max-Age" not in cookie


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil", "x", ""])
def test_sign_in_leads_nowhere_else(house: House, target: str) -> None:
    form = {"login": "admin", "password": house.first.admin_password, "next": target}
    assert visit(house, "POST", "/sign-in", data=form).headers["Location"] == "/"


def test_sign_in_does_not_say_which_half_was_wrong(house: House) -> None:
    texts = []
    for login in ("admin", "nobody"):
        answer = visit(house, "POST", "/sign-in", data={"login": login, "password": "wrong"})
        assert answer.status_code == 401 and "Set-Cookie" not in answer.headers
        texts.append(re.sub(r'value="(admin|nobody)"|urn:uuid:[\w-]+', "", answer.text))
    assert texts[0] == texts[1]


def test_another_site_signs_nobody_in(house: House) -> None:
    form = {"login": "admin", "password": house.first.admin_password}
    refused = visit(house, "POST", "/sign-in", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert refused.status_code == 403


def test_sign_out_ends_the_session(house: House) -> None:
    signed_in = house.sign_in(house.first.admin_password).json()["token"]
    form = {csrf.FIELD: token_of(house, signed_in)}
    cookie = {"Cookie": f"{cookies.SAFE}={signed_in}"}
    answer = visit(house, "POST", "/sign-out", data=form, headers=cookie)
    assert answer.headers["Location"] == "/sign-in" and "Max-Age=0" in answer.headers["Set-Cookie"]
    assert visit(house, "GET", "/", headers=cookie).status_code == 303


def token_of(house: House, session: str) -> str:
    cookie = {"Cookie": f"{cookies.SAFE}={session}"}
    page = visit(house, "GET", "/help", headers=cookie).text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    return html.unescape(found[1])


def test_the_tokens_of_two_pages_differ_and_both_count(house: House) -> None:
    first, second = token(house, "manager"), token(house, "manager")
    assert first != second
    for one in (first, second):
        answer = visit(house, "POST", "/wishes", "manager", data={csrf.FIELD: one, "theme": "dark"})
        assert answer.status_code == 303


def test_files_of_pages_are_kept_for_good_under_a_name_that_changes(house: House) -> None:
    page = visit(house, "GET", "/sign-in").text
    for path in re.findall(r'(?:href|src)="(/static/[^"#]+)', page):
        answer = visit(house, "GET", path, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Encoding"] == "gzip"
        name = path.rpartition("/")[2]
        assert visit(house, "GET", f"/static/0000000000000000/{name}").status_code == 404


def test_a_wrong_filter_is_said_above_the_list(house: House) -> None:
    answer = visit(house, "GET", "/people?status=nonsense", "administrator")
    assert answer.status_code == 200 and "status" in answer.text
