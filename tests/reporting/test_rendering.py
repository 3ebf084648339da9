"""The whole way of a report, with the real documents: journal to mail, in three languages."""

from __future__ import annotations

import email
import io
from email import policy

import openpyxl
import pypdf

from chassis import clock
from chassis.db import Database
from services.reporting import answers, rendering, schedule
from services.reporting.schedule import Desk
from services.reporting.service import ReportingService
from tests.factories import as_service, emitted, instant
from tests.reporting.cast import hear
from tests.reporting.desk import months, plain_settings, post
from tests.reporting.test_journal import story

LANGUAGES = ("ru", "ky", "en")


def test_it_mails_february_in_three_languages_with_its_evidence(reporting_db: Database) -> None:
    hear(reporting_db, *story())
    settings = plain_settings(report_languages=LANGUAGES)
    desk = Desk(reporting_db, settings, rendering.render)
    with clock.freeze(instant("2022-02-10 08:00")):
        assert schedule.tick(desk) == 0
    with clock.freeze(instant("2022-03-03 09:00")):
        assert schedule.tick(desk) == 1
        sent = post(reporting_db, report_languages=LANGUAGES).sent
    assert months(reporting_db) == ["2022-02"]
    mails = {
        mail["Content-Language"]: mail
        for mail in (email.message_from_bytes(raw, policy=policy.default) for raw, _ in sent)
    }
    assert sorted(mails) == ["en", "ky", "ru"]
    assert len({mail["Subject"] for mail in mails.values()}) == 3
    for mail in mails.values():
        files = {part.get_filename(): part.get_content() for part in mail.iter_attachments()}
        (pdf,) = [content for name, content in files.items() if name.endswith(".pdf")]
        (xlsx,) = [content for name, content in files.items() if name.endswith(".xlsx")]
        assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) > 1
        sheets = openpyxl.load_workbook(io.BytesIO(xlsx)).sheetnames
        assert any("R2.A.bodies" in name for name in sheets)
        pictures = [part["Content-ID"] for part in mail.walk() if part["Content-ID"]]
        html = mail.get_body(("html",)).get_content()
        assert pictures and all(f"cid:{cid.strip('<>')}" in html for cid in pictures)
        assert "Асанов" not in html and "Асанов" not in mail.get_body(("plain",)).get_content()
    (told,) = emitted(reporting_db, "report_mailed")
    assert len(told.data.documents) == 9


def test_it_renders_a_download_of_a_month_that_was_not_mailed(reporting_db: Database) -> None:
    hear(reporting_db, *story())
    service = as_service(reporting_db, ReportingService)
    with clock.freeze(instant("2022-03-20 10:00")):
        found = [
            ReportingService.document.__wrapped__(service, "2022-03", "ky", fmt)
            for fmt in rendering.DOWNLOADS
        ]
    assert [item["name"].rsplit(".")[1] for item in found] == ["html", "pdf", "xlsx"]
    assert [item["media_type"] for item in found][1] == "application/pdf"


def test_it_gives_the_same_bytes_for_the_same_figures(reporting_db: Database) -> None:
    """U16: a rebuild on the same journal ends in the same documents."""
    hear(reporting_db, *story())
    editions = []
    for _ in range(2):
        with reporting_db.begin() as session:
            data = answers.kept_or_data(
                session, "2022-02", "ru", "pdf", now=instant("2022-03-03 09:00")
            )
            editions.append(rendering.render(data, "ru"))
            answers.rebuild(session)
    assert editions[0] == editions[1]
