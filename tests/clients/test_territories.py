"""The shipped list: as many oblasts, cities and rayons as the country had in 2022."""

from collections import Counter

import pytest

from contracts.codes import OBLASTS
from services.clients import territories


def test_it_ships_the_whole_country() -> None:
    kinds = Counter(found.kind for found in territories.all_territories().values())
    assert kinds == {
        "oblast": 7,
        "republic_city": 2,
        "rayon": 40,
        "oblast_city": 12,
        "rayon_city": 17,
    }


def test_it_hangs_every_part_under_a_known_parent() -> None:
    known = territories.all_territories()
    assert {code for code, found in known.items() if found.parent is None} == set(OBLASTS)
    for found in known.values():
        assert found.parent is None or (
            found.parent in known and found.code.startswith(found.parent[:4])
        )
        assert found.ru and found.ky


def test_it_names_each_territory_once() -> None:
    known = territories.all_territories().values()
    for names in ([found.ru for found in known], [found.ky for found in known]):
        assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("KG-C-ALAMEDIN", "KG-C-ALAMEDIN"),
        ("kg-c", "KG-C"),
        ("Чүй облусу", "KG-C"),
        ("чуй  облусу", "KG-C"),
        ("Иссык-Кульский район", "KG-Y-ISSYK-KUL"),
        ("Иссык-Кульская область", "KG-Y"),
        ("41708", "41708"),
    ],
)
def test_it_resolves_codes_and_names(text: str, code: str) -> None:
    assert territories.resolve(text) == code


def test_it_finds_the_parts_of_an_oblast_and_of_a_rayon() -> None:
    assert territories.with_parts("KG-T") == {
        "KG-T",
        "KG-T-BAKAY-ATA",
        "KG-T-KARA-BUURA",
        "KG-T-MANAS",
        "KG-T-TALAS",
        "KG-T-TALAS-CITY",
    }
    assert territories.with_parts("KG-C-YSYK-ATA") == {"KG-C-YSYK-ATA", "KG-C-KANT-CITY"}
    assert "KG-C-KANT-CITY" in territories.with_parts("KG-C")
    assert territories.with_parts("41708") == {"41708"}


def test_it_describes_an_unknown_code_without_names() -> None:
    assert territories.describe("41708") == {"code": "41708", "ru": None, "ky": None}
    assert territories.describe(None) is None
