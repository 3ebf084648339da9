"""PostgreSQL's own programs against one database; the password never stands in a command line."""

import os
import shutil
import subprocess
from urllib.parse import parse_qs

from sqlalchemy.engine import make_url

from launch.errors import LaunchError
from launch.postgres import binaries

# What a URL may say of TLS, as the programs name it.
TLS = {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}


def run(program: str, url: str, *arguments: str) -> None:
    """Run pg_dump or pg_restore on the database of ``url``; LaunchError with its words."""
    done = subprocess.run(
        [_path(program), *arguments],
        env=_environment(url),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise LaunchError(f"{program} failed: {done.stderr.strip()[-2000:]}")


def _path(program: str) -> str:
    folder = binaries()
    if folder is not None and (folder / program).exists():
        return str(folder / program)
    found = shutil.which(program)
    if found is None:
        raise LaunchError(f"{program} is not installed. As root: apt-get install postgresql-client")
    return found


def _environment(url: str) -> dict[str, str]:
    parts = make_url(url)
    query = parse_qs(url.partition("?")[2])
    found = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "PGHOST": parts.host or "",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": parts.username or "",
        "PGPASSWORD": str(parts.password or ""),
        "PGDATABASE": parts.database or "",
        "PGCONNECT_TIMEOUT": "5",
    }
    return found | {TLS[name]: values[-1] for name, values in query.items() if name in TLS}
