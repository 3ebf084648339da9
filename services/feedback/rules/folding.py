"""Folded text for searching: Kyrgyz and Russian spellings of one word become one."""

import re

from contracts.spelling import plain

# Whoever types the number of an inquiry may take the Latin O, or a zero, for the Cyrillic one.
NUMBER = re.compile(r"\b[o0](?=-\d{4}-)")


def fold(*texts: str | None) -> str:
    """Return the texts as one folded line; a query is folded the same way."""
    return NUMBER.sub("о", plain(" ".join(text for text in texts if text)))
