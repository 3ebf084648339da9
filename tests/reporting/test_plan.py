"""The Terms of Reference as data: complete, in three languages, in their own words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from marshmallow import ValidationError

from chassis.errors import NotFound
from services.reporting import plan
from services.reporting.documents.vocabulary import DEFAULT_READINGS, AwaitedType
from services.reporting.figures import FIGURES
from tests.factories import instant

CODES = [
    *("R1", "R2.0", "R2.A.bodies", "R2.A.staff", "R2.B.bodies", "R2.B.staff", "R2.f"),
    *("R3", "R4", "R5", "R6", "R7.p", "R7.s", "R8", "R9", "R10", "R11", "R12", "R13"),
]
FILE = plan.FOLDER / "plan_2022.json"


def raw() -> dict[str, Any]:
    """The shipped plan as JSON, to be spoiled."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def spoiled(tmp_path: Path, data: dict[str, Any]) -> str:
    """What the loader says of a wrong plan."""
    path = tmp_path / "plan_x.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(ValidationError) as refused:
        plan.read(path)
    return str(refused.value)


def test_it_has_thirteen_rows_nineteen_codes_and_sixteen_switches() -> None:
    found = plan.covering("2022-05")
    assert [row.number for row in found.rows] == list(range(1, 14))
    assert [row.code for row in found.figures] == CODES
    assert [switch.id for switch in found.switches] == [f"A{n}" for n in range(1, 17)]
    assert found.readings == DEFAULT_READINGS
    assert len(found.months) == 12


def test_it_keeps_the_official_words() -> None:
    rows = {row.number: row for row in plan.covering("2022-05").rows}
    assert rows[8].activity.ru == (
        "Подготовка качественных и количественных отчетов о состоянии и перспективах развития "
        "клиентской базы"
    )
    assert rows[4].indicators.ru == "Не менее 2 обработанных обращений клинетов Портала в месяц"
    assert rows[9].indicators.ru == (
        "- до декабря 2022 года – 50 мероприятий (не менее 10 участников на каждое мероприятие);"
    )
    assert rows[3].terms.ru == "По мере необходимости"
    assert "до 30 декабря 2022 года базу включены дополнительно 90" in rows[2].terms.ru


def test_it_quotes_every_switch_from_the_table() -> None:
    found = plan.covering("2022-05")
    table = " ".join(
        text.ru for row in found.rows for text in (row.activity, row.terms, row.indicators)
    ).replace("\n", " ")
    for switch in found.switches:
        for piece in switch.wording.split("; "):
            assert piece in table, switch.id


def test_it_says_each_thing_in_three_different_languages() -> None:
    found = plan.covering("2022-05")
    texts = [row.title for row in found.figures]
    texts += [each for row in found.rows for each in (row.activity, row.terms, row.indicators)]
    for text in texts:
        assert len({text.ru, text.ky, text.en}) == 3, text
        assert not any("а" <= letter <= "я" for letter in text.en.lower()), text


def test_it_adds_the_stages_up() -> None:
    found = plan.covering("2022-05")
    targets = {row.code: found.target(row) for row in found.figures}
    assert [targets[code] for code in ("R2.A.bodies", "R2.B.bodies")] == [40, 130]
    assert [targets[code] for code in ("R2.A.staff", "R2.B.staff")] == [50, 500]
    assert (targets["R9"], targets["R7.s"], targets["R3"]) == (50, 25, None)


def test_it_measures_only_codes_of_the_plan() -> None:
    assert set(FIGURES) <= set(CODES)


def test_it_has_words_for_every_event_that_a_row_awaits() -> None:
    found = plan.covering("2022-05")
    awaited = {name for row in found.figures for name in row.awaited}
    assert awaited <= set(get_args(AwaitedType))
    assert found.figure("R1").awaited == ("portal_info_delivered", "contact_logged")
    assert found.figure("R1").types == ("deliveries_settled", "contact_logged")


@pytest.mark.parametrize(
    ("asked", "now", "found"),
    [
        (None, "2022-03-15 10:00", "2022-03"),
        (None, "2026-03-15 10:00", "2022-12"),
        (None, "2021-03-15 10:00", "2022-12"),
        ("2022-07", "2022-03-15 10:00", "2022-07"),
    ],
)
def test_it_finds_the_month(asked: str | None, now: str, found: str) -> None:
    assert plan.month_or_default(asked, instant(now))[1] == found


@pytest.mark.parametrize("month", ["2021-12", "2023-01", "2022-13", "nonsense"])
def test_it_names_the_plans_for_a_month_without_one(month: str) -> None:
    with pytest.raises(NotFound) as missing:
        plan.month_or_default(month, instant("2022-03-15 10:00"))
    assert missing.value.params["plans"] == "tor-2022 2022-01–2022-12"
    assert missing.value.code == "no_plan"


def test_it_refuses_a_plan_that_does_not_hold_together(tmp_path: Path) -> None:
    data = raw()
    data["figures"][0]["row"] = 14
    data["figures"][1]["code"] = "R1"
    data["figures"][4]["adds_to"] = "R2.C"
    data["figures"][8]["switches"] = ["A99"]
    data["figures"][9]["title"]["ky"] = ""
    data["figures"][14]["due_on"] = None
    data["switches"][3]["reading"] = "A1.same_date"
    said = spoiled(tmp_path, data)
    for problem in (
        "R1: no row 14",
        "R1 stands twice",
        "R2.B.bodies: no stage R2.C",
        "R4: no switch A99",
        "R5: a text is missing",
        "R9: due_on goes with the due_rule fixed",
        "A4: its reading is not one of its readings",
    ):
        assert problem in said


def test_it_refuses_an_unknown_field_and_an_unknown_code(tmp_path: Path) -> None:
    data = raw()
    data["figures"][0]["colour"] = "red"
    data["figures"][1]["kind"] = "guess"
    said = spoiled(tmp_path, data)
    assert "colour" in said and "kind" in said
