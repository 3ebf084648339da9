"""The mailer that speaks SMTP: kept-open connections, bounded waits, and refusals sorted.

What a refusal means is decided here, where the server's words are known (quality.md rule 10):
4xx, time-outs and TLS pass by themselves; 5xx on RCPT or DATA is final for that mail; 5xx on
AUTH or MAIL, or a 421, concerns everything that this session would send.
"""

from __future__ import annotations

import smtplib
import ssl
import time
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from chassis.mail import MailRefused, Scope

TIMEOUT = 20.0
# A connection that lay idle for longer is asked first whether it still lives.
FRESH = 5.0
MAILS_PER_CONNECTION = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where the relay is and how to enter: ``starttls`` is "auto", "require" or "never"."""

    host: str
    port: int
    tls: bool
    starttls: str
    user: str | None
    password: str

    @classmethod
    def from_url(cls, url: str) -> SmtpServer:
        """Read ``smtp://user:password@host:587?starttls=require`` or ``smtps://…``.

        With a user, STARTTLS is required unless the URL says ``starttls=never``. Raises
        ``ValueError`` with a sentence that does not repeat the password.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("must be smtp://[user:password@]host[:port] or smtps://…")
        options = parse_qs(parts.query, keep_blank_values=True)
        starttls = options.pop("starttls", ["require" if parts.username else "auto"])[-1]
        if options or starttls not in ("auto", "require", "never"):
            raise ValueError("the only option is starttls=auto, require or never")
        tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if tls else 587 if parts.username else 25),
            tls=tls,
            starttls=starttls,
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or ""),
        )


@dataclass(slots=True)
class _Line:
    """An open connection, how many mails it carried and when it was last used (monotonic)."""

    smtp: smtplib.SMTP
    mails: int = 0
    used_at: float = 0.0


class SmtpMailer:
    """Sends over connections that are kept open and reused; safe to share between threads."""

    def __init__(
        self, url: str, *, timeout: float = TIMEOUT, tls_context: ssl.SSLContext | None = None
    ) -> None:
        self.server = SmtpServer.from_url(url)
        self._timeout = timeout
        self._tls_context = tls_context or ssl.create_default_context()
        self._idle: list[_Line] = []

    def send(self, raw: bytes, sender: str, recipient: str) -> None:
        """Return once the server said 250 after DATA; raises :class:`MailRefused` otherwise."""
        line = self._take()
        try:
            _speak(line.smtp, raw, sender, recipient)
        except MailRefused as refused:
            self._after_refusal(line, refused)
            raise
        except (OSError, smtplib.SMTPException) as problem:
            line.smtp.close()
            raise _lost(problem) from problem
        self._keep(line)

    def close(self) -> None:
        """Say goodbye on every idle connection."""
        while self._idle:
            _quit(self._idle.pop())

    def _take(self) -> _Line:
        while self._idle:
            line = self._idle.pop()
            if _lives(line):
                return line
            line.smtp.close()
        return _Line(self._open())

    def _keep(self, line: _Line) -> None:
        line.mails += 1
        line.used_at = time.monotonic()
        if line.mails < MAILS_PER_CONNECTION:
            self._idle.append(line)
        else:
            _quit(line)

    def _after_refusal(self, line: _Line, refused: MailRefused) -> None:
        """Clear the half-told transaction, or hang up where the session itself was refused."""
        try:
            if refused.scope != "session" and line.smtp.rset()[0] == 250:
                self._keep(line)
                return
        except (OSError, smtplib.SMTPException):
            pass
        line.smtp.close()

    def _open(self) -> smtplib.SMTP:
        smtp: smtplib.SMTP | None = None
        try:
            smtp = self._connect()
            self._enter(smtp)
        except (OSError, smtplib.SMTPException) as problem:
            if smtp is not None:
                smtp.close()
            raise _lost(problem) from problem
        return smtp

    def _connect(self) -> smtplib.SMTP:
        host, port = self.server.host, self.server.port
        if self.server.tls:
            return smtplib.SMTP_SSL(host, port, timeout=self._timeout, context=self._tls_context)
        return smtplib.SMTP(host, port, timeout=self._timeout)

    def _enter(self, smtp: smtplib.SMTP) -> None:
        """EHLO, STARTTLS and AUTH as the server and the settings allow."""
        smtp.ehlo_or_helo_if_needed()
        wanted = self.server.starttls
        offered = smtp.has_extn("starttls")
        if not self.server.tls and (wanted == "require" or (wanted == "auto" and offered)):
            smtp.starttls(context=self._tls_context)
            smtp.ehlo_or_helo_if_needed()
        if self.server.user:
            smtp.login(self.server.user, self.server.password)


def _speak(smtp: smtplib.SMTP, raw: bytes, sender: str, recipient: str) -> None:
    _expect(smtp.mail(sender), "session")
    _expect(smtp.rcpt(recipient), "recipient")
    _expect(_data(smtp, raw), "message")


def _data(smtp: smtplib.SMTP, raw: bytes) -> tuple[int, bytes | str]:
    try:
        return smtp.data(raw)
    except smtplib.SMTPDataError as refused:
        return refused.smtp_code, refused.smtp_error


def _expect(reply: tuple[int, bytes | str], scope: Scope) -> None:
    """Pass on 2xx; 421 means that the server wants a pause, whatever was asked."""
    code, words = reply
    if not 200 <= code < 300:
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
        scope = "session" if code in (421, -1) else scope
        raise MailRefused(permanent=code >= 500, code=code, text=text[:500], scope=scope)


def _lost(problem: OSError | smtplib.SMTPException) -> MailRefused:
    """What went wrong with the session itself: refused (5xx, unsupported) or away (all else)."""
    code, text = 0, type(problem).__name__
    if isinstance(problem, smtplib.SMTPResponseException):
        code, words = problem.smtp_code, problem.smtp_error
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    elif not isinstance(problem, smtplib.SMTPException):
        text = f"{text}: {problem.strerror or problem}"
    unable = isinstance(problem, smtplib.SMTPNotSupportedError)
    return MailRefused(permanent=code >= 500 or unable, code=code, text=text[:500], scope="session")


def _lives(line: _Line) -> bool:
    if time.monotonic() - line.used_at < FRESH:
        return True
    try:
        return bool(line.smtp.noop()[0] == 250)
    except (OSError, smtplib.SMTPException):
        return False


def _quit(line: _Line) -> None:
    try:
        line.smtp.quit()
    except (OSError, smtplib.SMTPException):
        line.smtp.close()
