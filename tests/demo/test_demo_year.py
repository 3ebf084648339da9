"""The demo played for real: two months on the whole product, with processes killed in the middle.

Everything that is compared comes from outside: figures and evidence over HTTP, letters from the
mail folder, and against them the demo's own ledger of what it posted.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import requests
from pypdf import PdfReader

from chassis.clock import read_clock
from launch import credentials, install, ports, processes
from launch.demo.administrator import Administrator
from launch.demo.expected import Figures, expected
from launch.demo.ledger import NAME
from launch.demo.letters import expected_mails
from launch.demo.story import Story
from launch.demo.wire import Wire
from tests.project import ROOT

pytestmark = [pytest.mark.flow, pytest.mark.timeout(1200)]

READER = "head@academy.example.org"
MONTHS = ("2022-01", "2022-02")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Who is killed when the demo begins to play which moment: reporting while it makes a report.
KILLED = (
    ("2022-01-18", "clients"),
    ("2022-01-21", "notifications"),
    ("2022-01-27", "gateway"),
    ("2022-02-03T09:05", "reporting"),
)
# Bounds that only end a test that has failed anyway.
UP_SECONDS, STEP_SECONDS, PLAY_SECONDS = 300, 300, 600


def front_door() -> list[str]:
    """./aymak where its environment is the one we run in, else what it would hand over to."""
    if Path(sys.prefix) == ROOT / ".venv":
        return [str(ROOT / "aymak")]
    return [sys.executable, "-P", "-m", "launch"]


def environment() -> dict[str, str]:
    """The environment of a terminal without settings of ours."""
    ours = ("AYMAK_", "AMQP_URI", "DATABASE_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


@dataclass
class Product:
    """The product running from ``folder``, and how its user handles it."""

    folder: Path

    def aymak(self, command: str, *options: str) -> str:
        """Run a command of ./aymak; fails with its words when it does not end well."""
        line = [*front_door(), command, *options, "--state", str(self.folder)]
        done = subprocess.run(
            line, env=environment(), capture_output=True, text=True, timeout=PLAY_SECONDS
        )
        assert done.returncode == 0, f"{command}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def start_demo(self) -> "subprocess.Popen[str]":
        """Start the demo of two months and let it play."""
        line = [*front_door(), "demo", "--months", "2", "--state", str(self.folder)]
        # One descriptor for both streams, read when it is over: it writes a few kilobytes.
        return subprocess.Popen(
            line,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def has_begun(self, moment: str) -> bool:
        """Tell whether the demo's ledger says that it meant to play this moment of the year."""
        with contextlib.suppress(FileNotFoundError):
            lines = (self.folder / NAME).read_text("utf-8").splitlines(keepends=True)
            whole = [json.loads(line) for line in lines if line.endswith("\n")]
            return any(line["what"] == "intent" and line["at"] >= moment for line in whole)
        return False

    def kill(self, name: str) -> None:
        """Kill one of the product's own processes as the kernel would."""
        known = processes.read_mark(self.folder / "run" / f"{name}.pid")
        assert known is not None
        assert processes.is_running(known)
        os.kill(known.pid, signal.SIGKILL)

    def letters(self) -> dict[str, EmailMessage]:
        """Return the mails by Message-ID."""
        found = {}
        for path in (self.folder / "mail").glob("*.eml"):
            message = message_from_bytes(path.read_bytes(), policy=policy.default)
            found[str(message["Message-ID"])] = message
        return found


@pytest.fixture
def product() -> Iterator[Product]:
    """The whole product on a demo clock, in a folder that PostgreSQL's user can walk into."""
    missing = install.missing([install.RABBITMQ, install.POSTGRESQL])
    if missing and os.environ.get("CI") != "true":
        pytest.skip(f"not on this machine: {', '.join(need.package for need in missing)}")
    folder = Path(tempfile.mkdtemp(prefix="aymak-demo-"))
    port = ports.kept_ports(folder / "test-port.json", ("gateway",))["gateway"]
    found = Product(folder)
    try:
        found.aymak("up", "--demo", "--detach", "--port", str(port))
        yield found
    finally:
        found.aymak("down")
        shutil.rmtree(folder)


def wait_for(check: Callable[[], bool], playing: "subprocess.Popen[str]", what: str) -> None:
    """Wait until ``check`` holds while the demo plays."""
    deadline = time.monotonic() + STEP_SECONDS
    while not check():
        if playing.poll() is not None:
            pytest.fail(f"the demo ended before {what}: {playing.communicate()[0]}")
        assert time.monotonic() < deadline, f"{what} was not reached in {STEP_SECONDS} s"
        time.sleep(0.05)


