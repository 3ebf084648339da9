"""The slow work on passwords in threads of the operating system (quality.md F32).

argon2 would hold up everybody else in the process. Two threads do it, because each keeps the
19 MiB that a comparison takes; a few more may wait, the rest is told to come back.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from eventlet import tpool
from eventlet.semaphore import Semaphore

from chassis.errors import Unavailable
from gateway.secrets_kept import Hashing, check_password, hash_password, is_guessable

THREADS = 2
AT_ONCE = 6
WAIT_SECONDS = 2.0

tpool.set_num_threads(THREADS)
_places = Semaphore(AT_ONCE)


def run(work: Callable[..., Any], *arguments: Any) -> Any:
    """Return what ``work`` returns; raises ``Unavailable`` when too many wait already."""
    if not _places.acquire(timeout=WAIT_SECONDS):
        raise Unavailable("too_busy", retry_after=2)
    try:
        return tpool.execute(work, *arguments)
    finally:
        _places.release()


HASHING = Hashing(
    check=partial(run, check_password),
    make=partial(run, hash_password),
    is_guessable=partial(run, is_guessable),
)
