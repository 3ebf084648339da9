"""The demo as the administrator: signs in, answers, resolves, reopens, and asks for figures."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import requests

from launch.credentials import Credentials
from launch.demo.acts import Act
from launch.demo.wire import Wire, words_of
from launch.errors import LaunchError

PAGE = 200


class Administrator:
    """Somebody with the administrator's password; a session that is lost is begun anew."""

    def __init__(self, wire: Wire, credentials: Credentials) -> None:
        self.wire, self.credentials = wire, credentials
        self.token: str | None = None
        self.refs: dict[str, str] = {}

    def do(self, act: Act) -> None:
        """Do an act, once however often it is asked: its key is the Idempotency-Key.

        Raises LaunchError when the product refuses it.
        """
        inquiry = self._newest(act.inquiry_ref)
        answer = self.ask(
            "POST",
            f"/v1/inquiries/{inquiry}/{act.deed}",
            json=_body(act),
            # Nobody else acts in a demo: any version will do.
            headers={"Idempotency-Key": act.key, "If-Match": "*"},
        )
        if not answer.ok:
            raise LaunchError(
                f"The product refused to {act.deed} {act.inquiry_ref}: {words_of(answer)}"
            )

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON at a path; LaunchError for anything but 200."""
        answer = self.ask("GET", path, params=query)
        if not answer.ok:
            raise LaunchError(f"The product refused GET {path}: {words_of(answer)}")
        return answer.json()

    def listed(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield all items of a list, page by page."""
        page = self.get(path, limit=PAGE, **query)
        while True:
            yield from page["items"]
            if not page["next"]:
                return
            page = self.get(page["next"].removeprefix(self.wire.url))

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """Ask as the administrator; a session that the product does not know is begun anew."""
        headers = {"Accept-Language": "en", **options.pop("headers", {})}
        for fresh in (False, True):
            if fresh or self.token is None:
                self._sign_in()
            headers["Authorization"] = f"Bearer {self.token}"
            answer = self.wire.ask(method, path, headers=headers, **options)
            if answer.status_code != HTTPStatus.UNAUTHORIZED:
                break
        return answer

    def _sign_in(self) -> None:
        asked = {
            "login": self.credentials.admin_login,
            "password": self.credentials.admin_password,
        }
        answer = self.wire.ask("POST", "/v1/session", json=asked)
        if not answer.ok:
            raise LaunchError(
                f"The product refused the administrator's sign-in: {words_of(answer)}. If the "
                "password was changed, put the new one into credentials.json."
            )
        self.token = answer.json()["token"]

    def _newest(self, ref: str) -> str:
        """Return our id of the newest inquiry of a portal's reference."""
        for item in self.listed("/v1/inquiries", sort="-received"):
            if item["id"] not in self.refs:
                self.refs[item["id"]] = self.get(f"/v1/inquiries/{item['id']}")["ref"]
            if self.refs[item["id"]] == ref:
                return str(item["id"])
        raise LaunchError(f"The product does not list {ref}, which was posted on an earlier day.")


def _body(act: Act) -> dict[str, Any]:
    if act.deed == "answer":
        return {"text": act.text}
    if act.deed == "reopen":
        return {"reason": act.text}
    return {"outcome": act.outcome} | ({"reason": act.text} if act.text else {})
