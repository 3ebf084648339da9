"""The fictional world: who is in it, and that nobody in it can be reached or mistaken."""

from collections import Counter

import phonenumbers
import pytest

from contracts.codes import AUDIENCES, LSG_BODY_TYPES, OBLASTS
from launch.demo import names
from launch.demo.names import FullName
from launch.demo.world import World, build


@pytest.fixture(scope="module")
def world() -> World:
    return build(2022)


def test_it_builds_the_same_world_from_the_same_seed(world):
    assert build(2022) == world
    assert build(2023) != world


def test_it_holds_130_bodies_and_500_staff_for_any_seed():
    for seed in range(5):
        world = build(seed)
        assert len(world.bodies) == 131
        assert sum(person.is_staff for person in world.people) >= 520
        assert all(body.body_type in LSG_BODY_TYPES for body in world.bodies)


def test_it_holds_all_nine_audiences(world):
    found = Counter(person.audience for person in world.people)
    assert set(found) == set(AUDIENCES)
    outside = sum(count for audience, count in found.items() if audience != "lsg_bodies")
    assert outside + len(world.others) == 150


def test_it_names_bodies_in_three_languages_and_real_territories(world):
    for body in world.bodies:
        assert body.name.ru
        assert body.name.ky
        assert body.name.en
        assert body.territory in OBLASTS
    assert len({body.name.ru for body in world.bodies}) == 131


def test_it_puts_okmotu_and_kenesh_into_one_municipality(world):
    types = {}
    for body in world.bodies:
        types.setdefault(body.municipality, set()).add(body.body_type)
    assert {"ayil_okmotu", "aiyl_kenesh"} in types.values()
    assert {"city_hall", "city_kenesh"} in types.values()
    assert len(types) == 85


def test_it_reaches_nobody_by_mail_and_everybody_once(world):
    clients = [*world.people, *world.bodies, *world.others]
    emails = [one.email for one in clients if one.email]
    assert len(set(emails)) == len(emails) > 800
    assert {email.rpartition(".example.")[2] for email in emails} == {"org", "net", "com"}
    refs = [one.ref for one in clients]
    assert len(set(refs)) == len(refs)


def test_it_gives_valid_numbers_to_everybody_who_has_one(world):
    phones = [one.phone for one in [*world.people, *world.bodies, *world.others] if one.phone]
    assert len(set(phones)) == len(phones)
    assert all(phone.startswith("+996700") for phone in phones)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(phone)) for phone in phones)


def test_it_knows_the_forms_of_kyrgyz_names(world):
    people = [person.name for person in world.people]
    assert any(name.surname.endswith((" уулу", " кызы")) for name in people)
    assert any(name.patronymic and name.patronymic.endswith((" уулу", " кызы")) for name in people)
    assert any(name.patronymic and name.patronymic.endswith(("вич", "вна")) for name in people)
    assert any(name.patronymic is None for name in people)


def test_it_writes_addresses_in_latin_letters():
    name = FullName("Асан уулу", "Чыңгыз", None)
    assert names.address(name, 7) == "chyngyz.asan-uulu7@post.example.net"
    assert names.latin("Ысык-Көл өрөөнү") == "ysyk-kol-oroonu"
