"""Notes that staff write to each other beside an inquiry; no client ever gets to see one."""

from datetime import datetime

from sqlalchemy.orm import Session

from chassis.db import new_id
from services.feedback import acts, timeline
from services.feedback.acts import NoteAct
from services.feedback.models import Message

NOTE = "note"


def add(session: Session, inquiry_id: str, act: NoteAct, *, at: datetime) -> None:
    """Write a note; it may stand beside a resolved inquiry, too. Raises as ``acts.start`` does.

    The inquiry's version stays: whoever is answering at this moment is not disturbed.
    """
    inquiry = acts.start(session, inquiry_id, act)
    if inquiry is None:
        return
    entry = acts.entry("noted", act, inquiry, at=at)
    note = Message(
        id=new_id(),
        inquiry_id=inquiry.id,
        side=NOTE,
        text=act.text,
        author=entry.actor,
        written_at=entry.at,
    )
    session.add(note)
    timeline.remark(session, inquiry, entry)
