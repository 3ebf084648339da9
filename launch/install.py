"""Installs what the product needs from the system's packages, and starts no daemon by it.

`apt-get install rabbitmq-server postgresql` would start both on their usual ports, now and after
each boot, and make a database cluster that nobody asked for. So while it works a `policy-rc.d`
answers 101 ("not allowed") and Debian's cluster is switched off; both are put back afterwards. A
daemon that was on the machine before is not touched. `python -m launch.install PACKAGE...` is the
part that needs root; it runs through sudo where we are not root.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from launch import postgres, rabbitmq
from launch.errors import LaunchError
from launch.files import open_log, tail
from launch.state import ROOT

POLICY = Path("/usr/sbin/policy-rc.d")
KEPT_POLICY = Path("/usr/sbin/policy-rc.d.kept-by-aymak")
OURS = """\
#!/bin/sh
# Written by aymak while it installs packages; it is put back afterwards.
exit 101
"""
NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/aymak.conf")
# One of us at a time: a second one would put the policy of the first one back too early.
TURN = Path("/run/lock/aymak-install")
# apt-get waits for dpkg's lock when it is told to, but never for this one: a machine that has just
# started often refreshes its lists at this very moment.
LISTS = Path("/var/lib/apt/lists/lock")
LISTS_SECONDS = 300.0
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
# Units that Debian enables for the next boot when it installs the package.
UNITS = {"rabbitmq-server": ("rabbitmq-server.service", "epmd.socket", "epmd.service")}
PROGRESS_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Need:
    """A system package, how to tell that it is there, and what it is for."""

    package: str
    is_there: Callable[[], bool]
    purpose: str


RABBITMQ = Need("rabbitmq-server", lambda: rabbitmq.binaries() is not None, "the message broker")
POSTGRESQL = Need("postgresql", lambda: postgres.binaries() is not None, "the database")
POPPLER = Need(
    "poppler-utils", lambda: shutil.which("pdftoppm") is not None, "the tests look at PDF pages"
)
DOCKER_COMPOSE = Need(
    "docker-compose",
    lambda: shutil.which("docker-compose") is not None,
    "a test lets it check docker-compose.yml",
)
PHP = Need("php-cli", lambda: shutil.which("php") is not None, "the tests run the PHP example")
CURL = Need("curl", lambda: shutil.which("curl") is not None, "the tests run the curl example")
CHROMIUM = Need(
    "chromium", lambda: shutil.which("chromium") is not None, "a browser uses the console"
)
# Debian's own has no Kyrgyz letters in every weight; without it pages look different.
INTER = Need(
    "fonts-inter",
    lambda: Path("/usr/share/fonts/opentype/inter").is_dir(),
    "the typeface of the console in pictures",
)
BROWSER = [CHROMIUM, INTER]
# What runs on servers of its own: chaos and the benchmarks.
SERVERS = [RABBITMQ, POSTGRESQL]
LOG = ROOT / "var" / "install.log"


def missing(needs: list[Need]) -> list[Need]:
    """Return those of the needs that are not on this machine."""
    return [need for need in needs if not need.is_there()]


def ensure(needs: list[Need], say: Callable[[str], None], *, log: Path = LOG) -> None:
    """Install what is missing, saying so; its output goes to the log.

    Raises LaunchError with the one command that helps when we may not, or when it fails.
    """
    lacking = missing(needs)
    if not lacking:
        return
    packages = [need.package for need in lacking]
    command = _command(packages)
    for need in lacking:
        say(f"{need.package} is missing ({need.purpose}): installing it with apt-get ...")
    _run(command, say, log)
    still = missing(lacking)
    if still:
        names = " ".join(need.package for need in still)
        raise LaunchError(f"{names} was installed but is not where it was looked for. See {log}.")
    say(f"Installed: {', '.join(packages)}. No system service was started.")


def install(packages: list[str]) -> None:
    """Run apt-get as root with all services held back; raises CalledProcessError when it fails."""
    new = [name for name in packages if not _is_installed(name)]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    apt = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-y"]
    with _turn(), _services_held_back(), _no_cluster():
        _wait_for_lists()
        subprocess.run([*apt, "update"], env=environment, check=True)
        subprocess.run(
            [*apt, "install", "--no-install-recommends", *packages], env=environment, check=True
        )
        for package in new:
            _disable(UNITS.get(package, ()))


def _command(packages: list[str]) -> list[str]:
    return [*_as_root(packages), sys.executable, "-P", "-m", "launch.install", *packages]


def _as_root(packages: list[str]) -> list[str]:
    if shutil.which("apt-get") is None:
        raise LaunchError(
            f"This system has no apt-get: install {' and '.join(packages)} by its own means, or "
            "name servers of your own with --broker and --database."
        )
    passed = [f"{name}={os.environ[name]}" for name in PROXIES if os.environ.get(name)]
    environment = ["env", f"PYTHONPATH={ROOT}", *passed]
    if os.geteuid() == 0:
        return environment
    if shutil.which("sudo") is None:
        raise LaunchError(
            f"Missing: {', '.join(packages)}. As root: apt-get install {' '.join(packages)}"
        )
    return ["sudo", *environment]


def _run(command: list[str], say: Callable[[str], None], log: Path) -> None:
    output = open_log(log)
    try:
        with subprocess.Popen(command, stdout=output, stderr=output) as process:
            begun = time.monotonic()
            while _still_runs(process):
                say(f"  ... {time.monotonic() - begun:.0f} s (apt-get's own words: {log})")
    finally:
        os.close(output)
    if process.returncode != 0:
        raise LaunchError(f"apt-get failed. The end of {log}:\n{tail(log)}")


def _still_runs(process: "subprocess.Popen[bytes]") -> bool:
    try:
        process.wait(PROGRESS_SECONDS)
    except subprocess.TimeoutExpired:
        return True
    return False


@contextmanager
def _turn() -> Iterator[None]:
    TURN.parent.mkdir(parents=True, exist_ok=True)
    with TURN.open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def _wait_for_lists() -> None:
    """Wait while somebody else's apt-get holds its lists; in the end let ours say that it does."""
    end = time.monotonic() + LISTS_SECONDS
    with LISTS.open("a") as lists:
        while time.monotonic() < end:
            # Closing the file gives the lock back for our own apt-get.
            with suppress(BlockingIOError, PermissionError):
                fcntl.lockf(lists, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            time.sleep(0.5)


@contextmanager
def _services_held_back() -> Iterator[None]:
    """Answer 101 to every start of a service; an earlier policy is set aside and put back."""
    if POLICY.exists() and POLICY.read_text("utf-8", "replace") != OURS:
        POLICY.replace(KEPT_POLICY)
    POLICY.write_text(OURS)
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)
        # Also after a run that was killed in the middle: the kept one is still there then.
        if KEPT_POLICY.exists():
            KEPT_POLICY.replace(POLICY)


@contextmanager
def _no_cluster() -> Iterator[None]:
    NO_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
    NO_CLUSTER.write_text("create_main_cluster = false\n")
    try:
        yield
    finally:
        NO_CLUSTER.unlink(missing_ok=True)


def _is_installed(package: str) -> bool:
    done = subprocess.run(
        ["dpkg-query", "-W", "-f=${db:Status-Status}", package],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout == "installed"


def _disable(units: tuple[str, ...]) -> None:
    """Keep a service that only we brought here from starting with the machine."""
    if units and shutil.which("systemctl") is not None:
        subprocess.run(["systemctl", "disable", *units], check=False)


if __name__ == "__main__":
    try:
        install(sys.argv[1:])
    except subprocess.CalledProcessError as error:
        sys.exit(f"{' '.join(error.cmd)} ended with status {error.returncode}")
