"""The list of settings, the code that reads them, the page and the example say the same."""

from collections.abc import Iterator, Mapping

from chassis.setting_list import SETTINGS
from chassis.settings import Settings
from launch import setting_pages

GIVEN = {
    "AMQP_URI": "amqp://u:p@127.0.0.1/v",
    "DATABASE_URL": "postgresql://u:p@127.0.0.1/aymak",
    "AYMAK_STATE": "/tmp/state",
    "AYMAK_SECRET": "0123456789abcdefghijABCDEFGHIJ+-",
    "AYMAK_SECRET_PREVIOUS": "+-0123456789abcdefghijABCDEFGHIJ",
}


class Watched(Mapping[str, str]):
    """An environment that remembers which names it was asked for."""

    def __init__(self, values: dict[str, str], asked: set[str]) -> None:
        self.values_, self.asked = values, asked

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self.values_[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)


def test_it_lists_every_setting_that_the_code_reads_and_no_other(monkeypatch):
    asked: set[str] = set()
    monkeypatch.setattr("chassis.settings.with_files", lambda env: Watched(dict(env), asked))
    Settings.from_env(GIVEN)
    assert asked == {setting.name for setting in SETTINGS}


def test_it_calls_required_exactly_what_is_refused_when_missing():
    missing = {"AYMAK_SECRET_PREVIOUS"}
    for name in GIVEN:
        try:
            Settings.from_env({key: value for key, value in GIVEN.items() if key != name})
            missing.add(name)
        except ValueError:
            continue
    required = {setting.name for setting in SETTINGS if setting.default is None}
    assert required == set(GIVEN) - missing


def test_it_gives_examples_that_the_code_accepts(tmp_path):
    calendar = tmp_path / "calendar.txt"
    calendar.write_text("2027-05-04 off\n")
    examples = {setting.name: setting.example for setting in SETTINGS if not setting.secret}
    env = GIVEN | examples | {"AYMAK_CALENDAR": str(calendar)}
    uris = {item.name: item.example for item in SETTINGS if "://" in item.example}
    assert Settings.from_env(env | uris).report_languages == ("ru", "ky")


def test_it_has_the_generated_page_and_example():
    assert setting_pages.PAGE.read_text("utf-8") == setting_pages.page(), (
        "run: python -m launch.setting_pages"
    )
    assert setting_pages.EXAMPLE.read_text("utf-8") == setting_pages.example(), (
        "run: python -m launch.setting_pages"
    )
