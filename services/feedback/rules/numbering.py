"""How the number of an inquiry is written."""

# The Cyrillic capital О of «обращение»; a Latin O would look the same and never be found.
PREFIX = "О"


def written(year: int, count: int) -> str:
    """Return the number of the ``count``-th inquiry of a Bishkek year: ``О-2022-0001``."""
    return f"{PREFIX}-{year}-{count:04}"
