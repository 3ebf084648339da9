"""In which language an inquiry is answered: as given, else as written, else Russian.

Law № 67 of 4 May 2007: an appeal is answered in the language in which it was made.
"""

import re
from collections.abc import Callable

DEFAULT = "ru"
WORD = re.compile(r"[^\W\d_]+")
CYRILLIC = re.compile(r"[а-яёңөү]", re.IGNORECASE)
KYRGYZ = re.compile(r"[ңөү]", re.IGNORECASE)
# Every third or fourth word of a Kyrgyz text has such a letter.
KYRGYZ_SHARE = 0.1
# Names tell nothing: a Russian letter may be about Көк-Жар or Өзгөн. One is known by its hyphen,
# or by its capital where no sentence begins.
PROPER = "[А-ЯЁҢӨҮ][а-яёңөү]+"
NAME = re.compile(rf"{PROPER}(?:-{PROPER})+|(?<=[^\s.!?…] ){PROPER}")
FEWEST_WORDS = 2

Classify = Callable[[str], str]


def chosen(given: str | None, text: str, classify: Classify, *, known: str | None = None) -> str:
    """Return ``given``, else the language of ``text``, else ``known``, else Russian.

    ``classify`` names the likeliest of ru, ky and en; ``known`` is what the asker told of their
    own language, for a text without words (a bare number, an emoji).
    """
    return given or written_in(text, classify) or known or DEFAULT


def written_in(text: str, classify: Classify) -> str | None:
    """Return the language in which ``text`` is written, None when it has no words."""
    nameless = NAME.sub(" ", text)
    if len(WORD.findall(nameless)) >= FEWEST_WORDS:
        text = nameless
    words = WORD.findall(text)
    if not words:
        return None
    if sum(bool(KYRGYZ.search(word)) for word in words) >= KYRGYZ_SHARE * len(words):
        return "ky"
    cyrillic = sum(bool(CYRILLIC.search(word)) for word in words)
    likeliest = classify(text)
    # "Ссылка на Zoom webinar" is Russian, whatever its Latin words weigh.
    return DEFAULT if likeliest == "en" and 2 * cyrillic >= len(words) else likeliest
