"""The first administrator and the first portal key: written once, shown once."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from launch.errors import LaunchError
from launch.files import write_private


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the first start made, and where the product answers."""

    url: str
    admin_login: str
    admin_password: str
    portal_key: str

    def write(self, path: Path) -> None:
        """Keep them in a file that only its owner can read."""
        write_private(path, json.dumps(asdict(self), indent=2) + "\n")

    def as_text(self, path: Path) -> str:
        """The lines that the first start prints."""
        return (
            f"  administrator  {self.admin_login}\n"
            f"  password       {self.admin_password}\n"
            f"  portal key     {self.portal_key}\n"
            f"They are shown this once and kept in {path}."
        )


def read(path: Path) -> Credentials:
    """Read the file of credentials; LaunchError when there is none or it is not whole."""
    try:
        return Credentials(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError as error:
        raise LaunchError(
            f"{path} does not exist: the first ./aymak up writes it. Was --state right?"
        ) from error
    except (OSError, ValueError, TypeError) as error:
        raise LaunchError(f"{path} cannot be read: {error}.") from error
