"""Accounts over HTTP: invited, edited, let in by a link; a lost right ends at once."""

from typing import Any

import pytest

from tests.gateway.house import NUMBERS, PASSWORD, House
from tests.gateway.test_documented import ROUTES, check

ADMIN = "administrator"
ANY = {"If-Match": "*"}


def signed_in(house: House, account: dict[str, Any]) -> str:
    return str(house.sign_in(PASSWORD, account["login"]).json()["token"])


def is_in(house: House, token: str) -> bool:
    return house.ask("GET", "/v1/me", who=token).status_code == 200


def edit(house: House, account: dict[str, Any], headers: dict[str, str] = ANY, **body: Any) -> Any:
    path = f"/v1/accounts/{account['id']}"
    return house.ask("PATCH", path, who=ADMIN, json=body, headers=headers)


def link_for(house: House, account: dict[str, Any]) -> str:
    answer = house.ask("POST", f"/v1/accounts/{account['id']}/link", who=ADMIN)
    check(answer, ROUTES["post_account_link"], 201)
    return str(answer.json()["token"])


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


def test_it_invites_by_a_link_that_works_once(house: House) -> None:
    login = f"Новая-{next(NUMBERS)}"
    asked = {"login": f" {login} ", "role": "manager", "language": "ky"}
    answer = house.ask("POST", "/v1/accounts", who=ADMIN, json=asked)
    check(answer, ROUTES["post_account"], 201)
    made = answer.json()
    assert (made["login"], made["invited"]) == (login.lower(), True)
    assert house.sign_in(PASSWORD, login).status_code == 401
    token = made["link"]["token"]
    check(house.choose(token), ROUTES["put_password"], 204)
    assert problem(house.choose(token)) == (401, "wrong_link")
    me = house.ask("GET", "/v1/me", who=signed_in(house, made)).json()
    assert me["role"] == "manager"
    path = f"/v1/accounts/{made['id']}"
    seen = house.ask("GET", path, who=ADMIN)
    check(seen, ROUTES["get_account"], 200)
    assert (seen.json()["invited"], seen.headers["ETag"]) == (False, '"1"')


def test_it_invites_once_for_one_key(house: House) -> None:
    asked = {"login": f"once-{next(NUMBERS)}", "role": "auditor"}
    headers = {"Idempotency-Key": asked["login"]}
    first, second = (
        house.ask("POST", "/v1/accounts", who=ADMIN, json=asked, headers=headers).json()
        for _ in range(2)
    )
    assert first["id"] == second["id"]
    assert house.choose(first["link"]["token"]).status_code == 401, "its answer counts as lost"
    assert house.choose(second["link"]["token"]).status_code == 204
    again = house.ask("POST", "/v1/accounts", who=ADMIN, json=asked, headers=headers)
    assert problem(again) == (409, "key_reused")
    other = house.ask("POST", "/v1/accounts", who=ADMIN, json=asked)
    assert problem(other) == (409, "login_taken")
    check(other, ROUTES["post_account"], 409)


@pytest.mark.parametrize(
    "password", ["elevenchars", "password123456", "aaaaaaaaaaaaaa", "qwertyuiop[]", "1" * 12]
)
def test_it_refuses_a_password_that_is_short_or_common(house: House, password: str) -> None:
    account = house.invite("auditor")
    token = link_for(house, account)
    answer = house.choose(token, password)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["password"]
    assert house.choose(token, "биз түндө жылдыз санайбыз").status_code == 204, "still good"


def test_it_refuses_a_password_made_of_the_login(house: House) -> None:
    account = house.invite("auditor", login="kyzyl-tuu-office")
    assert house.choose(link_for(house, account), "kyzyl-tuu-office1").status_code == 422


@pytest.mark.parametrize("change", [{"role": "auditor"}, {"disabled": True}])
def test_it_ends_all_sessions_of_who_lost_a_right(house: House, change: dict[str, Any]) -> None:
    account = house.invite("manager")
    tokens = [signed_in(house, account) for _ in range(2)]
    assert all(is_in(house, token) for token in tokens)
    answer = edit(house, account, **change)
    check(answer, ROUTES["patch_account"], 200)
    assert not any(is_in(house, token) for token in tokens)


