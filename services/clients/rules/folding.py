"""Folding of Russian and Kyrgyz spellings, so that what sounds the same is found as the same.

People write ө/о, ү/у, ң/н and ё/е for one another, with and without hyphens; columns and queries
are folded by the same function and compared afterwards.
"""

import re

from contracts.spelling import plain

# What an address, a phone or a name consists of; everything else separates words.
_BREAKS = re.compile(r"[^\w@.+]+")
# Words that name the kind of a municipality or its bodies, folded: they do not tell two apart.
_GENERIC = frozenset(
    {"айыл", "айылный", "айылнын", "айылдык", "аймак", "аймагы", "окмоту", "окмот"}
    | {"кенеш", "кенеши", "а", "о", "ао"}
)
# Words that say that a municipality is a city, in Russian and in Kyrgyz, folded.
_CITY = frozenset({"г", "город", "города", "шаары"})
# What an index of keys can hold.
_LONGEST_KEY = 100
_CLASSIFIER = re.compile(r"\d{5,20}")
_KYRGYZ = re.compile("[өүңӨҮҢ]")


def fold(text: str) -> str:
    """Return ``text`` in lower case, with Kyrgyz letters and ё as their plain neighbours."""
    return " ".join(_BREAKS.sub(" ", plain(text)).split())


def municipality_key(text: str) -> str:
    """Return what makes two mentions of a municipality the same one within its territory.

    A classifier code (digits only) is its own key, ``code:…``; a name is folded and freed of the
    words for "aiyl aimak" and its bodies, in Russian and in Kyrgyz: ``name:кызыл туу``. A city is
    not the aimak of the same name: ``city:кара суу``.
    """
    if is_classifier(text):
        return f"code:{text}"
    words = fold(text).replace(".", " ").split()
    own = [word for word in words if word not in _GENERIC | _CITY]
    kind = "city" if own and _CITY.intersection(words) else "name"
    return f"{kind}:{' '.join(own or words)[:_LONGEST_KEY]}"


def is_classifier(text: str) -> bool:
    """Return whether a municipality is named by its classifier code."""
    return _CLASSIFIER.fullmatch(text) is not None


def is_kyrgyz(text: str) -> bool:
    """Return whether a text uses a letter that Russian does not have."""
    return _KYRGYZ.search(text) is not None
