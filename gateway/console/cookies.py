"""The cookies of the console (quality.md S4): the session, and how a reader likes their pages.

The session's cookie has the ``__Host-`` prefix and is sent over https only, which browsers take
for loopback too. Over plain http on another host neither is possible: there it goes without, and
the sign-in page and ``./aymak doctor`` say so.
"""

from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from chassis.settings import settings
from contracts.codes import LANGUAGES

SAFE, PLAIN = "__Host-aymak", "aymak"
LANGUAGE, THEME, FLASH = "language", "theme", "flash"
THEMES = ("auto", "light", "dark")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
YEAR = 365 * 86_400


def is_safe(request: Request) -> bool:
    """Return whether the browser keeps secrets for the address that it came by."""
    if settings().public_url.startswith("https:"):
        return True
    return urlsplit(f"//{request.host}").hostname in LOOPBACK


def session_token(request: Request) -> str | None:
    """Return the token of the session that the browser shows."""
    return request.cookies.get(SAFE if is_safe(request) else PLAIN)


def keep_session(response: Response, request: Request, token: str) -> None:
    """Let the browser keep a new session until it is closed."""
    safe = is_safe(request)
    response.set_cookie(
        SAFE if safe else PLAIN, token, secure=safe, httponly=True, samesite="Lax", path="/"
    )


def forget_session(response: Response, request: Request) -> None:
    """Let the browser forget its session."""
    safe = is_safe(request)
    name = SAFE if safe else PLAIN
    response.delete_cookie(name, secure=safe, httponly=True, samesite="Lax", path="/")


def language_of(request: Request) -> str | None:
    """Return the language that was chosen on this browser."""
    chosen = request.cookies.get(LANGUAGE)
    return chosen if chosen in LANGUAGES else None


def theme_of(request: Request) -> str:
    """Return the colours that were chosen on this browser."""
    chosen = request.cookies.get(THEME)
    return chosen if chosen in THEMES else "auto"


def keep(response: Response, name: str, value: str, *, seconds: int = YEAR) -> None:
    """Let the browser keep a wish that is no secret."""
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="Lax", path="/")
