"""The verdict on one event: what passes, as what it is published, and each refusal."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.errors import AymakError, Forbidden, Invalid
from chassis.problems import status_of
from contracts.envelope import fingerprint, parse
from gateway import events
from gateway.keys import Key
from tests.gateway.house import SOURCE, registered

NOW = datetime(2022, 3, 4, 12, 0, tzinfo=UTC)
ANY = Key("portal", "portal", None, None)


def judge(item: Any, key: Key = ANY, source: str | None = None) -> dict[str, Any]:
    """Return what would be published."""
    accepted = events.judge(item, key, portal_source=source, now=NOW)
    published: dict[str, Any] = json.loads(accepted.body)
    return published


def refusal(item: Any, key: Key = ANY, source: str | None = None) -> AymakError:
    with pytest.raises(AymakError) as refused:
        judge(item, key, source)
    return refused.value


def without(name: str) -> dict[str, Any]:
    item = registered("1")
    del item[name]
    return item


def test_it_publishes_the_structured_form_with_our_time_of_record() -> None:
    published = judge(registered("1"))
    assert parse(published).id == "1"
    assert published["recordedtime"] == NOW.isoformat()
    assert published["time"] == "2022-03-04T04:00:00+00:00"


def test_it_drops_a_time_of_record_that_the_sender_gives() -> None:
    published = judge(registered("1", recordedtime="1999-01-01T00:00:00Z"))
    assert published["recordedtime"] == NOW.isoformat()


def test_it_sets_an_absent_time_so_that_a_repeat_is_the_same_fact() -> None:
    first = judge(without("time"))
    later = events.judge(without("time"), ANY, portal_source=None, now=NOW.replace(hour=13))
    assert first["time"] == first["recordedtime"]
    assert fingerprint(first) == fingerprint(json.loads(later.body))


def test_it_knows_a_repeat_whose_time_was_just_ours() -> None:
    """A demo clock stands still: the portal's instant may be the very one of our record."""
    item = registered("1", time=NOW.isoformat())
    later = events.judge(item, ANY, portal_source=None, now=NOW.replace(hour=13))
    assert fingerprint(judge(item)) == fingerprint(json.loads(later.body))


def test_it_takes_an_attribute_that_is_null_as_not_set() -> None:
    nulls = dict.fromkeys(("time", "subject", "dataschema", "datacontenttype", "colour"))
    assert judge(registered("1", **nulls)) == judge(without("time"))
    assert "data" in refusal(registered("1", data=None)).fields


def test_it_gives_the_same_receipt_for_the_same_event() -> None:
    one = events.judge(registered("é/1"), ANY, portal_source=None, now=NOW)
    assert one.receipt("http://h")["receipt"] == (
        "http://h/v1/events/receipt?source=https%3A%2F%2Fportal.example&id=%C3%A9%2F1"
    )


@pytest.mark.parametrize(
    ("item", "field", "code"),
    [
        (registered("1", type="client_invented"), "type", "unknown_type"),
        (registered("1", type="client_added"), "data.client_id", "invalid_event"),
        (registered("1", dataschema="https://x.example/client_registered/2"), "dataschema", None),
        (registered("1", dataschema="https://x.example/vote_cast/1"), "dataschema", None),
        (registered("1", specversion="0.3"), "specversion", None),
        (registered("1", colour="red"), "colour", None),
        (registered("1", data_base64="AA=="), "data_base64", None),
        (registered("1", data=[]), "data", None),
        (registered("1", data={"client_ref": "c"}), "data.kind", None),
        (registered("1", data={**registered("1")["data"], "shoe": 42}), "data.shoe", None),
        (registered("1", data={**registered("1")["data"], "kind": "robot"}), "data.kind", None),
        (registered("1", time="2022-03-05T12:00:01Z"), "time", None),
        (registered("1", time="2022-03-04T10:00:00"), "time", None),
        (registered("1", time=""), "time", None),
        (registered("1", time="0001-01-01T00:00:00+06:00"), "time", None),
        (registered("1", time="9999-12-31T23:59:59-06:00"), "time", None),
        (registered("1", subject="a\0b"), "subject", None),
        (registered("1", subject="a\nb"), "subject", None),
        (registered("1", actor="a\x85b"), "actor", None),
        (registered("1", source="portal"), "source", None),
        (registered("1", source="clients"), "source", None),
        (registered("1", datacontenttype="text/xml"), "datacontenttype", None),
        (registered("x" * 129), "id", None),
        (registered("a\nb"), "id", None),
        (without("id"), "id", None),
        (without("source"), "source", None),
        (without("type"), "type", None),
        (without("data"), "data", None),
        (["no", "object"], "", "not_an_event"),
    ],
)
def test_it_refuses_what_breaks_the_contract(item: Any, field: str, code: str | None) -> None:
    error = refusal(item)
    assert isinstance(error, Invalid)
    assert field in error.fields
    assert error.code == (code or error.code)


def test_it_refuses_events_that_only_our_services_may_say() -> None:
    data = {
        "client_id": "00000000-0000-4000-8000-000000000001",
        "topic": "event_notice",
        "channel": "mail",
        "at": "2022-03-04T10:00:00Z",
    }
    error = refusal(registered("1", type="client_unsubscribed", data=data))
    assert (error.code, list(error.fields)) == ("invalid_event", ["type"])


def test_it_takes_a_time_up_to_a_day_ahead_and_any_past_one() -> None:
    assert judge(registered("1", time="2022-03-05T12:00:00Z"))
    assert judge(registered("1", time="1998-01-01T00:00:00+06:00"))


def test_it_measures_an_event_as_the_sender_wrote_it() -> None:
    item = registered("1", subject="")
    written = json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode()
    item["subject"] = "x" * (events.LARGEST_EVENT - len(written))
    assert list(refusal(item).fields) == ["subject"], "too long a subject, not too large an event"
    item["subject"] += "x"
    assert status_of(refusal(item)) == 413


def test_it_refuses_an_event_over_64_kilobytes() -> None:
    error = refusal(registered("1", subject="я" * 33_000))
    assert (status_of(error), error.code) == (413, "event_too_large")


@pytest.mark.parametrize(
    ("key", "setting", "source", "is_good"),
    [
        (ANY, None, "urn:other", True),
        (ANY, SOURCE, SOURCE, True),
        (ANY, SOURCE, "https://other.example", False),
        (Key("k", "portal", ("urn:a", "urn:b"), None), SOURCE, "urn:b", True),
        (Key("k", "portal", ("urn:a",), None), SOURCE, SOURCE, False),
        (Key("k", "portal", None, ("client_registered",)), None, SOURCE, True),
        (Key("k", "portal", None, ("vote_cast",)), None, SOURCE, False),
    ],
)
def test_it_keeps_each_key_to_its_sources_and_types(
    key: Key, setting: str | None, source: str, is_good: bool
) -> None:
    item = registered("1", source=source)
    if is_good:
        assert judge(item, key, setting)["source"] == source
    else:
        error = refusal(item, key, setting)
        assert isinstance(error, Forbidden) and status_of(error) == 403


def test_it_makes_line_breaks_and_odd_spellings_in_names_harmless() -> None:
    data = {**registered("1")["data"], "name": {"surname": "Ким\r\nBcc: a@b.kg", "name": "й"}}
    published = judge(registered("1", data=data))
    assert published["data"]["name"] == {"surname": "Ким Bcc: a@b.kg", "name": "й"}
