"""Which Russian and Kyrgyz letters people write for one another: shared by all who search.

``ё/е``, ``ө/о``, ``ү/у`` and ``ң/н`` are typed for each other on keyboards without Kyrgyz letters.
"""

import unicodedata

TWINS = str.maketrans("ёөүң", "еоун")


def plain(text: str) -> str:
    """Return ``text`` in NFKC, lower case and single blanks, each letter as its plain twin."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(TWINS)
    return " ".join(folded.split())
