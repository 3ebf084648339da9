"""What could not be applied, of all services: seen, mended, replayed or put aside."""

from typing import Any
from uuid import UUID

from werkzeug.wrappers import Response

from gateway import answers_operations as answers
from gateway.answers import listed, one
from gateway.desk import Call, Desk
from gateway.edits import key_of
from gateway.everybody import ask_all, pages, the_one
from gateway.paging import page
from gateway.policy import Access
from gateway.routes import Spec, route
from gateway.schemas_operations import DeadLetterDiscarding, DeadLetterMend, DeadLetterQuery
from gateway.words import say

ACT_HEADERS = ("Idempotency-Key",)


def reason_text(language: str, letter: dict[str, Any]) -> str:
    """Return why a letter is dead, in words."""
    return say(language, f"dead.{letter['reason']}")


class DeadLettersApi(Desk):
    """Routes of dead letters."""

    @route(
        Spec(
            method="GET",
            url="/v1/dead-letters",
            access=Access("dead_letters", "read"),
            query=DeadLetterQuery(),
            answers=listed(answers.DeadLetter),
            refuses=(503,),
        )
    )
    def list_dead_letters(self, call: Call) -> Response:
        """List the dead letters of all services, the newest first; open ones unless told.

        `away` names the services that do not answer now and whose letters are missing here.
        """
        found = pages(self, call, "list_dead_letters", keys=("created_at", "id"), newest=True)
        for letter in found["items"]:
            letter["text"] = reason_text(call.language, letter)
        return page(call, found)

    @route(
        Spec(
            method="GET",
            url="/v1/dead-letters/<uuid:letter_id>",
            access=Access("dead_letters", "read"),
            audit="dead_letter.read",
            answers=one(answers.DeadLetter),
            refuses=(404, 503),
        )
    )
    def get_dead_letter(self, call: Call, letter_id: UUID) -> Response:
        """Return one dead letter with its body as stored and what else is known of the fact.

        `handled` tells what each service made of the same fact.
        """
        letter = the_one(self, call, "get_dead_letter", letter_id=str(letter_id))
        letter["handled"] = self._handled(letter) if letter["event_id"] else []
        return call.json({**letter, "text": reason_text(call.language, letter)})

    @route(
        Spec(
            method="POST",
            url="/v1/dead-letters/<uuid:letter_id>/replay",
            access=Access("dead_letters", "replay"),
            audit="dead_letter.replay",
            body=DeadLetterMend(),
            answers=one(answers.DeadLetter),
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
            answers=one(answers.DeadLetter),
            refuses=(404, 409, 503),
            headers=ACT_HEADERS,
        )
    )
    def discard_dead_letter(self, call: Call, letter_id: UUID) -> Response:
        """Put a dead letter aside for good, with the reason; it stays in the list as discarded."""
        return self._letter(call, "discard_dead_letter", letter_id, **self._act(call))

    def _handled(self, letter: dict[str, Any]) -> list[dict[str, Any]]:
        fact = {"source": letter["source"], "event_id": letter["event_id"]}
        found = ask_all(self, "get_receipt", **fact).found
        return [{"service": name, **line} for name, lines in found.items() for line in lines]

    def _act(self, call: Call) -> dict[str, Any]:
        return {"key": key_of(call.request), **call.body}

    def _letter(self, call: Call, method: str, letter_id: UUID, **act: Any) -> Response:
        letter = the_one(self, call, method, letter_id=str(letter_id), **act)
        return call.json({**letter, "text": reason_text(call.language, letter)})
