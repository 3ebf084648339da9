"""What the gateway gets: the shapes of contracts.md section 5, in the reader's words."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from chassis import clock
from chassis.db import Database
from chassis.errors import Invalid, NotFound
from services.reporting import answers, schedule
from services.reporting.documents.model import ReportData
from services.reporting.figures import FIGURES
from services.reporting.rendering import Document
from services.reporting.service import ReportingService
from tests.factories import as_service, instant
from tests.reporting.cast import body, closed, hear, person, resolved
from tests.reporting.desk import desk

NOW = instant("2022-06-30 18:00")


def asked(db: Database, month: str | None = "2022-06", language: str = "ru") -> dict[str, Any]:
    """The indicators, by code."""
    with db.begin() as session:
        found = answers.indicators(session, month, language, now=NOW)
    return {**found, "items": {item["code"]: item for item in found["items"]}}


def rows(db: Database, code: str, **query: Any) -> list[dict[str, Any]]:
    """All pages of a figure's evidence."""
    found, cursor = [], None
    while True:
        with db.begin() as session:
            page = answers.evidence(session, code, {**query, "cursor": cursor}, now=NOW)
        found += page["items"]
        assert page["total"] >= len(found)
        cursor = page["next"]
        if cursor is None:
            return found


def test_it_answers_with_all_codes_and_the_journal_s_position(reporting_db: Database) -> None:
    hear(reporting_db, *[body(f"B{n}", "2022-03-10") for n in range(46)])
    found = asked(reporting_db)
    assert (found["month"], found["plan"], found["position"]) == ("2022-06", "tor-2022", 46)
    assert len(found["items"]) == 19
    bodies = found["items"]["R2.B.bodies"]
    assert (bodies["actual"], bodies["cumulative"], bodies["target"]) == (0, 46, 130)
    assert (bodies["state"], bodies["due_on"], bodies["restated"]) == (
        "at_risk",
        "2022-12-30",
        False,
    )
    assert bodies["beside"][0] == {
        "code": "municipalities",
        "label": "муниципалитетов",
        "value": 46,
    }
    assert bodies["forecast"]["value"] == 92
    assert bodies["forecast"]["needed_per_month"] == 14.0
    assert bodies["forecast"]["text"] == (
        "При таком темпе — 92 к 30 декабря 2022\u00a0г., не хватит 38; нужно 14,0 в месяц."
    )
    assert bodies["formula"][0] == "46 ÷ 181 дн. × 364 дн. = 92,5, вниз до целого: 92"
    assert bodies["formula"][1].endswith("14,0 в месяц")
    assert bodies["pace"] == {"elapsed": 0.4973, "per_month": 7.7, "needed_per_month": 14.0}
    assert bodies["days_left"] == {
        "calendar": 183,
        "working": 127,
        "text": "осталось 127 рабочих дней",
    }
    assert "forecast" not in found["items"]["R5"]
    assert not {"pace", "formula"} & set(found["items"]["R5"])
    assert found["items"]["R5"]["state"] == "not_measured"
    assert found["items"]["R5"]["awaited"] == ["описанный пример практики"]


def test_it_speaks_three_languages(reporting_db: Database) -> None:
    hear(reporting_db, closed("e1", "2022-06-01 10:00", 12))
    titles = {
        language: asked(reporting_db, language=language)["items"]["R9"]["title"]
        for language in ("ru", "ky", "en")
    }
    assert titles["en"] == "Online events with 10 or more participants"
    assert len(set(titles.values())) == 3
    with pytest.raises(Invalid):
        asked(reporting_db, language="de")


def test_it_says_what_is_left_of_the_month(reporting_db: Database) -> None:
    took = ("2022-06-01 10:00", "2022-06-30")
    hear(reporting_db, resolved("О-1", "2022-06-02 10:00", took=took))
    with reporting_db.begin() as session:
        found = answers.indicators(session, None, "ru", now=instant("2022-06-22 12:00"))
    (four,) = [item for item in found["items"] if item["code"] == "R4"]
    assert four["state"] == "at_risk"
    assert four["forecast"]["text"] == "1 из 2, осталось 6 рабочих дней"


def test_it_opens_as_many_rows_as_the_figure_says(reporting_db: Database) -> None:
    """U13: figure 46 opens 46 rows; each names its event, none a person."""
    took = ("2022-06-01 10:00", "2022-06-30")
    hear(reporting_db, *[body(f"B{n}", "2022-03-10") for n in range(46)])
    hear(reporting_db, *[person(f"p{n}", "2022-04-10", of="B1") for n in range(7)])
    hear(reporting_db, *[closed(f"e{n}", "2022-05-10 10:00", 5 + n) for n in range(9)])
    hear(reporting_db, resolved("О-1", "2022-06-02 10:00", took=took))
    items = asked(reporting_db)["items"]
    for code, count in {"R2.B.bodies": 46, "R2.A.staff": 7, "R9": 4, "R4": 1}.items():
        assert (items[code]["cumulative"] or items[code]["actual"]) == count
        for limit in (3, 200):
            found = rows(reporting_db, code, month="2022-06", language="en", limit=limit)
            assert len(found) == count
            assert len({row["event"]["id"] for row in found}) == count
    (answered,) = rows(reporting_db, "R4", month="2022-06", language="ru")
    assert answered["subject"] == "О-1"
    assert "вовремя" in answered["text"]
    staff = rows(reporting_db, "R2.A.staff", month="2022-06", language="ru")
    assert {row["subject"] for row in staff} == {f"p{n}" for n in range(7)}
    assert "Асанов" not in str(staff)
    assert "специалист, Айыл окмоту B1" in staff[0]["text"]


