"""`./aymak report`: the documents of one month, asked of the running product and written to files.

It is a user of the product like any other: it signs in over HTTP with the credentials that the
first start kept, and downloads what the administrator would download.
"""

import re
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import requests

from launch import credentials
from launch.errors import LaunchError
from launch.state import State

FORMATS = ("html", "pdf", "xlsx")
LANGUAGES = ("ru", "ky", "en")
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
# Documents are rendered on demand: a PDF with charts takes seconds on a busy machine.
SECONDS = 120


def write_report(
    state: State, *, month: str, language: str, out: Path, say: Callable[[str], None]
) -> list[Path]:
    """Write `report-<month>-<language>.{html,pdf,xlsx}` into the folder `out`; return the paths.

    `month` is a calendar month in Bishkek, YYYY-MM. Raises LaunchError with a sentence when the
    product does not run, refuses the sign-in, or has no report of that month or language, and
    when the folder cannot be written.
    """
    _refuse_unknown(month, language)
    kept = credentials.read(state.credentials)
    with requests.Session() as session:
        # Our own address on this machine is not reached through the machine's proxy.
        session.trust_env = False
        _sign_in(session, kept)
        written = []
        for name in FORMATS:
            path = out / f"report-{month}-{language}.{name}"
            _write(path, _download(session, kept.url, f"{month}/{language}/{name}"))
            say(f"written {path}")
            written.append(path)
    return written


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise LaunchError(
            f"{path} cannot be written: {error.strerror}. Choose another folder with --out."
        ) from error


def _refuse_unknown(month: str, language: str) -> None:
    if not MONTH.fullmatch(month):
        raise LaunchError(f"“{month}” is no month: give year and month, for example 2022-03.")
    if language not in LANGUAGES:
        raise LaunchError(
            f"There are no reports in the language “{language}”: choose {', '.join(LANGUAGES)}."
        )


def _sign_in(session: requests.Session, kept: credentials.Credentials) -> None:
    answer = _ask(
        session,
        "POST",
        f"{kept.url}/v1/session",
        json={"login": kept.admin_login, "password": kept.admin_password},
    )
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        raise LaunchError(
            "The product refused the administrator's password kept in credentials.json: was it "
            "changed? Put the new one there."
        )
    if not answer.ok:
        raise LaunchError(f"Signing in failed: {_words(answer)}")
    session.headers["Authorization"] = f"Bearer {answer.json()['token']}"


def _download(session: requests.Session, url: str, path: str) -> bytes:
    answer = _ask(session, "GET", f"{url}/v1/reports/documents/{path}")
    if answer.status_code == HTTPStatus.NOT_FOUND:
        raise LaunchError(f"There is no report {path.rpartition('/')[0]}: {_words(answer)}")
    if not answer.ok:
        raise LaunchError(f"The document {path} was not given: {_words(answer)}")
    return answer.content


def _ask(
    session: requests.Session, method: str, url: str, *, json: dict[str, str] | None = None
) -> requests.Response:
    try:
        return session.request(
            method, url, json=json, headers={"Accept-Language": "en"}, timeout=SECONDS
        )
    except requests.ConnectionError as error:
        raise LaunchError(
            f"Nothing answers at {url.partition('/v1')[0]}: start the product with ./aymak up."
        ) from error
    except requests.RequestException as error:
        raise LaunchError(f"{url} did not answer: {error}.") from error


def _words(answer: requests.Response) -> str:
    """Return the problem's own words (RFC 9457), or the status line where there are none."""
    try:
        problem = answer.json()
        return str(problem.get("detail") or problem["title"])
    except (ValueError, KeyError, AttributeError):
        return f"{answer.status_code} {answer.reason}"
