"""Field by field: what a role without personal rights gets to see, and may ask (quality.md S7).

Two gates. Of an answer only those fields pass that its masked schema declares, at every depth: a
field that a service adds tomorrow stays hidden until somebody declares it. Of a query no personal
filter or sort passes, because a list that can be searched by a name tells who is in it.
"""

import json
from typing import Any

from marshmallow import Schema, fields
from werkzeug.wrappers import Response

from chassis.errors import Forbidden

# Marks of a query field: True (the whole field) or the values that are personal.
PERSONAL = "personal"
INSTEAD = "instead"


def keep(schema: Schema, value: Any) -> Any:
    """Return ``value`` with nothing but the fields that ``schema`` declares."""
    if not isinstance(value, dict):
        return value
    return {
        name: _kept(field, value[name]) for name, field in schema.fields.items() if name in value
    }


def _kept(field: fields.Field[Any], value: Any) -> Any:
    if isinstance(field, fields.List) and isinstance(value, list):
        return [_kept(field.inner, item) for item in value]
    if isinstance(field, fields.Nested):
        return keep(field.schema, value)
    # A scalar field lets no object through: its parts were declared by nobody.
    is_plain = not isinstance(value, dict | list) or isinstance(field, fields.Dict)
    return value if is_plain else None


def masked(response: Response, schema: Schema | None) -> Response:
    """Return the answer without personal fields; raises ``Forbidden`` where none is declared."""
    if schema is None:
        raise Forbidden()
    shown = keep(schema, json.loads(response.get_data()))
    response.set_data(json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode())
    return response


def check_query(schema: Schema, asked: dict[str, str]) -> dict[str, str]:
    """Return the query that may be asked; a personal filter or sort is ``Forbidden``.

    Where the usual order would be personal, the field's other one is put in.
    """
    found = dict(asked)
    for name, field in schema.fields.items():
        personal = field.metadata.get(PERSONAL, ())
        if name in asked and (personal is True or asked[name] in personal):
            raise Forbidden("masked_field", field=name)
        if name not in asked and INSTEAD in field.metadata:
            found[name] = field.metadata[INSTEAD]
    return found
