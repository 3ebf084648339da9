"""Secrets: made here, shown once, kept as hashes.

Tokens and keys are 256 random bits, so that SHA-256 is enough to keep them; passwords are chosen
or typed by people and need argon2id (quality.md S1, S3, S4; OWASP password storage).
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

KEY_PREFIX = "ak_"
SESSION_PREFIX = "as_"
LINK_PREFIX = "al_"
# Beyond that many characters nothing is looked up: each costs more than the one before.
LOOKED_AT = 72
# zxcvbn's scale of 0-4: below 3 a password falls to less than 10^8 guesses.
STRONG = 3
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def new_key() -> str:
    """Return a new API key."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def new_token() -> str:
    """Return a new session token."""
    return SESSION_PREFIX + secrets.token_urlsafe(32)


def new_link() -> str:
    """Return a new token for choosing a password."""
    return LINK_PREFIX + secrets.token_urlsafe(32)


def new_password() -> str:
    """Return a password to be shown once: 96 random bits in 16 characters."""
    return secrets.token_urlsafe(12)


def digest(secret: str) -> bytes:
    """Return what is kept of a key or token."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def hash_password(password: str) -> str:
    """Return what is kept of a password; takes about 40 ms of a processor."""
    return _hasher.hash(password)


def check_password(kept: str | None, password: str) -> bool:
    """Return whether ``password`` is the one behind ``kept``; as slow when there is none."""
    try:
        return _hasher.verify(kept or _nobody(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Return whether ``kept`` was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(kept)


def is_guessable(password: str, login: str) -> bool:
    """Return whether ``password`` is common, leaked, or made of what is known of its owner.

    No rule asks for digits or signs (ASVS 5.0 V6.2.5); takes up to 40 ms of a processor.
    """
    found = zxcvbn(password[:LOOKED_AT], user_inputs=[login, "aymak"])
    return int(found["score"]) < STRONG


@dataclass(frozen=True, slots=True)
class Hashing:
    """The slow work on passwords, done by whoever has a thread for it."""

    check: Callable[[str | None, str], bool] = check_password
    make: Callable[[str], str] = hash_password
    is_guessable: Callable[[str, str], bool] = is_guessable


@lru_cache(maxsize=1)
def _nobody() -> str:
    return hash_password(new_password())
