"""Sign-in over HTTP."""

from datetime import UTC, datetime, timedelta

from tests.gateway.house import House


def test_it_signs_in_says_who_and_signs_out(house: House) -> None:
    answer = house.sign_in(house.first.admin_password)
    assert answer.status_code == 201
    token = answer.json()["token"]
    me = house.ask("GET", "/v1/me", who=token).json()
    assert (me["login"], me["role"]) == ("admin", "administrator")
    left = datetime.fromisoformat(me["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=11) < left <= timedelta(hours=12)
    assert house.ask("DELETE", "/v1/session", who=token).status_code == 204
    assert house.ask("GET", "/v1/me", who=token).status_code == 401


def test_it_answers_the_same_for_an_unknown_login(house: House) -> None:
    wrong, unknown = house.sign_in("wrong"), house.sign_in("wrong", "nobody-here")
    for answer in (wrong, unknown):
        assert answer.status_code == 401
        assert answer.json()["type"].endswith("/wrong_login")
    assert wrong.json()["detail"] == unknown.json()["detail"]


def test_it_names_a_login_that_no_database_could_keep(house: House) -> None:
    answer = house.sign_in("x", "ad\0min")
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["login"]


def test_it_stops_guessing(house: House) -> None:
    codes = [house.sign_in("x", "guess-me").status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    answer = house.sign_in("x", "GUESS-ME ")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 900


def test_it_keeps_secrets_out_of_the_log(house: House) -> None:
    token = house.sign_in(house.first.admin_password).json()["token"]
    house.ask("GET", "/v1/people?q=Тайнаев", who=token)
    log = house.log()
    for secret in (token, house.first.admin_password, house.first.portal_key, "Тайнаев"):
        assert secret not in log
