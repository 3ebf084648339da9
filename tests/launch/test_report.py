"""`./aymak report`: signs in, downloads three documents, and says what is missing."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from launch.credentials import Credentials
from launch.errors import LaunchError
from launch.report import write_report
from launch.state import State

KEPT = Credentials("", "administrator", "right password", "key")
DOCUMENT = "/v1/reports/documents/2022-03/ru/"


class Gateway(BaseHTTPRequestHandler):
    """The two endpoints that the report asks, over one month in one language."""

    def do_POST(self) -> None:
        """Sign in."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        right = body == {"login": KEPT.admin_login, "password": KEPT.admin_password}
        self._answer(201 if right else 401, b'{"token": "T", "expires_at": null}')

    def do_GET(self) -> None:
        """Give a document to those who have signed in."""
        if self.headers["Authorization"] != "Bearer T":
            self._answer(401, b"{}")
        elif self.path.startswith(DOCUMENT):
            self._answer(200, f"document {self.path.removeprefix(DOCUMENT)}".encode())
        else:
            self._answer(404, b'{"title": "Not found", "detail": "no such month"}')

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Gateway) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def keep(state: State, url: str, password: str = KEPT.admin_password) -> None:
    Credentials(url, KEPT.admin_login, password, KEPT.portal_key).write(state.credentials)


def write(state: State, out: Path, month: str = "2022-03", language: str = "ru") -> list[Path]:
    return write_report(state, month=month, language=language, out=out, say=str)


def test_it_writes_the_three_documents(state: State, url: str, tmp_path: Path) -> None:
    keep(state, url)
    written = write(state, tmp_path / "out")
    assert [path.name for path in written] == [
        "report-2022-03-ru.html",
        "report-2022-03-ru.pdf",
        "report-2022-03-ru.xlsx",
    ]
    assert written[1].read_bytes() == b"document pdf"


def test_it_does_not_take_the_machine_s_proxy_home(
    state: State, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    keep(state, url)
    assert len(write(state, tmp_path / "out")) == 3


def test_it_says_that_there_is_no_such_month(state: State, url: str, tmp_path: Path) -> None:
    keep(state, url)
    with pytest.raises(LaunchError, match="no report 2021-01/ru: no such month"):
        write(state, tmp_path, month="2021-01")


@pytest.mark.parametrize("month", ["2022-13", "2022", "march"])
def test_it_explains_the_form_of_a_month(state: State, tmp_path: Path, month: str) -> None:
    with pytest.raises(LaunchError, match="for example 2022-03"):
        write(state, tmp_path, month=month)


def test_it_names_the_languages(state: State, tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="“de”: choose ru, ky, en"):
        write(state, tmp_path, language="de")


def test_it_says_that_the_product_does_not_run(state: State, port: int, tmp_path: Path) -> None:
    keep(state, f"http://127.0.0.1:{port}")
    with pytest.raises(LaunchError, match=f"Nothing answers at http://127.0.0.1:{port}: start"):
        write(state, tmp_path)


def test_it_says_that_nothing_was_ever_started(state: State, tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match=r"credentials\.json does not exist"):
        write(state, tmp_path)


def test_it_says_that_the_password_was_changed(state: State, url: str, tmp_path: Path) -> None:
    keep(state, url, password="old password")
    with pytest.raises(LaunchError, match="refused the administrator's password"):
        write(state, tmp_path)


def test_it_says_that_the_folder_cannot_be_written(state: State, url: str, tmp_path: Path) -> None:
    keep(state, url)
    (tmp_path / "out").write_text("a file, not a folder")
    with pytest.raises(LaunchError, match=r"cannot be written: .*--out"):
        write(state, tmp_path / "out")
