"""The work of a month in the browser (product.md section 7), in the three languages."""

import re
from typing import Any

import pytest

from tests.console.conftest import Open
from tests.console.product import Product

pytestmark = pytest.mark.flow


def sign_in(page: Any, product: Product, language: str) -> None:
    page.goto("/")
    assert "/sign-in" in page.url
    page.click(f"button[lang={language}]")
    login, password = product.login("administrator")
    page.fill("#f-login", login)
    page.fill("#f-password", password)
    page.click("button.btn-primary")
    page.wait_for_url(f"{product.url}/")


@pytest.mark.parametrize("language", ["ru", "ky", "en"])
def test_the_main_path(product: Product, open_page: Open, language: str) -> None:
    """Sign in, see the month, answer and resolve an inquiry, see it counted, read the report."""
    asked = product.ask_something()
    month = f"{product.now:%Y-%m}"
    page = open_page("")
    sign_in(page, product, language)
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator(".figure h3").count() == 13
    before = int(page.locator("a[href^='/indicators/R4']").count())
    assert before >= 1

    page.click("main a.btn-primary")
    page.click(f"a.row-link:has-text('{asked['subject']}')")
    assert page.locator("#f-language").input_value() == "ky", "the client's own language"
    page.fill("#f-text", "Оңдоо иштери жума күнү бүтөт.")
    page.click("button[name=resolve]")
    page.wait_for_selector(".flash")
    assert page.locator(".word.staff .prose").inner_text() == "Оңдоо иштери жума күнү бүтөт."

    page.goto(f"/indicators/R4?month={month}")
    product.until(lambda: asked["number"] in (page.reload() and page.content()))
    page.click(f"tr:has-text('{asked['number']}') a.row-link")
    assert "/log/event" in page.url
    assert page.locator(f"a[href^='/indicators/R4?month={month}']").count() == 1

    page.goto("/reports")
    page.click("main a.row-link >> nth=0")
    frame = page.locator("iframe.preview")
    assert "/preview/ru/pdf" in str(frame.get_attribute("src"))
    with page.expect_download() as download:
        page.click("main a.btn-primary")
    assert download.value.suggested_filename.endswith(".pdf")
    page.click("a:has-text('· ru') >> nth=1")
    letter = page.frame_locator("iframe.preview").locator("body")
    assert "2022" in letter.inner_text()


def test_the_answer_is_mailed_in_the_clients_language(product: Product, open_page: Open) -> None:
    """U5: asked in Kyrgyz, answered in Kyrgyz; the mail ledger of the client shows it."""
    asked = product.ask_something()
    page = open_page()
    page.goto(f"/inquiries/{asked['id']}")
    page.fill("#f-text", "Жооп")
    page.click("#answer button.btn-primary")
    page.wait_for_selector(".flash")
    client = asked["client"]["client_id"]

    def mailed() -> bool:
        page.goto(f"/people/{client}?tab=mails")
        return asked["number"] in page.content() or page.locator("td:has-text('ky')").count() > 0

    assert product.until(mailed)


