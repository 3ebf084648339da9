"""Folded text for searching: Kyrgyz and Russian spellings of one word become one.

``ё/е``, ``ө/о``, ``ү/у`` and ``ң/н`` are typed for each other on keyboards without Kyrgyz letters.
"""

import re
import unicodedata

TWINS = str.maketrans("ёөүң", "еоун")
# Whoever types the number of an inquiry may take the Latin O, or a zero, for the Cyrillic one.
NUMBER = re.compile(r"\b[o0](?=-\d{4}-)")


def fold(*texts: str | None) -> str:
    """Return the texts as one folded line; a query is folded the same way."""
    joined = " ".join(text for text in texts if text)
    folded = unicodedata.normalize("NFKC", joined).casefold().translate(TWINS)
    return NUMBER.sub("о", " ".join(folded.split()))
