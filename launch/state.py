"""The state folder: everything that one started product keeps, and which kind of time it lives in.

A folder is real or a demo for good, from its first start on: the demo clock would stamp real
inquiries with the year 2022, and a real clock would end a demo year half-way.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from launch.errors import LaunchError
from launch.files import write_private

ROOT = Path(__file__).resolve().parent.parent
DEMO_START = "2022-01-01T00:00:00+06:00"


@dataclass(frozen=True, slots=True)
class State:
    """The places in one state folder; nothing here touches the disk but `prepare`."""

    folder: Path

    @property
    def logs(self) -> Path:
        """One log a process: `<name>.log`."""
        return self.folder / "logs"

    @property
    def run(self) -> Path:
        """Pid files, the lock, and the supervisor's word on its processes."""
        return self.folder / "run"

    @property
    def mail(self) -> Path:
        """Mails as *.eml, until a mail server is set."""
        return self.folder / "mail"

    @property
    def clock(self) -> Path:
        """The demo's instant, one RFC 3339 line."""
        return self.folder / "clock"

    @property
    def credentials(self) -> Path:
        """What the first start made: url, admin_login, admin_password, portal_key."""
        return self.folder / "credentials.json"

    @property
    def unshown(self) -> Path:
        """There while the first accounts were made but not yet shown to anybody."""
        return self.folder / "credentials.unshown"

    @property
    def settings(self) -> Path:
        """KEY=VALUE lines that stand in for the environment."""
        return self.folder / "aymak.env"

    @property
    def supervisor(self) -> Path:
        """The supervisor's pid file."""
        return self.run / "supervisor.pid"

    @property
    def is_demo(self) -> bool:
        """Tell whether this folder was first started with --demo."""
        return self._kind == "demo"

    @property
    def is_known(self) -> bool:
        """Tell whether a product was ever started here."""
        return self._kind is not None

    def log(self, name: str) -> Path:
        """The log of one process."""
        return self.logs / f"{name}.log"

    def prepare(self, *, demo: bool) -> None:
        """Make the folders; the first call settles the kind of the folder.

        Raises LaunchError when the folder is of the other kind or cannot be written.
        """
        self._refuse_other_kind(demo=demo)
        try:
            for folder in (self.folder, self.logs, self.run, self.mail):
                folder.mkdir(parents=True, exist_ok=True)
            # The user that PostgreSQL runs as walks through; nobody else may look in.
            self.folder.chmod(0o711)
            for folder in (self.logs, self.run, self.mail):
                folder.chmod(0o700)
            if not self.is_known:
                write_private(self.folder / "kind", "demo" if demo else "real")
            if demo and not self.clock.exists():
                write_private(self.clock, DEMO_START + "\n")
        except OSError as error:
            raise LaunchError(
                f"The state folder {self.folder} cannot be used: {error.strerror}. "
                "Choose another one with --state."
            ) from error

    def _refuse_other_kind(self, *, demo: bool) -> None:
        if not self.is_known or self.is_demo == demo:
            return
        if demo:
            raise LaunchError(
                f"{self.folder} keeps a real client base, which the demo would fill with invented "
                "people: start it without --demo, or choose an empty folder with --state."
            )
        raise LaunchError(
            f"{self.folder} was started with --demo and stays a demo: start it with --demo, or "
            "choose an empty folder with --state for real work."
        )

    @property
    def _kind(self) -> str | None:
        try:
            return (self.folder / "kind").read_text("ascii").strip()
        except OSError:
            return None


def default_folder() -> Path:
    """The state folder when none is named: /var/lib/aymak for root, else ./var beside ./aymak.

    PostgreSQL runs as a user of its own under root, and that user cannot walk into /root.
    """
    return Path("/var/lib/aymak") if os.geteuid() == 0 else ROOT / "var"


def state_at(folder: Path | None) -> State:
    """Return the state folder that an option names, or the default one."""
    return State((folder or default_folder()).expanduser().resolve())


def new_folder(purpose: str) -> Path:
    """Return a folder beside the default one that does not exist yet, named by purpose and time."""
    beside = default_folder()
    return beside.with_name(f"{beside.name}-{purpose}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