def test_it_has_no_rows_for_what_is_not_measured(reporting_db: Database) -> None:
    assert rows(reporting_db, "R5", month="2022-06") == []
    assert rows(reporting_db, "R9", month="2022-06") == []
    with pytest.raises(NotFound):
        rows(reporting_db, "R99", month="2022-06")


@pytest.mark.parametrize("code", sorted(FIGURES))
def test_it_pages_every_measured_code(reporting_db: Database, code: str) -> None:
    hear(reporting_db, body("A", "2022-03-10"), closed("e", "2022-06-10 10:00", 12))
    rows(reporting_db, code, month="2022-06", limit=1)


def test_it_refuses_a_strange_cursor_and_a_large_page(reporting_db: Database) -> None:
    hear(reporting_db, body("A", "2022-03-10"))
    with reporting_db.begin() as session:
        for query in ({"cursor": "xx"}, {"limit": 201}):
            with pytest.raises(Invalid):
                answers.evidence(session, "R2.A.bodies", query, now=NOW)


def test_it_shows_the_plan_with_its_official_words(reporting_db: Database) -> None:
    with clock.freeze(NOW):
        found = ReportingService.plan.__wrapped__(as_service(reporting_db, ReportingService), "ky")
    assert [row["number"] for row in found["rows"]] == list(range(1, 14))
    assert found["rows"][7]["terms"] == "Ай сайын"
    assert found["rows"][7]["terms_official"] == "Ежемесячно"
    assert found["switches"][3]["reading"] == "A4.deputies_apart"
    assert len(found["switches"][3]["readings"]) == 2


def test_it_lists_reports_and_hands_out_their_bytes(reporting_db: Database) -> None:
    with clock.freeze(instant("2022-01-05 08:00")):
        schedule.tick(desk(reporting_db))
    with clock.freeze(instant("2022-04-10 08:00")):
        schedule.tick(desk(reporting_db))
    with reporting_db.begin() as session:
        first = answers.list_reports(session, {"limit": 2})
        rest = answers.list_reports(session, {"limit": 2, "cursor": first["next"]})
        months = [item["month"] for item in (*first["items"], *rest["items"])]
        assert (months, first["total"], rest["next"]) == (
            ["2022-03", "2022-02", "2022-01"],
            3,
            None,
        )
        report = answers.get_report(session, first["items"][0]["id"])
        files = {item["format"]: item for item in report["documents"]}
        file = answers.stored_document(session, report["id"], "ru", "pdf")
        with pytest.raises(NotFound):
            answers.stored_document(session, report["id"], "en", "pdf")
    assert set(files) == {"html", "pdf", "xlsx"}
    assert file["sha256"] == files["pdf"]["sha256"]
    assert len(base64.b64decode(file["base64"])) == files["pdf"]["size"]


def test_it_prefers_stored_bytes_then_stored_figures_then_figures_of_now(
    reporting_db: Database,
) -> None:
    hear(reporting_db, body("A", "2022-01-10"))
    with clock.freeze(instant("2022-01-05 08:00")):
        schedule.tick(desk(reporting_db))
    with clock.freeze(instant("2022-02-10 08:00")):
        schedule.tick(desk(reporting_db))
    hear(reporting_db, body("B", "2022-01-11"))
    with reporting_db.begin() as session:
        stored = answers.kept_or_data(session, "2022-01", "ru", "pdf", now=NOW)
        other = answers.kept_or_data(session, "2022-01", "en", "pdf", now=NOW)
        later = answers.kept_or_data(session, "2022-02", "ru", "pdf", now=NOW)
        with pytest.raises(NotFound):
            answers.kept_or_data(session, "2023-01", "ru", "pdf", now=NOW)
        with pytest.raises(Invalid):
            answers.kept_or_data(session, "2022-01", "ru", "docx", now=NOW)
    assert isinstance(stored, dict) and stored["name"] == "report-2022-01-ru.pdf"
    assert isinstance(other, ReportData) and isinstance(later, ReportData)
    assert other.indicator("R2.A.bodies").cumulative == 1
    assert later.indicator("R2.A.bodies").cumulative == 2


def test_it_says_how_much_a_rebuild_replayed(reporting_db: Database) -> None:
    hear(reporting_db, body("A", "2022-01-10"), body("B", "2022-01-11"))
    with reporting_db.begin() as session:
        assert answers.rebuild(session) == {"entries": 2, "position": 2}


def test_it_writes_a_file_as_json() -> None:
    document = Document(format="pdf", name="a.pdf", media_type="application/pdf", content=b"abc")
    assert answers.file(document)["base64"] == "YWJj"
