"""Every role on every screen of the real product: what it may, and no name where it may not."""

from html.parser import HTMLParser

import pytest

from gateway import policy
from gateway.console import render
from gateway.console.screens import Screen
from gateway.policy import Access
from gateway.service import GatewayService
from tests.console.places import NAMES, TABS, address
from tests.console.product import Product

pytestmark = pytest.mark.flow
SCREENS: dict[str, Screen] = {name: getattr(GatewayService, name).screen for name in NAMES}
# Shown with the tests of what they show: jobs and views are made for the occasion, documents are
# no pages, the rest is for strangers.
ELSEWHERE = {
    *("count_view", "show_job", "download_job_file", "show_dead_letter"),
    *("download_report", "download_report_now", "preview_report", "show_asset"),
    *("show_sign_in", "show_password"),
}


class Findings(HTMLParser):
    """What a strict policy would forbid, and what a reader of the page would miss."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.wrong += [f"{tag} {name}" for name in names if name == "style" or name[:2] == "on"]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.wrong.append(tag)
        if (names.get("href") or "").startswith("javascript:"):
            self.wrong.append("javascript:")
        if tag == "img" and "alt" not in names:
            self.wrong.append("img without alt")


def test_it_knows_every_screen() -> None:
    found = {
        name
        for name in dir(GatewayService)
        if getattr(getattr(GatewayService, name), "screen", None)
        and getattr(GatewayService, name).screen.method == "GET"
    }
    assert found == {*NAMES, *ELSEWHERE}


@pytest.fixture(scope="module")
def personal(product: Product) -> list[str]:
    """Names, phones and addresses of everybody in the base."""
    people = product.api("GET", "/v1/people?limit=200")["items"]
    words = [one["name"]["surname"] for one in people if len(one["name"]["surname"] or "") > 5]
    return words + [value for one in people for value in (*one["phones"], *one["emails"])]


@pytest.mark.parametrize("role", policy.STAFF)
@pytest.mark.parametrize("name", NAMES)
def test_a_role_sees_what_it_may(
    product: Product, personal: list[str], name: str, role: str
) -> None:
    access = SCREENS[name].access
    assert isinstance(access, Access)
    answer = product.page(address(product, name), role)
    assert answer.status_code == (200 if policy.sight(role, access) else 403)
    assert answer.headers["Content-Security-Policy"] == render.POLICY
    assert answer.headers["Cache-Control"] == "no-store"
    findings = Findings()
    findings.feed(answer.text)
    assert not findings.wrong
    assert "is-away" not in answer.text
    if role == "auditor":
        assert [word for word in personal if word in answer.text] == []


@pytest.mark.parametrize("role", ["administrator", "auditor"])
@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("name", ["show_person", "show_organisation"])
def test_each_tab_of_a_card_opens(product: Product, name: str, tab: str, role: str) -> None:
    answer = product.page(f"{address(product, name)}?tab={tab}", role)
    assert answer.status_code == 200 and "is-away" not in answer.text


@pytest.mark.parametrize("language", ["ru", "ky", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_each_screen_speaks_each_language(product: Product, name: str, language: str) -> None:
    cookie = f"__Host-aymak={product.token('manager')}; language={language}"
    import requests

    answer = requests.get(
        product.url + address(product, name), headers={"Cookie": cookie}, timeout=60
    )
    assert answer.status_code in (200, 403)
    assert f'<html lang="{language}"' in answer.text
