"""A second tab, the back button, a double click, a lost session: nothing lost, nothing twice."""

import os
import signal
from typing import Any

import pytest

from launch import detach
from tests.console.conftest import Open
from tests.console.product import Product

pytestmark = pytest.mark.flow
NAUGHTY = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }} ${7*7} <%= 7*7 %>",
    "javascript:alert(1)",
    "'; DROP TABLE inquiries; --",
    "<svg/onload=alert(1)>",
)


def answers(product: Product, inquiry: str) -> list[str]:
    thread = product.api("GET", f"/v1/inquiries/{inquiry}")["thread"]
    return [word["text"] for word in thread if word["side"] == "staff"]


def test_a_lost_session_loses_no_text(product: Product, open_page: Open) -> None:
    asked = product.ask_something()
    page = open_page("content_admin")
    page.goto(f"/inquiries/{asked['id']}")
    page.fill("#f-text", "Узун жооп: <b>сакталсын</b> & калсын")
    page.context.clear_cookies()
    page.click("#answer button.btn-primary")
    assert page.locator("#f-password").count() == 1
    login, password = product.login("content_admin")
    page.fill("#f-login", login)
    page.fill("#f-password", password)
    page.click("button.btn-primary")
    page.wait_for_url(f"**/inquiries/{asked['id']}")
    assert page.locator("#f-text").input_value() == "Узун жооп: <b>сакталсын</b> & калсын"
    assert answers(product, asked["id"]) == [], "nothing was sent without being asked for again"
    page.click("#answer button.btn-primary")
    page.wait_for_selector(".flash")
    assert len(answers(product, asked["id"])) == 1
    page.goto(f"/inquiries/{asked['id']}")
    assert page.locator("#f-text").input_value() == "", "the draft went with the answer"


def test_typed_text_is_kept_while_it_is_typed(product: Product, open_page: Open) -> None:
    asked = product.ask_something()
    page = open_page()
    page.goto(f"/inquiries/{asked['id']}")
    with page.expect_response("**/drafts"):
        page.locator("#f-text").press_sequentially("Жарым ой")
    page.goto("/")
    page.goto(f"/inquiries/{asked['id']}")
    assert page.locator("#f-text").input_value() == "Жарым ой"
    page.click("form[action='/drafts/discard'] button")
    page.wait_for_url(f"**/inquiries/{asked['id']}")
    assert page.locator("#f-text").input_value() == ""


def test_a_double_click_and_the_back_button_answer_once(product: Product, open_page: Open) -> None:
    asked = product.ask_something()
    page = open_page()
    page.goto(f"/inquiries/{asked['id']}")
    page.fill("#f-text", "Бир жолу")
    page.dblclick("#answer button.btn-primary")
    page.wait_for_selector(".flash")
    assert answers(product, asked["id"]) == ["Бир жолу"]
    page.go_back()
    assert page.locator(".word.staff").count() == 1, "the page before knows that it was sent"
    assert page.locator("#f-text").input_value() == ""


def test_the_same_page_sent_twice_is_heard_once(product: Product, open_page: Open) -> None:
    """As a browser does that sends a form again after a broken connection."""
    asked = product.ask_something()
    page = open_page()
    page.goto(f"/inquiries/{asked['id']}")
    form = page.locator("#answer form").evaluate(
        "form => Object.fromEntries(new FormData(form).entries())"
    )
    for _ in range(2):
        answer = page.request.post(
            f"/inquiries/{asked['id']}/answer", form=form | {"text": "Бир жолу", "resolve": "1"}
        )
        assert answer.status == 200
    assert answers(product, asked["id"]) == ["Бир жолу"]


def test_two_tabs_see_each_other(product: Product, open_page: Open) -> None:
    asked = product.ask_something()
    first, second = open_page(), open_page("content_admin")
    for page in (first, second):
        page.goto(f"/inquiries/{asked['id']}")
    first.fill("#f-text", "Биринчи жооп")
    first.click("#answer button.btn-primary")
    first.wait_for_selector(".flash")
    second.fill("#f-text", "Экинчи жооп")
    second.click("#answer button.btn-primary")
    second.wait_for_selector(".side-by-side")
    both = second.locator(".side-by-side").inner_text()
    assert "Биринчи жооп" in both and "Экинчи жооп" in both
    assert second.locator("#f-text").input_value() == "Экинчи жооп"
    assert answers(product, asked["id"]) == ["Биринчи жооп"]
    second.click("#answer button.btn-primary")
    second.wait_for_selector(".flash")
    assert answers(product, asked["id"]) == ["Биринчи жооп", "Экинчи жооп"]


def test_a_wrong_form_says_it_at_the_field_and_keeps_what_was_typed(
    product: Product, open_page: Open
) -> None:
    page = open_page()
    page.goto("/settings/accounts")
    page.fill("#f-login", "a")
    page.click("main button.btn-primary")
    assert page.locator("#wrong-login").count() == 1
    assert page.locator("#f-login").input_value() == "a"


@pytest.mark.parametrize("text", NAUGHTY)
def test_text_of_clients_is_never_executed(product: Product, open_page: Open, text: str) -> None:
    asked = product.ask_something(subject=text, text=f"{text} {text}")
    page = open_page()
    for path in ("/", "/inquiries", f"/inquiries/{asked['id']}", "/log?emitter=portal"):
        page.goto(path)
    page.goto(f"/inquiries/{asked['id']}")
    assert page.locator("h1").inner_text() == text
    assert f"{text} {text}" in page.locator(".word.client .prose").inner_text()
    # Whatever had run would have been heard by the page (conftest.Watched).


def test_reading_works_without_scripts(product: Product, open_page: Open) -> None:
    page = open_page(java_script_enabled=False)
    page.goto("/")
    assert page.locator(".figure h3").count() == 13
    page.click("a[href='/people']")
    assert page.locator("tr[data-row]").count() == 50
    page.goto("/people?audience=universities")
    page.click("a.row-link >> nth=0")
    assert page.locator(".datagrid").count() >= 1
    page.click("nav.tabs-plain a >> nth=1")
    assert "tab=timeline" in page.url
    page.goto("/reports")
    assert page.locator("a.row-link").count() >= 1


def test_a_service_that_is_away_dims_only_its_part(product: Product, open_page: Open) -> None:
    word = detach.last_word(product.state)
    assert word is not None
    pid = next(row["pid"] for row in word["processes"] if row["name"] == "reporting")
    os.kill(pid, signal.SIGSTOP)
    try:
        page = open_page()
        page.goto("/")
        assert page.locator(".is-away").count() >= 1
        assert page.locator("a[href='/inquiries?due=overdue']").count() == 1
        page.goto("/organisations")
        assert page.locator("tr[data-row]").count() > 0
    finally:
        os.kill(pid, signal.SIGCONT)
    product.until(lambda: _works(product))


def _works(product: Product) -> Any:
    return product.page("/").text.count('class="card figure"') == 13
