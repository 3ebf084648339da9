"""The inquiries of clients: the inbox, and what staff does with them, asked of feedback."""

from typing import Any
from uuid import UUID

from marshmallow import Schema
from werkzeug.wrappers import Response

from gateway import answers
from gateway.desk import Call, Desk
from gateway.edits import EDIT_HEADERS, key_of, tagged, version_of
from gateway.masked import InquiryMasked
from gateway.paging import page, plain
from gateway.policy import Access
from gateway.routes import Spec, route
from gateway.schemas import (
    InquiryAnswer,
    InquiryNote,
    InquiryQuery,
    InquiryReopening,
    InquiryResolution,
)

ACTED = answers.one(answers.Inquiry, headers=("ETag",))
INQUIRY = answers.one(answers.Inquiry, headers=("ETag",), masked=InquiryMasked)


def _act(verb: str, body: Schema, headers: tuple[str, ...] = EDIT_HEADERS) -> Spec:
    """Return what the acts on an inquiry have in common: made by whom, guarded by what."""
    return Spec(
        method="POST",
        url=f"/v1/inquiries/<uuid:inquiry_id>/{verb}",
        access=Access("inquiries", verb),
        body=body,
        answers=ACTED,
        refuses=(404, 409, 412, 428, 503) if "If-Match" in headers else (404, 409, 503),
        headers=headers,
        audit=f"inquiry.{verb}",
    )


class InquiriesApi(Desk):
    """Routes of inquiries."""

    @route(
        Spec(
            method="GET",
            url="/v1/inquiries",
            access=Access("inquiries", "read"),
            query=InquiryQuery(),
            answers=answers.listed(answers.Inquiry, masked=InquiryMasked),
            refuses=(503,),
        )
    )
    def list_inquiries(self, call: Call) -> Response:
        """List inquiries: the inbox, the overdue ones, those of one client."""
        return page(call, self.ask(call, "feedback", "list_inquiries", query=plain(call.query)))

    @route(
        Spec(
            method="GET",
            url="/v1/inquiries/<uuid:inquiry_id>",
            access=Access("inquiries", "read"),
            answers=INQUIRY,
            refuses=(404, 503),
        )
    )
    def get_inquiry(self, call: Call, inquiry_id: UUID) -> Response:
        """Return one inquiry with its thread and due dates; ETag is its version."""
        found = self.ask(call, "feedback", "get_inquiry", inquiry_id=str(inquiry_id))
        return tagged(call, found)

    @route(_act("answer", InquiryAnswer()))
    def answer_inquiry(self, call: Call, inquiry_id: UUID) -> Response:
        """Answer an inquiry; the client gets the answer by mail."""
        return self._edit(call, "answer_inquiry", inquiry_id)

    @route(_act("note", InquiryNote(), EDIT_HEADERS[:1]))
    def note_inquiry(self, call: Call, inquiry_id: UUID) -> Response:
        """Write a note for colleagues; no client sees it, and it disturbs nobody's edit."""
        note = {"inquiry_id": str(inquiry_id), "key": key_of(call.request), **call.body}
        return tagged(call, self.ask(call, "feedback", "note_inquiry", **note))

    @route(_act("resolve", InquiryResolution()))
    def resolve_inquiry(self, call: Call, inquiry_id: UUID) -> Response:
        """Close an inquiry with its outcome."""
        return self._edit(call, "resolve_inquiry", inquiry_id)

    @route(_act("reopen", InquiryReopening()))
    def reopen_inquiry(self, call: Call, inquiry_id: UUID) -> Response:
        """Open a closed inquiry again."""
        return self._edit(call, "reopen_inquiry", inquiry_id)

    def _edit(self, call: Call, verb: str, inquiry_id: UUID) -> Response:
        params: dict[str, Any] = {
            "inquiry_id": str(inquiry_id),
            "key": key_of(call.request),
            "version": version_of(call.request),
        }
        return tagged(call, self.ask(call, "feedback", verb, **params, **call.body))
