"""Every screen in a real browser: axe finds nothing, the policy nothing, no script complains."""

from typing import Any

import pytest

from tests.console.conftest import Open
from tests.console.places import NAMES, TABS, address
from tests.console.product import Product

pytestmark = pytest.mark.flow
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = {"width": 390, "height": 844}


def findings(page: Any, axe: str) -> list[str]:
    """Return what axe finds on a page: the rule and the elements."""
    # As a script of the page it would need its policy; a developer's console does not.
    page.evaluate(axe)
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES
    )
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')[:300]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [*NAMES, "sign_in"])
def test_axe_finds_nothing(
    product: Product, open_page: Open, axe: str, name: str, scheme: str
) -> None:
    page = open_page("" if name == "sign_in" else "administrator", color_scheme=scheme)
    page.goto("/sign-in" if name == "sign_in" else address(product, name))
    assert page.locator("html").get_attribute("data-bs-theme") == scheme
    assert findings(page, axe) == []


@pytest.mark.parametrize("tab", TABS)
def test_axe_finds_nothing_on_the_tabs_of_a_card(
    product: Product, open_page: Open, axe: str, tab: str
) -> None:
    page = open_page()
    page.goto(f"{address(product, 'show_person')}?tab={tab}")
    assert findings(page, axe) == []


@pytest.mark.parametrize("language", ["ru", "ky", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wider_than_a_phone(
    product: Product, open_page: Open, name: str, language: str
) -> None:
    page = open_page(viewport=PHONE, locale=language)
    page.goto(address(product, name))
    wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wider <= 0
