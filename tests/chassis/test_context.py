"""Ids are born of the fact at hand: the same fact gives the same ids, whenever it is handled."""

from chassis import context
from chassis.db import new_id
from contracts.parts import ClientName
from contracts.portal import ClientRegisteredV1
from tests.factories import event


def registration(**envelope):
    data = ClientRegisteredV1(
        client_ref="c-1", kind="person", audience="citizens", name=ClientName(surname="Асанов")
    )
    return event(data, at="2022-03-04 10:00", **envelope)


def born(cause, service="clients"):
    with context.flowing(service, cause=cause):
        return [new_id(), new_id(), context.id_of("fact client_added"), context.id_of("mail a b")]


def test_it_gives_the_same_ids_for_the_same_fact():
    fact = registration(id="r-1")
    assert born(fact) == born(registration(id="r-1"))
    assert len(set(born(fact))) == 4


def test_it_gives_other_ids_for_another_fact_source_or_service():
    fact = registration(id="r-1")
    others = [registration(id="r-2"), registration(id="r-1", source="https://other.example")]
    groups = [born(fact), *(born(other) for other in others), born(fact, "feedback")]
    assert len({each for group in groups for each in group}) == 16


def test_it_does_not_shift_facts_when_a_row_more_is_born():
    with context.flowing("clients", cause=registration(id="r-1")):
        for _ in range(5):
            new_id()
        told = context.id_of("fact client_added")
    assert told == born(registration(id="r-1"))[2]


def test_it_is_random_without_a_fact():
    with context.flowing("clients"):
        assert new_id() != new_id()
    assert born(None) != born(None)
