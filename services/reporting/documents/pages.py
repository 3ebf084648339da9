"""The whole report in one language: everything that any of the documents prints, in its order."""

from __future__ import annotations

from services.reporting.documents import codec, narrative, tables, trends
from services.reporting.documents.lines import line
from services.reporting.documents.model import NextAction, PlanRow, ReportData
from services.reporting.documents.phrases import DASH, Phrases
from services.reporting.documents.view import MARKS, Block, Line, Pair, Report, Table, Tally
from services.reporting.documents.vocabulary import READINGS, ReadingCode

_LABEL = "label."


def report(data: ReportData, language: str) -> Report:
    """Put the data into the words of `language`, 'ru', 'ky' or 'en'; LookupError for another."""
    phrases = Phrases(language)
    lines = tuple(line(phrases, data, indicator) for indicator in data.indicators)
    fingerprint = codec.fingerprint(data)
    return Report(
        language=language,
        title=phrases.text("report.title"),
        subject=subject(phrases, data),
        about=phrases.text("report.about"),
        month=phrases.month(data.month),
        period=_period(phrases, data),
        header=_header(phrases, data, fingerprint),
        fingerprint=fingerprint,
        summary=narrative.summary(phrases, data),
        tally=_tally(phrases, data),
        lines=lines,
        blocks=tuple(_block(phrases, data, row, lines) for row in data.rows),
        tables=_tables(phrases, data, lines),
        inquiries=tables.inquiries(phrases, data),
        actions=tuple(_action(phrases, action) for action in data.actions),
        notes=_notes(phrases, data),
        evidence=tuple(trends.evidence(phrases, item) for item in data.indicators),
        how=phrases.text("how.text", position=phrases.number(data.journal_position)),
        labels=_labels(phrases),
    )


def subject(phrases: Phrases, data: ReportData) -> str:
    """The mail's subject line: one line, whatever the data holds (S15)."""
    month = phrases.month(data.month)
    if narrative.is_unmeasured(data):
        return _one_line(phrases.text("report.subject_empty", month=month))
    counts = narrative.tally(data)
    words = {"met": phrases.number(counts["met"]), "all": phrases.number(sum(counts.values()))}
    return _one_line(phrases.text("report.subject", month=month, **words))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _period(phrases: Phrases, data: ReportData) -> str:
    return f"{phrases.short_date(data.starts_on)} {DASH} {phrases.short_date(data.ends_on)}"


def _header(phrases: Phrases, data: ReportData, fingerprint: str) -> tuple[Pair, ...]:
    plan = data.plan
    texts = {
        "period": f"{phrases.month(data.month)} ({_period(phrases, data)})",
        "plan_title": phrases.words(plan.title),
        "customer": phrases.words(plan.customer),
        "contractor": phrases.words(plan.contractor),
        "made_at": phrases.moment(data.made_at),
        "journal_position": phrases.number(data.journal_position),
        "fingerprint": fingerprint,
    }
    return tuple(Pair(label=phrases.text(_LABEL + key), text=text) for key, text in texts.items())


def _tally(phrases: Phrases, data: ReportData) -> tuple[Tally, ...]:
    return tuple(
        Tally(tone=tone, mark=MARKS[tone], state=phrases.text(f"state.{tone}"), number=count)
        for tone, count in narrative.tally(data).items()
    )


def _block(phrases: Phrases, data: ReportData, row: PlanRow, lines: tuple[Line, ...]) -> Block:
    russian = (row.activity.ru, row.terms.ru, row.indicators.ru)
    official = "" if phrases.language == "ru" else " | ".join(russian)
    return Block(
        number=row.number,
        activity=phrases.words(row.activity),
        terms=phrases.words(row.terms),
        indicators=phrases.words(row.indicators),
        official=official,
        lines=tuple(item for item in lines if item.row == row.number),
        notes=tuple(note_id(code) for code in data.plan.readings if row.number in READINGS[code]),
    )


def _tables(phrases: Phrases, data: ReportData, lines: tuple[Line, ...]) -> dict[str, Table]:
    found = (
        tables.audiences(phrases, data),
        tables.territories(phrases, data),
        tables.kinds(phrases, data),
        tables.events(phrases, data),
        trends.comparison(phrases, data, lines),
        trends.prospects(phrases, data),
        trends.restatements(phrases, data),
        trends.unmeasured(phrases, data),
        trends.history(phrases, data),
    )
    return {table.key: table for table in found}


def _action(phrases: Phrases, action: NextAction) -> str:
    text = phrases.filled(f"action.{action.code}", action.params, {})
    return f"{action.indicator}: {text}"


def _notes(phrases: Phrases, data: ReportData) -> tuple[Pair, ...]:
    """Each reading in force under its number (A1 to A16) in product.md section 2."""
    return tuple(
        Pair(label=note_id(code), text=phrases.text(f"reading.{code}"))
        for code in data.plan.readings
    )


def note_id(code: ReadingCode) -> str:
    """The number of an open wording: "A4" of "A4.deputies_apart"."""
    return code.partition(".")[0]


def _labels(phrases: Phrases) -> dict[str, str]:
    keys = phrases.catalog.keys(phrases.language)
    plain = (key for key in keys if key.startswith((_LABEL, "empty.")))
    found = {key.removeprefix(_LABEL): phrases.text(key) for key in sorted(plain)}
    page = phrases.text("report.page", page="{page}", pages="{pages}")
    return found | {"mail.intro": phrases.text("mail.intro"), "page": page}
