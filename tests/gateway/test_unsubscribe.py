"""RFC 8058: GET only shows, POST does it, without sign-in, cookie or redirect."""

from tests.gateway.house import House

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def test_it_shows_a_page_in_the_readers_language_and_changes_nothing(house: House) -> None:
    for _ in range(2):
        answer = house.ask("GET", "/v1/unsubscribe/kept", headers={"Accept-Language": "en"})
        assert answer.status_code == 200
        assert '<html lang="ky">' in answer.text
        assert "Онлайн иш-чараларга чакыруулар" in answer.text
        assert '<form method="post">' in answer.text


def test_it_unsubscribes_as_mail_programs_do_it(house: House) -> None:
    answer = house.ask("POST", "/v1/unsubscribe/one", data=ONE_CLICK, allow_redirects=False)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Мындан ары мындай каттарды албайсыз" in answer.text
    page = house.ask("GET", "/v1/unsubscribe/one")
    assert "буга чейин эле" in page.text and "<form" not in page.text


def test_it_may_be_repeated_and_needs_no_body(house: House) -> None:
    for _ in range(2):
        assert house.ask("POST", "/v1/unsubscribe/two").status_code == 200


def test_it_says_so_when_the_link_is_not_ours(house: House) -> None:
    for method in ("GET", "POST"):
        answer = house.ask(method, "/v1/unsubscribe/absent", headers={"Accept-Language": "en"})
        assert answer.status_code == 404
        assert "not valid" in answer.text


def test_it_asks_to_come_back_while_the_service_is_away(house: House) -> None:
    answer = house.ask("POST", "/v1/unsubscribe/away")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "dsn" not in answer.text


def test_it_shows_nothing_of_a_hostile_token(house: House) -> None:
    answer = house.ask("GET", "/v1/unsubscribe/%3Cscript%3Ealert(1)%3C")
    assert "<script" not in answer.text