def test_it_lets_nobody_in_who_is_disabled_until_enabled(house: House) -> None:
    account = house.invite("manager")
    token = link_for(house, account)
    assert edit(house, account, disabled=True).json()["disabled"] is True
    assert house.sign_in(PASSWORD, account["login"]).status_code == 401
    assert house.choose(token).status_code == 401
    refused = house.ask("POST", f"/v1/accounts/{account['id']}/link", who=ADMIN)
    assert problem(refused) == (409, "account_disabled")
    check(refused, ROUTES["post_account_link"], 409)
    edit(house, account, disabled=False)
    assert house.sign_in(PASSWORD, account["login"]).status_code == 201


def test_it_keeps_the_session_of_who_only_changes_the_language(house: House) -> None:
    account = house.invite("manager")
    token = signed_in(house, account)
    changed = edit(house, account, language="en").json()
    assert (changed["language"], changed["version"]) == ("en", 2)
    assert edit(house, account, language="en").json()["version"] == 2
    assert is_in(house, token)


def test_it_hears_one_of_two_who_edit(house: House) -> None:
    account = house.invite("manager")
    assert edit(house, account, {"If-Match": '"1"'}, language="ky").status_code == 200
    late = edit(house, account, {"If-Match": '"1"'}, role="auditor")
    assert late.status_code == 412
    check(late, ROUTES["patch_account"], 412)


def test_it_keeps_the_last_administrator(house: House) -> None:
    items = house.ask("GET", "/v1/accounts?limit=200", who=ADMIN).json()["items"]
    (admin,) = [one for one in items if one["role"] == ADMIN]
    for change in ({"disabled": True}, {"role": "manager"}):
        answer = edit(house, admin, **change)
        assert problem(answer) == (409, "last_administrator")
        check(answer, ROUTES["patch_account"], 409)
    assert is_in(house, house.token(ADMIN))
    invited = {"login": f"second-{next(NUMBERS)}", "role": ADMIN}
    second = house.ask("POST", "/v1/accounts", who=ADMIN, json=invited).json()
    # Who was only invited cannot let anybody in yet.
    assert problem(edit(house, admin, disabled=True)) == (409, "last_administrator")
    house.choose(second["link"]["token"])
    assert edit(house, second, role="auditor").status_code == 200, "not the last one"


def test_it_changes_ones_own_password_and_ends_the_sessions(house: House) -> None:
    account = house.invite("content_admin")
    token = signed_in(house, account)
    wrong = house.ask("PUT", "/v1/me/password", who=token, json={"old": "x", "new": PASSWORD})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "old")
    body = {"old": PASSWORD, "new": "жети өрдөк, бир көл"}
    answer = house.ask("PUT", "/v1/me/password", who=token, json=body)
    check(answer, ROUTES["put_own_password"], 204)
    assert not is_in(house, token)
    assert house.sign_in(PASSWORD, account["login"]).status_code == 401
    assert house.sign_in(body["new"], account["login"]).status_code == 201


def test_it_stops_who_guesses_the_password_of_today(house: House) -> None:
    token = signed_in(house, house.invite("content_admin"))
    body = {"old": "wrong", "new": "жети өрдөк, бир көл"}
    own = [house.ask("PUT", "/v1/me/password", who=token, json=body) for _ in range(6)]
    assert [answer.status_code for answer in own] == [422] * 5 + [429]
    assert 0 < int(own[-1].headers["Retry-After"]) <= 900


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"login": "x", "role": "auditor"}, "login"),
        ({"login": "good", "role": "portal"}, "role"),
        ({"login": "good", "role": "auditor", "password": "x"}, "password"),
    ],
)
def test_it_names_what_is_wrong_in_an_account(
    house: House, body: dict[str, str], field: str
) -> None:
    answer = house.ask("POST", "/v1/accounts", who=ADMIN, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


@pytest.mark.parametrize("noun", ["accounts", "keys"])
def test_it_leads_from_page_to_page(house: House, noun: str) -> None:
    for _ in range(2):
        body = {"login": f"page-{next(NUMBERS)}", "role": "auditor"}
        house.ask("POST", "/v1/accounts", who=ADMIN, json=body)
        house.ask("POST", "/v1/keys", who=ADMIN, json={"name": f"page-{next(NUMBERS)}"})
    whole = house.ask("GET", f"/v1/{noun}?limit=200", who=ADMIN).json()
    ids, path = [], f"/v1/{noun}?limit=2"
    while path:
        page = house.ask("GET", path, who=ADMIN).json()
        ids += [one["id"] for one in page["items"]]
        path = (page["next"] or "").removeprefix(house.url)
    assert ids == [one["id"] for one in whole["items"]]
    assert len(ids) == whole["total"] > 2