def test_once_with_the_keyboard_alone(product: Product, open_page: Open) -> None:
    """g i, j, Enter, e, the text, Ctrl+Enter; / finds everything; ? shows the keys."""
    asked = product.ask_something()
    page = open_page()
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/inquiries")
    page.keyboard.press("/")
    page.keyboard.type(asked["number"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/search**")
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/inquiries/{asked['id']}")
    page.keyboard.press("e")
    page.keyboard.type("Жооп баскычтар менен")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".flash")
    assert "Жооп баскычтар менен" in page.locator(".word.staff").inner_text()
    page.keyboard.press("?")
    assert page.locator("#keys[open]").count() == 1
    page.keyboard.press("Escape")
    for key, path in (("t", "/"), ("o", "/organisations"), ("n", "/indicators"), ("r", "/reports")):
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_url(f"{product.url}{path}")


def test_every_number_leads_to_its_rows(product: Product, open_page: Open) -> None:
    """The counters of an overview are the lengths of the lists behind them."""
    page = open_page()
    page.goto("/inquiries")
    for link in page.locator("nav.views a:has(.count)").all():
        count = int(re.sub(r"\D", "", link.locator(".count").inner_text()))
        other = open_page()
        other.goto(link.get_attribute("href"))
        assert other.locator("tr[data-row]").count() == min(count, 50)


def test_a_list_narrows_while_one_types_and_its_address_follows(
    product: Product, open_page: Open
) -> None:
    page = open_page()
    page.goto("/people")
    name = page.locator("a.row-link").first.inner_text().split()[0]
    page.fill("#q", name)
    page.wait_for_url("**/people?*q=**")
    page.wait_for_function(
        "name => [...document.querySelectorAll('tr[data-row]')]"
        ".every(row => row.innerText.includes(name))",
        arg=name,
    )
    page.select_option("select[name=audience]", "lsg_bodies")
    page.wait_for_url("**audience=lsg_bodies**")
    other = open_page()
    other.goto(page.url)
    assert other.locator("#q").input_value() == name
    assert other.locator("select[name=audience]").input_value() == "lsg_bodies"


def test_a_filter_is_saved_shared_and_counted(product: Product, open_page: Open) -> None:
    page = open_page()
    page.goto("/organisations?body_type=ayil_okmotu")
    total = page.locator("tr[data-row]").count()
    page.click("details.save-view summary")
    name = f"Айыл өкмөттөрү {product.run}"
    page.fill("#view-name", name)
    page.check("details.save-view input[name=shared]")
    page.click("details.save-view button")
    page.wait_for_selector(".flash")
    manager = open_page("manager")
    manager.goto("/organisations")
    view = manager.locator(f".saved-view:has-text('{name}')")
    manager.wait_for_load_state("networkidle")
    assert int(view.locator(".count").inner_text()) == total
    view.locator("a").click()
    assert manager.locator("tr[data-row]").count() == total


def test_chosen_rows_are_exported_as_a_job(product: Product, open_page: Open) -> None:
    page = open_page()
    page.goto("/people")
    page.check("tr[data-row] >> nth=0 >> input[name=id]")
    page.check("tr[data-row] >> nth=1 >> input[name=id]")
    assert page.locator("[data-chosen]").inner_text() == "2"
    page.click(".bulk button[value=export]")
    page.click("main button.btn-primary")
    page.wait_for_selector("#job a.btn-primary", timeout=60_000)
    with page.expect_download() as download:
        page.click("#job a.btn-primary")
    assert download.value.suggested_filename.endswith(".xlsx")


def test_many_inquiries_are_resolved_at_once(product: Product, open_page: Open) -> None:
    subject = f"Реклама {product.run}"
    for _ in range(3):
        product.ask_something(subject=f"{subject} {_}", kind="comment")
    page = open_page()
    page.goto(f"/inquiries?q={subject}")
    page.check("input[data-select-page]")
    page.check("input[name=all]")
    page.click(".bulk button[value='inquiries.resolve']")
    page.select_option("#f-outcome", "spam")
    page.fill("#f-reason", "Реклама")
    page.click("main button.btn-primary")
    page.wait_for_selector("#job .tone-good", timeout=60_000)
    page.goto(f"/inquiries?q={subject}&state=open")
    assert page.locator("tr[data-row]").count() == 0


def test_a_report_says_what_changed_since_it_was_mailed(product: Product, open_page: Open) -> None:
    """A body that registered in January is told of only now: the mailed file stays as it is."""
    report = next(
        one for one in product.api("GET", "/v1/reports")["items"] if one["month"] == "2022-01"
    )
    page = open_page()
    page.goto(f"/reports/{report['id']}")
    changed = "a[href='/indicators/R2.A.bodies?month=2022-01']"
    assert page.locator(changed).count() == 0
    product.tell(
        "client_registered",
        at="2022-01-20T10:00:00+06:00",
        client_ref=f"late-{product.run}",
        kind="organisation",
        audience="lsg_bodies",
        body_type="ayil_okmotu",
        name={"ru": "Айыл окмоту Кечиккен"},
        municipality="Кечиккен",
        territory="KG-C",
        language="ky",
    )
    product.until(lambda: page.reload() and page.locator(changed).count())
    row = page.locator("li", has=page.locator(changed)).inner_text()
    before, after = (int(each) for each in re.findall(r"(\d+) → (\d+)", row)[0])
    assert after == before + 1
    page.click(changed)
    assert page.locator("tr", has_text="Кечиккен").count() == 1
