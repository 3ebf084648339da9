"""A letter: what it says, apart from how it looks; rendered as HTML and as plain text.

What readers or the portal wrote arrives as values only and is escaped by the templates; it never
becomes a template itself (quality.md S14).
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chassis.mail import Attachment, Message
from chassis.outgoing import OutgoingMail
from chassis.settings import settings
from services.notifications.words import say

PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=lambda name: name is not None and name.endswith(".html"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The parts of a letter in the order in which they stand; most may be absent.

    ``preheader`` is what mailboxes show beside the subject; ``facts`` are label and value;
    ``quote`` is somebody's own text; ``button`` is words and an http(s) address; ``why`` says in
    the footer why the reader gets this.
    """

    language: str
    subject: str
    preheader: str
    heading: str
    greeting: str
    why: str
    eyebrow: str = ""
    to_name: str = ""
    paragraphs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    quote: str = ""
    button: tuple[str, str] | None = None
    closing: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()

    @property
    def quoted(self) -> list[list[str]]:
        """The quote as paragraphs of lines."""
        paragraphs = self.quote.replace("\r\n", "\n").split("\n\n")
        return [part.strip("\n").split("\n") for part in paragraphs if part.strip()]


@dataclass(frozen=True, slots=True)
class Unsubscribing:
    """How a reader gets rid of such letters: a public address, and the topic's name for lists."""

    url: str
    list_id: str

    def headers(self, sender: str) -> tuple[tuple[str, str], ...]:
        """RFC 2369, RFC 8058 and RFC 2919; ``sender`` is the bare address that takes mail."""
        token = self.url.rpartition("/")[2]
        mailto = f"mailto:{sender}?subject=unsubscribe%20{token}"
        return (
            ("List-Unsubscribe", f"<{self.url}>, <{mailto}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ("List-Id", f"<{self.list_id}>"),
        )


@dataclass(frozen=True, slots=True)
class Envelope:
    """To whom a letter goes, under which Message-ID, dated when (aware)."""

    to: str
    message_id: str
    date: datetime


def message(letter: Letter, mail: OutgoingMail, out: Unsubscribing | None) -> Message:
    """Return the mail of a ledger row; the same row gives the same bytes while facts stand."""
    return written(letter, Envelope(mail.address, mail.message_id, mail.dated), out)


def written(letter: Letter, envelope: Envelope, out: Unsubscribing | None) -> Message:
    """Return a letter as a mail, in HTML and in plain text."""
    values = {
        "letter": letter,
        "out": out,
        "say": lambda key: say(letter.language, key),
    }
    sender = settings().mail_from
    return Message(
        message_id=envelope.message_id,
        sender=sender,
        reply_to=settings().mail_reply_to,
        to_name=letter.to_name,
        to_address=envelope.to,
        subject=letter.subject,
        html=PAGES.get_template("letter.html").render(values),
        text=PAGES.get_template("letter.txt").render(values),
        language=letter.language,
        headers=out.headers(bare(sender)) if out else (),
        attachments=letter.attachments,
        date=envelope.date,
    )


def bare(sender: str) -> str:
    """The address without its display name."""
    return sender.rpartition("<")[2].rstrip(">").strip()
