"""The pure rules of the client base, by table."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.clients.rules import consenting, contacts, merging, standing
from services.clients.rules.folding import fold, is_kyrgyz, municipality_key
from services.clients.rules.standing import Statement

DAY = datetime(2022, 3, 10, 4, 0, tzinfo=UTC)


def at(minute: float) -> datetime:
    return DAY + timedelta(minutes=minute)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Көк-Жаңгак", "кок жангак"),
        ("Семёновка", "СЕМЕНОВКА"),
        ("Үч-Коргон", "уч  коргон"),
        ("Ысык-Көл", "ысык\u2013кол"),
        ("й", "и\u0306"),
    ],
)
def test_it_folds_spellings_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("Ош", "Уш"), ("Кара-Суу", "Кара-Сай")])
def test_it_keeps_different_names_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Кызыл-Туу", "name:кызыл туу"),
        ("Кызыл-Туу айыл өкмөтү", "name:кызыл туу"),
        ("Кызыл-Туу айыл аймагы", "name:кызыл туу"),
        ("айылный аймак «Кызыл-Туу»", "name:кызыл туу"),
        ("Кызыл-Туу а/о", "name:кызыл туу"),
        ("Айыл", "name:айыл"),
        ("41708203810", "code:41708203810"),
        ("город Кара-Суу", "city:кара суу"),
        ("г. Кара-Суу", "city:кара суу"),
        ("Кара-Суу шаары", "city:кара суу"),
        ("Кара-Суу айыл өкмөтү", "name:кара суу"),
        ("Жаңы-Шаар", "name:жаны шаар"),
        ("Город", "name:город"),
        ("㍿" * 500, "name:" + ("株式会社" * 25)),
    ],
)
def test_it_knows_a_municipality_by_its_own_words(text: str, key: str) -> None:
    assert municipality_key(text) == key


def test_it_tells_kyrgyz_letters() -> None:
    assert is_kyrgyz("Өзгөн")
    assert not is_kyrgyz("Узген")


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("0555 123 456", ["+996555123456"]),
        ("+996 (312) 66-12-34", ["+996312661234"]),
        ("3222 5 12 34", ["+996322251234"]),
        ("0555 123 456, 0555123456", ["+996555123456"]),
        ("0555 123 456 / 0312 66-12-34", ["+996555123456", "+996312661234"]),
        ("внутр. 17", ["внутр. 17"]),
        ("12345", ["12345"]),
        (" / ", []),
    ],
)
def test_it_normalises_phones(raw: str, found: list[str]) -> None:
    assert contacts.phones(raw) == found


@pytest.mark.parametrize(
    ("query", "fragment"),
    [("0555 12 34 56", "555123456"), ("+996 555", "996555"), ("12-3", None), ("Айбек", None)],
)
def test_it_finds_phones_by_their_digits(query: str, fragment: str | None) -> None:
    assert contacts.phone_fragment(query) == fragment


def test_it_lowers_only_the_domain_of_an_address() -> None:
    assert contacts.email("Aibek.O@Example.KG") == "Aibek.O@example.kg"


FACTS = [
    ({"name": "a", "phone": "1"}, at(0), "e-1"),
    ({"name": "b", "phone": None}, at(5), "e-2"),
    ({"name": "c", "phone": "2"}, at(5), "e-3"),
    ({"name": None, "phone": "3"}, at(3), "e-4"),
]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_it_merges_fields_to_one_state(order: tuple[int, ...]) -> None:
    state: dict[str, object] = {}
    marks: dict[str, str] = {}
    for values, time, event_id in (FACTS[index] for index in order):
        this = merging.mark(time, event_id)
        changed = merging.newer(marks, values, this)
        state |= changed
        marks |= dict.fromkeys(changed, this)
    assert state == {"name": "c", "phone": "2"}


A, B = UUID(int=1), UUID(int=2)


def said(minute: int, **fields: object) -> Statement:
    return Statement(id=uuid4(), mark=merging.mark(at(minute), "e"), at=at(minute), **fields)


@pytest.mark.parametrize(
    ("statements", "posts"),
    [
        ([], []),
        ([said(0, role="head")], []),
        ([said(0, organisation_id=A)], [(A, "other", 0, None)]),
        (
            [said(0, organisation_id=A), said(1, role="head")],
            [(A, "other", 0, 1), (A, "head", 1, None)],
        ),
        (
            [said(0, organisation_id=A, role="head"), said(5, organisation_id=B)],
            [(A, "head", 0, 5), (B, "head", 5, None)],
        ),
        (
            [said(n, organisation_id=body, role="head") for n, body in enumerate((A, B, A))],
            [(A, "head", 0, 1), (B, "head", 1, 2), (A, "head", 2, None)],
        ),
        (
            [said(0, organisation_id=A, role="head"), said(3, audience="experts")],
            [(A, "head", 0, None)],
        ),
        ([said(0, role="head", title="Глава"), said(1, organisation_id=A)], [(A, "head", 1, None)]),
    ],
)
def test_it_lays_out_posts(statements: list[Statement], posts: list[object]) -> None:
    for order in itertools.permutations(statements):
        found = standing.tenures(order)
        ends = [tenure.until for tenure in found]
        assert [
            (one.organisation_id, one.role, one.since, until)
            for one, until in zip(found, ends, strict=True)
        ] == [
            (body, role, at(since), None if until is None else at(until))
            for body, role, since, until in posts
        ]


@pytest.mark.parametrize(
    ("second", "title"),
    [
        ({"role": "head"}, "Глава"),
        ({"title": "Мэр"}, "Мэр"),
        ({"role": "head", "title": "Мэр"}, "Мэр"),
        ({"role": "specialist"}, None),
        ({"organisation_id": B, "role": "head"}, None),
        ({"organisation_id": B}, "Глава"),
    ],
)
def test_it_keeps_a_title_with_its_role(second: dict[str, Any], title: str | None) -> None:
    first = said(0, organisation_id=A, role="head", title="Глава")
    assert standing.tenures([first, said(1, **second)])[-1].title == title


def test_it_takes_the_first_post_and_audience_for_the_time_before() -> None:
    statements = [
        said(10, organisation_id=A, audience="experts"),
        said(20, organisation_id=B, audience="business"),
    ]
    held = standing.tenures(statements)
    posts = [standing.tenure_at(held, at(minute)) for minute in (0, 10, 15, 20, 30)]
    assert [post.organisation_id for post in posts if post] == [A, A, A, B, B]
    audiences = [standing.audience_at(statements, at(minute)) for minute in (0, 15, 20)]
    assert audiences == ["experts", "experts", "business"]
    assert standing.tenure_at([], at(0)) is None
    assert standing.audience_at([said(0, role="head")], at(0)) is None


@pytest.mark.parametrize(
    ("audience", "body_type", "lsg"),
    [
        ("lsg_bodies", None, True),
        ("citizens", "aiyl_kenesh", True),
        ("citizens", "rayon_administration", False),
        (None, None, False),
    ],
)
def test_it_tells_lsg_people(audience: str | None, body_type: str | None, lsg: bool) -> None:
    assert standing.is_lsg(audience, body_type) is lsg


def test_it_holds_the_newest_consent_of_each_purpose() -> None:
    proofs = [
        consenting.Proof(("service", "magazine", "campaign"), True, at(0)),
        consenting.Proof(("campaign",), False, at(5)),
        consenting.Proof(("campaign", "magazine"), True, at(3)),
    ]
    for order in itertools.permutations(proofs):
        held = consenting.held(order)
        assert {purpose: (one.given, one.at) for purpose, one in held.items()} == {
            "service": (True, at(0)),
            "magazine": (True, at(3)),
            "campaign": (False, at(5)),
        }


def test_it_reads_absent_purposes_as_all() -> None:
    assert consenting.purposes_of(None) == ("service", "magazine", "campaign")
    assert consenting.purposes_of(["campaign", "service"]) == ("service", "campaign")
    assert consenting.purposes_of([]) == ()
