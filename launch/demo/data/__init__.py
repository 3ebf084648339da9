"""Lists from which the fictional world is drawn: names, places, posts, texts in ru, ky and en."""

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def load(name: str) -> Any:
    """Return the content of ``<name>.json`` of this folder."""
    return json.loads(files(__package__).joinpath(f"{name}.json").read_text("utf-8"))
