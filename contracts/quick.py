"""Contracts compiled: data that is as it should be is read and written without marshmallow.

A schema is walked once and becomes plain functions; reading an event with marshmallow costs ten
times as much as all the rest of accepting it (docs/performance.md). Whatever these functions doubt
they leave to marshmallow by raising ``Odd``: it has the last word, and the only words of errors.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import UnionType
from typing import Annotated, Any, NoReturn, Union, get_args, get_origin, get_type_hints
from unicodedata import is_normalized, normalize

from marshmallow import Schema, ValidationError, fields, missing, validate

from contracts.fields import CONTROL, AwareField, CodeField, EmailField, StrictString

# The everyday address, which every rule of marshmallow's takes.
EMAIL = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*@([a-z0-9]+\.)+[a-z]{2,6}")

Read = Callable[[Any], Any]
Write = Callable[[Any], Any]


class Odd(ValueError):
    """Not what a quick reader knows; marshmallow has to look at it."""


@dataclass(frozen=True, slots=True)
class Quick:
    """The readers and writers of one data class; None as a writer stands for "as it is"."""

    data_class: type
    readers: dict[str, Read]
    required: frozenset[str]
    nullable: frozenset[str]
    defaults: dict[str, Any]
    made: list[tuple[str, Callable[[], Any]]]
    checks: list[Callable[[dict[str, Any], dict[str, Any]], None]]
    writers: list[tuple[str, Write | None]]
    # The same for `tidy`, which makes no objects where no check wants to look at them.
    tidy_readers: dict[str, Read]
    tidy_writers: list[tuple[str, Write]]
    tidy_defaults: dict[str, Any]

    def load(self, data: object) -> Any:
        """Return what marshmallow's ``load`` would return; raises ``Odd`` in every doubt."""
        return self.data_class(**self._read(data, self.readers, self.defaults))

    def tidy(self, data: object) -> dict[str, Any]:
        """Return ``dump(load(data))`` without the object in between; raises ``Odd`` as load."""
        tidied = self._read(data, self.tidy_readers, self.tidy_defaults)
        for name, write in self.tidy_writers:
            if (value := tidied.get(name)) is not None:
                tidied[name] = write(value)
        if None in tidied.values():
            return {name: value for name, value in tidied.items() if value is not None}
        return tidied

    def _read(
        self, data: Any, readers: dict[str, Read], defaults: dict[str, Any]
    ) -> dict[str, Any]:
        loaded = defaults.copy()
        for name, make in self.made:
            loaded[name] = make()
        try:
            for name, value in data.items():
                if value is not None:
                    loaded[name] = readers[name](value)
                elif name in self.nullable:
                    loaded[name] = None
                else:
                    raise Odd
            for check in self.checks:
                check(loaded, data)
        except (AttributeError, KeyError, TypeError, ValueError, ValidationError) as problem:
            # What is no object has no items.
            raise Odd from problem
        if not self.required <= loaded.keys():
            raise Odd
        return loaded

    def dump(self, data: object) -> dict[str, Any]:
        """Return what marshmallow's ``dump`` would return, without the fields that are empty."""
        dumped = {}
        for name, write in self.writers:
            value = getattr(data, name)
            if value is not None:
                dumped[name] = value if write is None else write(value)
        return dumped


def compiled(data_class: type, schema: Schema) -> Quick:
    """Return the quick form of a schema that `marshmallow_dataclass` made of ``data_class``.

    Raises ``TypeError`` for a schema with hooks that are not ``validates_schema``.
    """
    classes = {name: _class_in(hint) for name, hint in get_type_hints(data_class).items()}
    known = schema.fields.items()
    defaults = [(name, one.load_default) for name, one in known if one.load_default is not missing]
    readers = {name: _reader(name, field, classes[name]) for name, field in known}
    writers = {name: _writer(name, field, classes[name]) for name, field in known}
    plain = {name: value for name, value in defaults if not callable(value)}
    tidiers = _tidiers(schema, classes)
    return Quick(
        data_class,
        readers,
        frozenset(name for name, field in known if field.required),
        frozenset(name for name, field in known if field.allow_none),
        plain,
        [(name, value) for name, value in defaults if callable(value)],
        [_check(schema, *hook) for hook in _hooks(schema)],
        list(writers.items()),
        readers | tidiers,
        [(name, write) for name, write in writers.items() if write and name not in tidiers],
        {name: value for name, value in plain.items() if value is not None},
    )


