"""What the attributes of an event may hold (CloudEvents 1.0, type system)."""

import re

# A string attribute holds no control characters.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def is_name(value: object, longest: int) -> bool:
    """Whether a value may be one of the three names of a fact."""
    return isinstance(value, str) and 0 < len(value) <= longest and value.isprintable()


def is_short_text(value: object) -> bool:
    """Whether an attribute is absent or one line; PostgreSQL cannot store a NUL inside of it."""
    if not isinstance(value, str):
        return value is None
    return len(value) <= 500 and (value.isprintable() or not CONTROL.search(value))
