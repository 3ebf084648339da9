"""JSON is read strictly: one meaning for all readers, or none."""

import pytest

from chassis.problems import Refusal
from gateway.bodies import DEPTH, read_json


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a" : 1, "a"\t: 2}',
        b'{"a" : 1, "b": 2, "b": 3}',
        b'{"a":1,"\\u0061":2}',
        b'{"a": "\\":", "b": 1, "b": 2}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\xff"}',
        '{"a": "я"}'.encode("cp1251"),
        '{"a": "я"}'.encode("utf-16"),
        b'{"a": "\\ud800"}',
        b'{"\\udc00": 1}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 20 + b"]" * 20,
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
)
def test_it_refuses_doubtful_json(body: bytes) -> None:
    with pytest.raises(Refusal) as refusal:
        read_json(body)
    assert (refusal.value.status, refusal.value.code) == (400, "not_json")


def test_it_reads_good_json() -> None:
    assert read_json('{"a": ["ң", 1.5, null, true, {"b": {}}]}'.encode()) == {
        "a": ["ң", 1.5, None, True, {"b": {}}]
    }
    assert read_json(b'{"a" : "\\":", "b":"\\" :"}') == {"a": '":', "b": '" :'}
    assert read_json(b"[" * DEPTH + b"]" * DEPTH)
