"""What pages load besides themselves: one style sheet, one script, one set of icons, the mark.

Put together from the packages that npm brought (`assets/package-lock.json`) and our own files, and
kept packed in memory; the address holds a hash, so that browsers keep them for good.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "assets"
PACKAGES = FOLDER / "node_modules"
TEMPLATES = Path(__file__).parent / "templates"
STYLES = (
    PACKAGES / "@tabler/core/dist/css/tabler.min.css",
    PACKAGES / "tom-select/dist/css/tom-select.bootstrap5.min.css",
    FOLDER / "console.css",
)
SCRIPTS = (
    PACKAGES / "@tabler/core/dist/js/tabler.min.js",
    PACKAGES / "htmx.org/dist/htmx.min.js",
    PACKAGES / "tom-select/dist/js/tom-select.complete.min.js",
    FOLDER / "console.js",
)
SPRITE = PACKAGES / "@tabler/icons-sprite/dist/tabler-sprite.svg"
ICON = re.compile(r"icon\(\s*[\"']([a-z0-9-]+)[\"']|[\"']icon:([a-z0-9-]+)[\"']")
SOURCE_MAP = re.compile(rb"(?m)^(//# sourceMappingURL=.*|/\*# sourceMappingURL=.*\*/)$")


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served: its media type, its bytes plain and packed, and their hash."""

    media: str
    plain: bytes
    packed: bytes
    version: str


class NotInstalled(RuntimeError):
    """The packages are not there: ``./aymak`` brings them by npm."""


def address(name: str) -> str:
    """Return where a file is: ``/static/<hash>/console.css``."""
    return f"/static/{load()[name].version}/{name}"


@cache
def load() -> dict[str, Asset]:
    """Return all files by name; raises ``NotInstalled`` naming the file that is missing."""
    return {
        "console.css": _asset("text/css", _joined(STYLES, b"\n")),
        "console.js": _asset("text/javascript", _joined(SCRIPTS, b"\n;\n")),
        "theme.js": _asset("text/javascript", _read(FOLDER / "theme.js")),
        "icons.svg": _asset("image/svg+xml", _icons()),
        "favicon.svg": _asset("image/svg+xml", _read(FOLDER / "favicon.svg")),
    }


def icons_used() -> list[str]:
    """Return the names of the icons that templates and navigation ask for."""
    files = [*TEMPLATES.rglob("*.html"), *Path(__file__).parent.glob("*.py")]
    found = {
        name for file in files for pair in ICON.findall(file.read_text("utf-8")) for name in pair
    }
    return sorted(found - {""})


def _icons() -> bytes:
    """Return a sprite with the icons that are used; the package's own has five thousand."""
    sprite = _read(SPRITE).decode()
    symbols = []
    for name in icons_used():
        found = re.search(rf'<symbol id="tabler-{name}" .*?</symbol>', sprite, re.DOTALL)
        if found is None:
            raise LookupError(f"there is no icon {name!r} in {SPRITE}")
        symbols.append(found[0].replace(f'id="tabler-{name}"', f'id="{name}"'))
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'.encode()


def _joined(files: tuple[Path, ...], between: bytes) -> bytes:
    return between.join(SOURCE_MAP.sub(b"", _read(file)) for file in files)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError as problem:
        raise NotInstalled(f"{file} is missing; ./aymak up and ./aymak test bring it") from problem


def _asset(media: str, plain: bytes) -> Asset:
    version = hashlib.sha256(plain).hexdigest()[:16]
    return Asset(media, plain, gzip.compress(plain, compresslevel=9, mtime=0), version)
