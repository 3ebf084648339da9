"""The mailer for states without a mail relay: each mail is a file in the state's mail folder."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from pathlib import Path

from chassis.mail import MailRefused


@dataclass(frozen=True, slots=True)
class FileMailer:
    """Writes each mail to ``folder`` as ``<date>-<message id>.eml``; the same mail, the same file.

    It counts as delivered (architecture.md §2): it serves states without a mail relay.
    """

    folder: Path

    def send(self, raw: bytes, sender: str, recipient: str) -> None:
        """Write the mail whole or not at all; a full or missing disk refuses for now."""
        try:
            self._write(self.folder / file_name(raw), raw)
        except OSError as problem:
            text = f"cannot write the mail folder: {problem.strerror}"
            raise MailRefused(permanent=False, code=0, text=text, scope="session") from problem

    def _write(self, path: Path, raw: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        # The name is the mail's own, so that the next attempt clears up after a killed one.
        part = path.with_name(f".{path.name}.part")
        try:
            with open(part, "wb", opener=_for_us_only) as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def close(self) -> None:
        """Nothing is kept open."""


def _for_us_only(path: str, flags: int) -> int:
    """Open with a mode that lets nobody else read what was written to a client."""
    return os.open(path, flags, 0o600)


def file_name(raw: bytes) -> str:
    """The name of a mail's file: its Date, sortable, then its Message-ID made safe."""
    head = BytesHeaderParser().parsebytes(raw)
    date = parsedate_to_datetime(str(head["Date"])).astimezone(UTC)
    safe = re.sub(r"[^A-Za-z0-9.-]+", "_", str(head["Message-ID"]).strip("<> "))
    return f"{date:%Y%m%dT%H%M%SZ}-{safe[:120]}.eml"
