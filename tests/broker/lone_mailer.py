"""A mailer in a process of its own: ``python -m tests.broker.lone_mailer <database> <relay>``.

It works on a ledger until it is killed. With MUTANT=lease_off it claims what others have claimed.
"""

import os
import sys
import time
from datetime import timedelta

from chassis import dispatch
from chassis.db import Database
from chassis.smtp import SmtpMailer
from tests.broker.mutants import mail_lease_off
from tests.chassis.test_outgoing import compose

# Long enough that a machine that is busy does not take a living mailer for a dead one.
LEASE = timedelta(seconds=10)


def main(database: str, relay: str) -> None:
    """Send what is due, for ever."""
    if os.environ.get("MUTANT") == "lease_off":
        mail_lease_off()
    mailer = SmtpMailer(relay, timeout=2)
    sender = dispatch.Dispatcher(
        Database(database, pool_size=2),
        mailer,
        compose=compose,
        settle=lambda session, mails: None,
        lease=LEASE,
    )
    while True:
        if not sender.run_once(limit=5):
            time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
