"""What could not be applied and what is kept for later, of all services: seen and worked off."""

from typing import Any
from uuid import UUID

from werkzeug.wrappers import Response

from gateway import answers
from gateway.desk import Call, Desk
from gateway.edits import key_of
from gateway.everybody import ask_all, merge, the_one
from gateway.paging import page, plain
from gateway.policy import Access
from gateway.routes import Spec, route
from gateway.schemas_operations import (
    DeadLetterDiscarding,
    DeadLetterMend,
    DeadLetterQuery,
    KeptQuery,
    KeptTry,
)
from gateway.words import CATALOG, say

ACT_HEADERS = ("Idempotency-Key",)


def reason_text(language: str, letter: dict[str, Any]) -> str:
    """Return why a letter is dead, in words."""
    return say(language, f"dead.{letter['reason']}")


def kept_text(language: str, fact: dict[str, Any]) -> str:
    """Return what a kept fact waits for, in words: ``waiting for client X``."""
    if fact["outcome"] == "failed":
        return say(language, "kept.failed", attempts=fact["attempts"])
    if fact["outcome"] != "waiting":
        return say(language, f"outcome.{fact['outcome']}")
    noun, _, ref = (fact["waits_for"] or "").partition(":")
    key = f"kept.waits_for.{noun}"
    known = key if key in CATALOG.keys(language) else "kept.waits_for.some"
    # The key holds the source before the portal's own ref; people know the ref.
    return say(language, known, ref=ref.rpartition(":")[2] or ref)


class DeadLettersApi(Desk):
    """Routes of dead letters and of facts that are kept for later."""

    @route(
        Spec(
            method="GET",
            url="/v1/dead-letters",
            access=Access("dead_letters", "read"),
            query=DeadLetterQuery(),
            answers=answers.listed(answers.DeadLetter),
            refuses=(503,),
        )
    )
    def list_dead_letters(self, call: Call) -> Response:
        """List the dead letters of all services, the newest first; open ones unless told.

        `away` names the services that do not answer now and whose letters are missing here.
        """
        found = self._pages(call, "list_dead_letters", ("created_at", "id"), newest=True)
        for letter in found["items"]:
            letter["text"] = reason_text(call.language, letter)
        return page(call, found)

    @route(
        Spec(
            method="GET",
            url="/v1/dead-letters/<uuid:letter_id>",
            access=Access("dead_letters", "read"),
            audit="dead_letter.read",
            answers=answers.one(answers.DeadLetter),
            refuses=(404, 503),
        )
    )
    def get_dead_letter(self, call: Call, letter_id: UUID) -> Response:
        """Return one dead letter with its body as stored and what else is known of the fact."""
        return self._letter(call, "get_dead_letter", letter_id)

    @route(
        Spec(
            method="POST",
            url="/v1/dead-letters/<uuid:letter_id>/replay",
            access=Access("dead_letters", "replay"),
            audit="dead_letter.replay",
            body=DeadLetterMend(),
            answers=answers.one(answers.DeadLetter),
            refuses=(404, 409, 503),
            headers=ACT_HEADERS,
        )
    )
    def replay_dead_letter(self, call: Call, letter_id: UUID) -> Response:
        """Apply a dead letter at its listener, once: `{}` as it is, or mended.

        `{"data": {…}}` takes the place of its data, `{"event": {…}}` that of the whole event; both
        are checked against the contract. The first body is kept for the record. A letter with
        the reason `same_id_other_content` needs an event with a new id.
        """
        return self._letter(call, "replay_dead_letter", letter_id, **self._act(call))

    @route(
        Spec(
            method="POST",
            url="/v1/dead-letters/<uuid:letter_id>/discard",
            access=Access("dead_letters", "discard"),
            audit="dead_letter.discard",
            body=DeadLetterDiscarding(),
            answers=answers.one(answers.DeadLetter),
            refuses=(404, 409, 503),
            headers=ACT_HEADERS,
        )
    )
    def discard_dead_letter(self, call: Call, letter_id: UUID) -> Response:
        """Put a dead letter aside for good, with the reason; it stays in the list as discarded."""
        return self._letter(call, "discard_dead_letter", letter_id, **self._act(call))

    @route(
        Spec(
            method="GET",
            url="/v1/waiting",
            access=Access("dead_letters", "read"),
            query=KeptQuery(),
            answers=answers.listed(answers.Kept),
            refuses=(503,),
        )
    )
    def list_waiting(self, call: Call) -> Response:
        """List the facts that are kept for later: for what each waits, since when, next try.

        They are tried again by themselves. `away` names the services that do not answer now.
        """
        found = self._pages(call, "list_kept", ("since", "key"), newest=False)
        for fact in found["items"]:
            fact["text"] = kept_text(call.language, fact)
            del fact["key"]
        return page(call, found)

    @route(
        Spec(
            method="POST",
            url="/v1/waiting/try",
            access=Access("dead_letters", "replay"),
            audit="dead_letter.try",
            body=KeptTry(),
            answers=answers.one(answers.Tried),
            refuses=(404, 503),
        )
    )
    def try_waiting(self, call: Call) -> Response:
        """Try one kept fact at once; the answer says what became of it."""
        body = dict(call.body)
        found = self.ask(call, body.pop("service"), "try_kept", **body)
        for fact in found["handled"]:
            fact["text"] = kept_text(call.language, fact)
        return call.json(found)

    def _pages(
        self, call: Call, method: str, keys: tuple[str, str], *, newest: bool
    ) -> dict[str, Any]:
        query = plain(call.query)
        chosen = {"services": (query.pop("service"),)} if "service" in query else {}
        found = ask_all(self, method, query=query, **chosen).or_away()
        return merge(found, keys=keys, limit=call.query["limit"], newest=newest)

    def _act(self, call: Call) -> dict[str, Any]:
        return {"key": key_of(call.request), **call.body}

    def _letter(self, call: Call, method: str, letter_id: UUID, **act: Any) -> Response:
        letter = the_one(self, call, method, letter_id=str(letter_id), **act)
        return call.json({**letter, "text": reason_text(call.language, letter)})
