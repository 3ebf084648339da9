"""Every problem and every message of a wrong field is said in Russian, Kyrgyz and English."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from marshmallow import Schema, fields, validate

from chassis import errors
from contracts import catalogue
from contracts.catalogue import SERVICES
from contracts.codes import DELIVERY_PURPOSES, LANGUAGES
from gateway.routes import specs
from gateway.service import GatewayService
from gateway.words import CATALOG, GatewayWords, patterns

ROOT = Path(__file__).parents[2]
WORDS = GatewayWords()
ROOMS = ("contracts", "chassis", "gateway", "services")
KINDS = {*errors.KINDS, "Refusal", "EnvelopeError"}
# Never said to anybody over HTTP.
INNER = {"lost_claim", "error", "waiting", "ignored"}


def sources() -> Iterator[ast.Module]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield ast.parse(path.read_text("utf-8"))


def calls(names: set[str]) -> Iterator[ast.Call]:
    for tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in names:
                    yield node


def codes() -> set[str]:
    """Return all codes that errors are raised with, and the codes of the kinds themselves."""
    found = {kind.code for kind in errors.KINDS.values()}
    for call in calls(KINDS):
        given = [word.value for word in call.keywords if word.arg == "code"]
        for argument in [*call.args[:2], *given]:
            if isinstance(argument, ast.Constant) and re.fullmatch(r"[a-z_]+", str(argument.value)):
                found.add(str(argument.value))
    nouns = {
        str(call.args[0].value)
        for call in calls({"NotFound"})
        if call.args and isinstance(call.args[0], ast.Constant)
    }
    return found - nouns - INNER


def said(node: ast.AST) -> str | None:
    """Return a text constant; the parts of an f-string that are computed become ``X``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(said(part) or "X" for part in node.values)
    return None


def messages() -> set[str]:
    """Return all sentences that a wrong field can be told by our own code."""
    found: set[str] = set()
    for call in calls({"ValidationError", *KINDS}):
        found |= {text for node in ast.walk(call) if (text := said(node))}
    # contracts/envelope.py and services gather messages in dicts of lists first.
    for tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.List) and len(node.elts) == 1:
                found |= {text for text in [said(node.elts[0])] if text}
    return {text for text in found if re.fullmatch(r"[A-Z][^\n]{3,150}\.", text)}


def schemas() -> Iterator[Schema]:
    for contract in catalogue.contracts():
        yield contract.schema
    for _, spec, _ in specs(GatewayService):
        yield from (schema for schema in (spec.query, spec.body) if schema)


def library_messages() -> set[str]:
    """Return the messages of every marshmallow field and validator that is in use."""
    found = set(Schema._default_error_messages.values())
    todo: list[Any] = [field for schema in schemas() for field in schema.fields.values()]
    while todo:
        field = todo.pop()
        found |= {str(text) for text in field.error_messages.values()}
        found |= set(_of_validators(field))
        if isinstance(field, fields.List):
            todo.append(field.inner)
        if isinstance(field, fields.Nested):
            todo.extend(field.schema.fields.values())
    # Said when a value is written out, never when it is read in.
    return {text for text in found if "cannot be formatted" not in text}


def _of_validators(field: Any) -> Iterator[str]:
    kinds = {
        validate.Length: ("message_min", "message_max", "message_all", "message_equal"),
        validate.Range: ("message_min", "message_max", "message_all"),
        validate.OneOf: ("default_message",),
        validate.Regexp: ("default_message",),
        validate.Email: ("default_message",),
        validate.URL: ("default_message",),
    }
    for validator in field.validators:
        if inspect.isfunction(validator):
            continue  # Ours: `messages` finds what it says.
        names = next(names for kind, names in kinds.items() if isinstance(validator, kind))
        for name in names:
            yield getattr(validator, name)


def filled(template: str) -> str:
    """Return a message as a reader would get it: its placeholders filled."""
    kinds = {"obj_type": "datetime", "awareness": "aware"}
    return re.sub(r"\{+(\w+)[^}]*\}+", lambda found: kinds.get(found[1], "7"), template)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_words_every_code(language: str) -> None:
    known = CATALOG.keys(language)
    missing = {code for code in codes() if f"problem.{code}.title" not in known}
    assert len(codes()) > 30
    assert not missing


def test_it_knows_every_message_of_a_wrong_field() -> None:
    every = {filled(text) for text in library_messages() | messages()}
    unknown = {text for text in every if not any(found.fullmatch(text) for _, found in patterns())}
    assert len(every) > 40
    assert not unknown


@pytest.mark.parametrize("language", ["ru", "ky"])
def test_it_says_them_in_other_words(language: str) -> None:
    for text in {filled(text) for text in library_messages() | messages()}:
        assert WORDS.field(text, language) != text
    assert (
        WORDS.field("Length must be between 1 and 500.", "ru") == "Длина должна быть от 1 до 500."
    )
    assert WORDS.field("Must be one of: a, b.", "ky") == "Уруксат берилген маанилер: a, b."


def test_it_has_the_same_keys_in_every_language() -> None:
    assert CATALOG.keys("ru") == CATALOG.keys("ky") == CATALOG.keys("en")
    for language in LANGUAGES:
        for key in CATALOG.keys(language):
            text = CATALOG.forms(language, key)[0]
            wanted = set(re.findall(r"\{\w+\}", CATALOG.forms("en", key)[0]))
            assert text and set(re.findall(r"\{\w+\}", text)) == wanted, (language, key)


def test_it_names_every_service_and_every_topic() -> None:
    for key in [
        *(f"service.{name}" for name in SERVICES),
        *(f"topic.{t}" for t in DELIVERY_PURPOSES),
    ]:
        assert key in CATALOG.keys("ky")


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "ru"),
        ("de", "ru"),
        ("*", "ru"),
        ("ky-KG,ru;q=0.5", "ky"),
        ("ru;q=0.3, en-GB;q=0.9", "en"),
        ("en;q=0, ky;q=0.1", "ky"),
        ("\x00;;q=x", "ru"),
    ],
)
def test_it_chooses_the_readers_language(accept: str, language: str) -> None:
    assert WORDS.language(accept) == language


def test_it_leaves_gaps_rather_than_failing() -> None:
    title, detail = WORDS.problem("not_found", 404, "en", {})
    assert (title, "…" in detail) == ("Not found", True)
    assert WORDS.problem("a_code_of_tomorrow", 409, "en", {})[0] == "Not possible now"
    assert "{0.__class__}" in WORDS.problem("not_found", 404, "en", {"ref": "{0.__class__}"})[1]
