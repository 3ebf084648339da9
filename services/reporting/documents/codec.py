"""ReportData as JSON and back, and the fingerprint that each document prints.

The canonical form is one line of UTF-8 JSON with sorted keys: whoever rebuilds the report from the
journal up to the same position must come to the same sha256 (product.md section 11, item 3).
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any, cast

import marshmallow
import marshmallow_dataclass

from services.reporting.documents.model import ReportData, Words

# A class that a schema meets twice is looked up by its bare name, and contracts has a `Words` too:
# a schema of its own keeps the two apart.
Words.Schema = marshmallow_dataclass.class_schema(Words)  # type: ignore[attr-defined]


def to_json(data: ReportData) -> dict[str, Any]:
    """The report as plain JSON values: ISO dates and times, lists, numbers, text."""
    return cast(dict[str, Any], _schema().dump(data))


def from_json(raw: dict[str, Any]) -> ReportData:
    """The report that `to_json` wrote; marshmallow.ValidationError for anything else."""
    return cast(ReportData, _schema().load(raw))


def canonical(data: ReportData) -> bytes:
    """The bytes that the fingerprint is taken of."""
    text = json.dumps(to_json(data), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def fingerprint(data: ReportData) -> str:
    """sha256 of the canonical JSON, in hex."""
    return hashlib.sha256(canonical(data)).hexdigest()


@cache
def _schema() -> marshmallow.Schema:
    return schema_of(ReportData)


def schema_of(
    data_class: type, base_schema: type[marshmallow.Schema] | None = None
) -> marshmallow.Schema:
    """A schema of a dataclass that holds `Words`."""
    return marshmallow_dataclass.class_schema(data_class, base_schema=base_schema)()
