"""Mail: a message as a value, its bytes, and the two ways to hand it over.

``build`` turns a ``Message`` into bytes that are the same each time; a ``Mailer`` takes them:
``FileMailer`` (mail_files.py) writes ``.eml`` files, ``SmtpMailer`` (smtp.py) speaks to a relay.
Every refusal arrives as ``MailRefused``, which says whether trying again is of use (quality.md
rule 10).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from chassis.settings import Settings

Scope = Literal["recipient", "message", "session"]
# RFC 5322 §2.1.1: no line is longer than 998 characters.
LONGEST_LINE = 998


@dataclass(frozen=True, slots=True, kw_only=True)
class Inline:
    """A picture that the HTML part shows as ``cid:<cid>``."""

    cid: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file beside the text; ``params`` are parameters of its Content-Type."""

    name: str
    media_type: str
    data: bytes
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One mail to one recipient.

    ``message_id`` (with angle brackets) and ``date`` (aware) come from the ledger, so that a mail
    that is sent twice after a crash is recognised as one. ``sender`` and ``reply_to`` may carry a
    display name.
    """

    message_id: str
    sender: str
    to_address: str
    subject: str
    text: str
    date: datetime
    html: str | None = None
    to_name: str = ""
    reply_to: str | None = None
    language: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    inline: tuple[Inline, ...] = ()
    attachments: tuple[Attachment, ...] = ()


class MailRefused(Exception):
    """A mail was not taken.

    ``permanent`` is False for what may pass by itself (4xx, time-outs, TLS, a lost connection);
    ``code`` is the SMTP reply code, 0 without one; ``scope`` says what was refused: this
    recipient, this message, or everything that the session would send.
    """

    def __init__(self, *, permanent: bool, code: int, text: str, scope: Scope) -> None:
        super().__init__(f"{code} {text} ({scope}, {'final' if permanent else 'for now'})")
        self.permanent = permanent
        self.code = code
        self.text = text
        self.scope: Scope = scope


class Mailer(Protocol):
    """Hands one finished mail over; returns only when it was taken."""

    def send(self, raw: bytes, sender: str, recipient: str) -> None:
        """Send ``raw`` from one bare address to another; raises :class:`MailRefused`."""

    def close(self) -> None:
        """Let go of connections; the next ``send`` opens them again."""


class _Policy(EmailPolicy):
    """The library's policy, but with headers folded in a way that loses nothing.

    The library breaks a word that is longer than a line into encoded words, which would spoil the
    addresses in List-Unsubscribe, and it drops blanks between encoded words of a long subject
    (seen with Python 3.11): ASCII stays on one line, all else is encoded by ``email.header``.
    """

    def fold(self, name: str, value: Any) -> str:
        line = f"{name}: {value}{self.linesep}"
        if line.isascii() and len(line) <= LONGEST_LINE and len(line.splitlines()) == 1:
            return line
        if hasattr(value, "params"):
            return str(super().fold(name, value))
        return f"{name}: {_encoded(name, value)}{SMTP.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii")


def _encoded(name: str, value: Any) -> str:
    """A header's value in encoded words; of an address only the display name is encoded."""
    for one in getattr(value, "addresses", ()):
        display = Header(one.display_name, "utf-8", header_name=name)
        return f"{display.encode(linesep=SMTP.linesep)}{SMTP.linesep} <{one.addr_spec}>"
    return Header(str(value), "utf-8", header_name=name).encode(linesep=SMTP.linesep)


# 7 bit: a relay that does not offer 8BITMIME (RFC 6152) may not be sent anything else, and a
# signature (DKIM) stays valid on the way.
_POLICY = _Policy(linesep=SMTP.linesep, max_line_length=SMTP.max_line_length, cte_type="7bit")


