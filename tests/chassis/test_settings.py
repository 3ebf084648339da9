"""Settings: read from the environment; a wrong one is refused by its name."""

import pytest

from chassis.settings import KNOWN, Settings, SettingsError

GOOD = {
    "AMQP_URI": "amqp://u:p@127.0.0.1:5672/v",
    "DATABASE_URL": "postgresql://u:p@127.0.0.1:5432/aymak",
    "AYMAK_STATE": "/tmp/state",
    "AYMAK_SECRET": "0123456789abcdefghijABCDEFGHIJ+-",
}


def test_it_reads_what_is_given_and_fills_in_the_rest():
    settings = Settings.from_env({**GOOD, "AYMAK_STAFF_MAIL": "a@example.org, b@example.org"})
    assert settings.report_to == ("a@example.org", "b@example.org")
    assert str(settings.mail_dir) == "/tmp/state/mail"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.report_languages == ("ru",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AMQP_URI", ""),
        ("AMQP_URI", "http://127.0.0.1"),
        ("AMQP_URI", "amqp://u:p@127.0.0.1:5672/v;"),
        ("DATABASE_URL", "sqlite:///x"),
        ("DATABASE_URL", "postgresql://h:port/x"),
        ("AYMAK_STATE", ""),
        ("AYMAK_SECRET", "changeme"),
        ("AYMAK_SECRET", "a" * 40),
        ("AYMAK_BIND", "8000"),
        ("AYMAK_BIND", "127.0.0.1:99999"),
        ("AYMAK_PUBLIC_URL", "aymak.example"),
        ("AYMAK_SMTP_URL", "mail.example:25"),
        ("AYMAK_MAIL_FROM", "nobody"),
        ("AYMAK_MAIL_FROM", "Aymak portal@example.org"),
        ("AYMAK_MAIL_FROM", "Academy, Aymak <portal@example.org>"),
        ("AYMAK_MAIL_FROM", "почта@example.org"),
        ("AYMAK_MAIL_FROM", "A <a@example.org>\nBcc: x@example.org"),
        ("AYMAK_MAIL_REPLY_TO", "office"),
        ("AYMAK_STAFF_MAIL", "a@example.org, b"),
        ("AYMAK_STAFF_MAIL", "a..b@example.org"),
        ("AYMAK_REPORT_TO", "b"),
        ("AYMAK_REPORT_LANGUAGES", "ru,kg"),
        ("AYMAK_PORTAL_SOURCE", "portal"),
        ("AYMAK_CALENDAR", "/no/such/file"),
        ("AYMAK_CLOCK_FILE", "/no/such/file"),
        ("AYMAK_LOG_LEVEL", "LOUD"),
        ("AYMAK_HOSTS", "good.example, http://bad.example"),
        ("AYMAK_PROXIES", "10.0.0.0/8, proxy"),
        ("AYMAK_PROXIES", "10.0.0.1/8"),
        ("AYMAK_RATE_SCALE", "-1"),
        ("AYMAK_RATE_SCALE", "fast"),
    ],
)
def test_it_refuses_a_wrong_setting_by_name(name, value):
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({**GOOD, name: value})


def test_it_takes_the_nodes_of_a_broker_cluster_and_begins_with_another_one_in_each_process(
    monkeypatch,
):
    one, two, three = (f"amqp://u:p@rabbit{number}:5672/v" for number in (1, 2, 3))
    monkeypatch.setattr("os.getpid", lambda: 3000)
    env = {**GOOD, "AMQP_URI": f"{one}; {two};{three}"}
    assert Settings.from_env(env).amqp_uri == f"{one};{two};{three}"
    monkeypatch.setattr("os.getpid", lambda: 3001)
    assert Settings.from_env(env).amqp_uri == f"{two};{three};{one}"


def test_it_names_the_wrong_one_of_several_brokers():
    uris = "amqp://u:p@rabbit1:5672/v;amqp://u:p@rabbit2:port/v;amqp://u:p@rabbit3:5672/v"
    with pytest.raises(SettingsError, match="AMQP_URI, address 2 of 3, is not an address"):
        Settings.from_env({**GOOD, "AMQP_URI": uris})


def test_it_explains_every_setting():
    assert all(text for text in KNOWN.values())


def test_it_reads_secrets_from_files_which_win(tmp_path):
    file = tmp_path / "secret"
    file.write_text("another-secret-of-32-characters-and-more\n")
    settings = Settings.from_env({**GOOD, "AYMAK_SECRET_FILE": str(file)})
    assert settings.secret == "another-secret-of-32-characters-and-more"


def test_it_names_the_secret_whose_file_is_missing():
    with pytest.raises(SettingsError, match="DATABASE_URL_FILE"):
        Settings.from_env({**GOOD, "DATABASE_URL_FILE": "/no/such/file"})


def test_it_names_the_secret_whose_file_is_no_text(tmp_path):
    file = tmp_path / "secret"
    file.write_bytes(bytes(range(200, 250)))
    with pytest.raises(SettingsError, match="AYMAK_SECRET_FILE"):
        Settings.from_env({**GOOD, "AYMAK_SECRET_FILE": str(file)})
