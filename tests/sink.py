"""A mail relay on loopback that does as its script says and keeps what it took (rows 19, 20)."""

import asyncio
import email
from collections import Counter
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope, Session

from tests.chassis.test_smtp import Relay, free_port

HANG = "hang"
HANGS_FOR = 3.0


class Sink(Relay):
    """``with Sink() as relay: relay.answers["DATA"] = ["552 too large", "hang"]``.

    ``hang`` answers yes, but later than a patient mailer of a test waits; ``pause`` holds every
    mail up for so many seconds.
    """

    pause = 0.0

    def __enter__(self) -> "Sink":
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self._controller.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._controller.stop()

    @property
    def port(self) -> int:
        """The relay's port."""
        return int(self._controller.port)

    @property
    def ids(self) -> Counter[str]:
        """How often each Message-ID was taken."""
        return Counter(self._header("Message-ID"))

    @property
    def subjects(self) -> list[str]:
        """The subjects of what was taken, in order."""
        return self._header("Subject")

    @property
    def readers(self) -> list[str]:
        """The recipients of what was taken, in order."""
        return [envelope.rcpt_tos[0] for envelope in list(self.taken)]

    def _header(self, name: str) -> list[str]:
        mails = [email.message_from_bytes(envelope.content) for envelope in list(self.taken)]
        return [str(mail[name]) for mail in mails]

    async def handle_RCPT(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        """Answer RCPT."""
        await self._maybe_hang("RCPT")
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        """Answer the final dot."""
        await asyncio.sleep(self.pause)
        if self.answers.get("DATA", [])[:1] == [HANG]:
            self.taken.append(envelope)
            await self._maybe_hang("DATA")
            return "250 too late"
        return await super().handle_DATA(server, session, envelope)

    async def _maybe_hang(self, verb: str) -> None:
        if self.answers.get(verb, [])[:1] == [HANG]:
            self.answers[verb].pop(0)
            await asyncio.sleep(HANGS_FOR)