def build(message: Message) -> bytes:
    """Return the mail as bytes, equal for equal messages.

    Raises ``ValueError`` when a header holds a line break or an address is not exactly one
    address (quality.md S15).
    """
    mail = EmailMessage(policy=_POLICY)
    try:
        _set_headers(mail, message)
    except (MessageError, IndexError) as problem:
        raise ValueError(f"not a header of a mail: {problem}") from problem
    mail.set_content(message.text)
    if message.html is not None:
        _add_html(mail, message.html, message.inline)
    for attachment in message.attachments:
        _add_attachment(mail, attachment)
    if message.language:
        # Set last: the library moves earlier Content- headers into the inner parts.
        mail["Content-Language"] = message.language
    _fix_boundaries(mail, message.message_id)
    return mail.as_bytes()


def address(text: str, name: str = "") -> Address:
    """Read one address, ``a@b`` or ``Name <a@b>``; the domain is written in ASCII (IDNA).

    Raises ``ValueError`` for anything else.
    """
    found_name, addr_spec = parseaddr(text) if text.endswith(">") else ("", text)
    local, at, domain = addr_spec.rpartition("@")
    if not (local and at and domain) or not local.isascii():
        raise ValueError("not one mail address")
    ascii_domain = domain.encode("idna").decode() if not domain.isascii() else domain
    try:
        return Address(display_name=name or found_name, addr_spec=f"{local}@{ascii_domain}")
    except (MessageError, IndexError, AttributeError) as problem:
        # The library's parser stumbles in many ways, over "=?utf-8?q?x?=@[(" for instance.
        raise ValueError("not one mail address") from problem


def _set_headers(mail: EmailMessage, message: Message) -> None:
    mail["From"] = address(message.sender)
    mail["To"] = address(message.to_address, " ".join(message.to_name.split()))
    if message.reply_to:
        mail["Reply-To"] = address(message.reply_to)
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(message.date.astimezone(UTC))
    mail["Message-ID"] = message.message_id
    # RFC 3834: vacation responders and other robots do not answer such mail.
    mail["Auto-Submitted"] = "auto-generated"
    for name, value in message.headers:
        mail[name] = value


def _add_html(mail: EmailMessage, html: str, pictures: tuple[Inline, ...]) -> None:
    mail.add_alternative(html, subtype="html")
    part = mail.get_payload(1)
    assert isinstance(part, EmailMessage)
    for picture in pictures:
        main, _, sub = picture.media_type.partition("/")
        part.add_related(picture.data, main, sub, cid=f"<{picture.cid}>", disposition="inline")


def _add_attachment(mail: EmailMessage, attachment: Attachment) -> None:
    main, _, sub = attachment.media_type.partition("/")
    params = dict(attachment.params)
    mail.add_attachment(attachment.data, main, sub, filename=attachment.name, params=params)


def _fix_boundaries(mail: EmailMessage, message_id: str) -> None:
    """Give each multipart a boundary made of the Message-ID; the library draws them by lot."""
    stem = re.sub(r"[^A-Za-z0-9]", "", message_id)[:40]
    for number, part in enumerate(mail.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{number}_{stem}")


def mailer(settings: Settings) -> Mailer:
    """The mailer that the settings ask for: SMTP when ``smtp_url`` is set, else files."""
    from chassis.mail_files import FileMailer
    from chassis.smtp import SmtpMailer

    if settings.smtp_url:
        return SmtpMailer(settings.smtp_url)
    return FileMailer(settings.mail_dir)


@dataclass(slots=True)
class FakeMailer:
    """For tests: keeps what was sent; ``refusals`` are raised first, one for each attempt."""

    sent: list[tuple[bytes, str]] = field(default_factory=list)
    refusals: list[MailRefused | None] = field(default_factory=list)

    def send(self, raw: bytes, sender: str, recipient: str) -> None:
        """Keep the mail, or raise the next refusal."""
        refusal = self.refusals.pop(0) if self.refusals else None
        if refusal is not None:
            raise refusal
        self.sent.append((raw, recipient))

    def close(self) -> None:
        """Nothing is kept open."""