def _tidiers(schema: Schema, classes: dict[str, Any]) -> dict[str, Read]:
    """Return what reads a value as it is written, unless a check wants to see what it means."""
    if not all(with_original for _, with_original in _hooks(schema)):
        return {}
    found: dict[str, Read] = {}
    for name, field in schema.fields.items():
        if isinstance(field, AwareField):
            found[name] = _instant_as_written
        elif isinstance(field, fields.Nested):
            found[name] = compiled(classes[name], field.schema).tidy
        elif isinstance(field, fields.List) and isinstance(field.inner, fields.Nested):
            found[name] = _list(field, compiled(classes[name], field.inner.schema).tidy)
    return found


def _class_in(hint: Any) -> Any:
    """Return the class inside of ``X | None`` or ``list[X]``."""
    while get_origin(hint) in (Union, UnionType, list, Annotated):
        hint = next(inner for inner in get_args(hint) if inner is not type(None))
    return hint


def _hooks(schema: Schema) -> list[tuple[str, bool]]:
    if set(schema._hooks) - {"validates_schema"}:
        raise TypeError(f"{type(schema).__name__} has hooks that cannot be compiled")
    return [
        (name, options["pass_original"]) for name, _, options in schema._hooks["validates_schema"]
    ]


def _check(
    schema: Schema, name: str, with_original: bool
) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    hook = getattr(schema, name)
    if with_original:
        return lambda loaded, data: hook(loaded, data)
    return lambda loaded, _: hook(loaded)


def _reader(name: str, field: fields.Field[Any], data_class: Any) -> Read:
    if isinstance(field, fields.Nested):
        return compiled(data_class, field.schema).load
    if isinstance(field, fields.List):
        return _list(field, _reader(name, field.inner, data_class))
    if isinstance(field, AwareField):
        return _instant
    validators: list[Any] = field.validators
    if isinstance(field, StrictString) and [type(one) for one in validators] == [validate.Length]:
        return _text(field, validators[0])
    if isinstance(field, EmailField):
        return _email(field, name)
    if isinstance(field, CodeField) and [type(one) for one in validators] == [validate.OneOf]:
        return _code(frozenset(validators[0].choices))
    return lambda value: field.deserialize(value, name, {})


def _email(field: EmailField, name: str) -> Read:
    def read_email(value: Any) -> Any:
        if type(value) is str and len(value) <= 64 and EMAIL.fullmatch(value):
            return value
        return field.deserialize(value, name, {})

    return read_email


def odd() -> NoReturn:
    """Raise ``Odd`` where an expression is wanted."""
    raise Odd


def _list(field: fields.List[Any], read: Read) -> Read:
    def read_list(value: Any) -> list[Any]:
        if not isinstance(value, list) or None in value:
            raise Odd
        found = [read(item) for item in value]
        for check in field.validators:
            check(found)
        return found

    return read_list


def _text(field: StrictString, length: Any) -> Read:
    low, high, tidy = length.min, length.max, field.tidy

    def read_text(value: Any) -> str:
        if type(value) is not str:
            raise Odd
        if not value.isascii() and not is_normalized("NFC", value):
            value = normalize("NFC", value)
        # A text that is printable, with no blank too many, stays as it is.
        if value.isprintable() and "  " not in value and value[:1] != " " != value[-1:]:
            text: str = value
        else:
            text = tidy(value)
            if CONTROL.search(text):
                raise Odd
        return text if low <= len(text) <= high else odd()

    return read_text


def _code(choices: frozenset[str]) -> Read:
    def read_code(value: Any) -> Any:
        return value if type(value) is str and value in choices else odd()

    return read_code


def _instant(value: Any) -> datetime:
    at = datetime.fromisoformat(value)
    # Near the ends of the calendar marshmallow's field looks closer.
    return at if at.tzinfo is not None and 1 < at.year < 9999 else odd()


def _instant_as_written(value: Any) -> str:
    return _instant(value).isoformat()


def _writer(name: str, field: fields.Field[Any], data_class: Any) -> Write | None:
    if isinstance(field, fields.Nested):
        return compiled(data_class, field.schema).dump
    if isinstance(field, fields.List):
        write = _writer(name, field.inner, data_class)
        return list if write is None else lambda values: [write(one) for one in values]
    if isinstance(field, AwareField):
        return datetime.isoformat
    if type(field)._serialize is fields.String._serialize:
        return None
    return lambda value: field._serialize(value, name, None)
