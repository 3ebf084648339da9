"""Settings: where they come from, and what is said about a wrong one before anything starts."""

import pytest

from launch import environment, up
from launch.errors import LaunchError
from launch.state import State


def planned(state: State, monkeypatch: pytest.MonkeyPatch, **outside: str) -> up.Plan:
    monkeypatch.setattr(environment, "current", lambda: outside)
    return up.plan(up.Start(state))


def test_it_reads_the_settings_file(state: State) -> None:
    state.settings.write_text(
        "# the mail server\n\nAYMAK_SMTP_URL=smtp://mail.example:587\n"
        'export AYMAK_MAIL_FROM = "Айылдар <post@example.kg>"\n'
    )
    assert environment.read_file(state) == {
        "AYMAK_SMTP_URL": "smtp://mail.example:587",
        "AYMAK_MAIL_FROM": "Айылдар <post@example.kg>",
    }


def test_it_lets_the_environment_win(state: State) -> None:
    state.settings.write_text("AYMAK_STAFF_MAIL=a@example.kg\nAYMAK_REPORT_TO=b@example.kg\n")
    found = environment.wanted(state, {"AYMAK_STAFF_MAIL": "c@example.kg", "AYMAK_REPORT_TO": ""})
    assert found == {"AYMAK_STAFF_MAIL": "c@example.kg", "AYMAK_REPORT_TO": "b@example.kg"}


def test_it_names_an_unknown_setting_with_the_nearest_known_one(state: State) -> None:
    state.settings.write_text("\nAYMAK_SMPT_URL=smtp://x\n")
    with pytest.raises(LaunchError, match=r"line 2.*AYMAK_SMPT_URL.*did you mean AYMAK_SMTP_URL"):
        environment.read_file(state)


def test_it_names_an_unknown_setting_of_the_environment(state: State) -> None:
    with pytest.raises(LaunchError, match=r"environment.*AYMAK_REPORTS_TO.*AYMAK_REPORT_TO"):
        environment.wanted(state, {"AYMAK_REPORTS_TO": "x"})


def test_it_names_a_line_that_is_no_setting(state: State) -> None:
    state.settings.write_text("AYMAK_SMTP_URL smtp://x\n")
    with pytest.raises(LaunchError, match="line 1: expected NAME=value"):
        environment.read_file(state)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AYMAK_SMTP_URL", "mail.example"),
        ("AYMAK_REPORT_TO", "not an address"),
        ("AYMAK_REPORT_LANGUAGES", "ru,de"),
        ("AYMAK_SECRET", "short"),
        ("AMQP_URI", "http://localhost"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("AYMAK_PORTAL_SOURCE", "portal"),
    ],
)
def test_it_stops_the_start_and_names_the_setting(
    state: State, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(LaunchError, match=name):
        planned(state, monkeypatch, **{name: value})


def test_it_fills_in_what_nobody_set(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned(state, monkeypatch, PATH="/bin")
    made = plan.environment(amqp_uri="amqp://x/y", database_url="postgresql://x/aymak")
    assert made["AYMAK_BIND"] == "127.0.0.1:8000"
    assert made["AYMAK_PUBLIC_URL"] == "http://127.0.0.1:8000"
    assert made["AMQP_URI"] == "amqp://x/y"
    assert made["AYMAK_MAIL_DIR"] == str(state.mail)
    assert made["PATH"] == "/bin"
    again = planned(state, monkeypatch).environment(amqp_uri="", database_url="")
    assert made["AYMAK_SECRET"] == again["AYMAK_SECRET"] and len(made["AYMAK_SECRET"]) >= 32
    assert (state.folder / "secret").stat().st_mode & 0o777 == 0o600


def test_it_keeps_the_public_address_that_was_set(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(
        state, monkeypatch, AYMAK_PUBLIC_URL="https://base.example.kg", AYMAK_BIND="0.0.0.0:9000"
    )
    made = plan.environment(amqp_uri="", database_url="")
    assert made["AYMAK_PUBLIC_URL"] == "https://base.example.kg"
    assert made["AYMAK_BIND"] == "0.0.0.0:9000"
    assert plan.url == "http://127.0.0.1:9000"


def test_it_gives_a_clock_file_to_a_demo_only(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(state, monkeypatch, AYMAK_CLOCK_FILE="/etc/hostname")
    assert "AYMAK_CLOCK_FILE" not in plan.environment(amqp_uri="", database_url="")
    demo = State(state.folder / "demo")
    monkeypatch.setattr(environment, "current", dict)
    made = up.plan(up.Start(demo, demo=True)).environment(amqp_uri="", database_url="")
    assert made["AYMAK_CLOCK_FILE"] == str(demo.clock)


def test_it_uses_servers_of_others_that_the_settings_name(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(state, monkeypatch, AMQP_URI="amqp://u:p@host/v")
    assert plan.broker == "amqp://u:p@host/v"
    assert plan.database is None