def end(playing: "subprocess.Popen[str]") -> str:
    """Wait for the demo's end; return what it printed."""
    output, _ = playing.communicate(timeout=PLAY_SECONDS)
    assert playing.returncode == 0, output
    return output


def kill_demo(playing: "subprocess.Popen[str]") -> None:
    """Kill the demo, front door and all."""
    os.killpg(playing.pid, signal.SIGKILL)
    playing.communicate()
    assert playing.returncode == -signal.SIGKILL


@contextlib.contextmanager
def administrator(product: Product) -> Iterator[Administrator]:
    kept = credentials.read(product.folder / "credentials.json")
    with requests.Session() as session:
        yield Administrator(Wire(kept.url, session), kept)


def figures_of(staff: Administrator, month: str) -> dict[str, dict[str, Any]]:
    return {item["code"]: item for item in staff.get("/v1/indicators", month=month)["items"]}


def assert_figures(staff: Administrator, month: str, wanted: Figures) -> None:
    """Compare a month's figures, companions and evidence with the demo's own count."""
    found = figures_of(staff, month)
    for code, figure in wanted.items():
        item, where = found[code], f"{code} in {month}"
        # Shares are shown with one decimal.
        assert item["actual"] == pytest.approx(figure["actual"], abs=0.05), where
        assert item["cumulative"] == figure["cumulative"], where
        beside = {line["code"]: line["value"] for line in item["beside"] if "code" in line}
        for name, value in figure["beside"].items():
            assert beside[name] == value, f"{name} beside {where}"
        rows = list(staff.listed(f"/v1/indicators/{code}/evidence", month=month))
        behind = figure["beside"].get("notices_on_time", figure["cumulative"])
        assert len(rows) == (figure["actual"] if behind is None else behind), where
        assert all(row["event"]["id"] for row in rows), where


def report_mails(product: Product) -> list[EmailMessage]:
    found = [mail for mail in product.letters().values() if READER in mail["To"]]
    return sorted(found, key=lambda mail: mail["Date"].datetime)


def assert_report(mail: EmailMessage, month: str) -> None:
    """Open the mail as its reader would: words, PDF and spreadsheet."""
    html = mail.get_body(("html",))
    assert html is not None
    assert "2022" in html.get_content()
    files = {part.get_content_type(): part for part in mail.iter_attachments()}
    pdf = PdfReader(BytesIO(files["application/pdf"].get_content()))
    assert len(pdf.pages) >= 2
    assert "2022" in "".join(page.extract_text() for page in pdf.pages)
    book = openpyxl.load_workbook(BytesIO(files[XLSX].get_content()), read_only=True)
    try:
        cells = [
            str(value)
            for sheet in book.worksheets
            for row in sheet.iter_rows(values_only=True)
            for value in row
            if value is not None
        ]
    finally:
        book.close()
    assert any("R4" in cell for cell in cells)
    assert month in (files["application/pdf"].get_filename() or "")


def test_it_plays_two_months_through_kills_and_the_figures_are_right(
    product: Product, story: Story
) -> None:
    playing = product.start_demo()
    for moment, name in KILLED:
        wait_for(lambda moment=moment: product.has_begun(moment), playing, moment)
        product.kill(name)
    wait_for(lambda: product.has_begun("2022-02-08"), playing, "8 February")
    kill_demo(playing)
    product.kill("feedback")
    assert "the report on 2022-02 was mailed" in end(product.start_demo())

    until = read_clock(product.folder / "clock") + timedelta(seconds=1)
    wanted = expected(story, until)
    assert list(wanted)[:2] == list(MONTHS)
    with administrator(product) as staff:
        for month, figures in wanted.items():
            assert_figures(staff, month, figures)
        services = staff.get("/v1/status", counts="1")["services"]
    assert [status["inbox"]["dead"] for status in services.values()] == [0, 0, 0, 0]

    reports = report_mails(product)
    assert len(reports) == len(MONTHS)
    for mail, month in zip(reports, MONTHS, strict=True):
        assert_report(mail, month)
    facts = [one for one in story.facts if one.posted < until]
    acts = [act for act in story.acts if act.at < until]
    to_clients = [mail for mail in product.letters().values() if "portal" not in mail["To"]]
    assert len(to_clients) - len(reports) == expected_mails(facts, acts).total()

    mails = len(product.letters())
    assert "was mailed" not in product.aymak("demo", "--months", "2")
    assert len(product.letters()) == mails
