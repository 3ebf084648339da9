"""One client in full: card, keys, posts with their history, consents with proofs, participation."""

from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from chassis.errors import NotFound
from services.clients import items, proofs
from services.clients.models import Client, ConsentRow, Key, Organisation, Person, Post
from services.clients.models_events import Attendance, EventRegistration, OnlineEvent

Item = dict[str, Any]
C = TypeVar("C", bound=Client)


def organisation(session: Session, organisation_id: str) -> Item:
    """Return an organisation with its people and the events they attended; ``NotFound``."""
    found = _get(session, Organisation, "organisation", organisation_id)
    card = items.organisations(session, [found.id])[0]
    holders = select(Post.person_id).where(Post.organisation_id == found.id)
    attended = _attended(session, Attendance.client_id.in_(holders) | _is(found))
    return card | _details(session, found) | {"people": _people(session, found), "events": attended}


def person(session: Session, person_id: str) -> Item:
    """Return a person with all posts, registrations and attended events; raises ``NotFound``."""
    found = _get(session, Person, "person", person_id)
    card = items.people(session, [found.id])[0]
    more = {
        "posts": _posts(session, found),
        "events": _attended(session, _is(found)),
        "registrations": _registrations(session, found),
    }
    return card | _details(session, found) | more


def _get(session: Session, kind: type[C], noun: str, given: str) -> C:
    """Return the row; an id that is no UUID names nothing."""
    try:
        found = session.get(kind, UUID(str(given)))
    except ValueError:
        found = None
    if found is None:
        raise NotFound(noun, given)
    return found


def _is(client: Client) -> Any:
    return Attendance.client_id == client.id


def _details(session: Session, client: Client) -> Item:
    keys = select(Key).where(Key.client_id == client.id).order_by(Key.source, Key.ref)
    held = proofs.held_by(session, client.id)
    return {
        "inn": client.inn,
        "confirmed_at": items.iso(client.confirmed_at),
        "verified_method": client.verified_method,
        "municipality_as_given": client.municipality_text,
        "keys": [{"source": key.source, "ref": key.ref} for key in session.scalars(keys)],
        "consents": [
            {"purpose": one.purpose, "given": one.given, "at": items.iso(one.at)} for one in held
        ],
        "consent_proofs": [_proof(row) for row in proofs.of(session, client.id)],
    }


def _proof(row: ConsentRow) -> Item:
    return {
        "purposes": row.purposes,
        "topic": row.topic,
        "given": row.given,
        "at": items.iso(row.at),
        "channel": row.channel,
        "text_version": row.text_version,
        "event": {"source": row.event_source, "id": row.event_id},
    }


def _posts(session: Session, client: Person) -> list[Item]:
    query = (
        select(Post, Organisation)
        .join(Organisation, Organisation.id == Post.organisation_id)
        .where(Post.person_id == client.id)
        .order_by(Post.until.is_not(None), Post.since.desc(), Post.until.desc())
    )
    return [
        items.post_card(post) | {"organisation": items.organisation_card(body)}
        for post, body in session.execute(query)
    ]


def _people(session: Session, client: Organisation) -> list[Item]:
    holder = aliased(Person)
    query = (
        select(Post, holder)
        .join(holder, holder.id == Post.person_id)
        .where(Post.organisation_id == client.id)
        .order_by(Post.until.is_not(None), holder.sort_name, Post.since.desc())
    )
    return [
        items.post_card(post)
        | {"person": {"id": str(person.id), "full_name": items.full_name(person)}}
        for post, person in session.execute(query)
    ]


def _attended(session: Session, condition: Any) -> list[Item]:
    """Return the events attended by some clients, newest first; minutes of the longest stay."""
    query = (
        select(
            OnlineEvent,
            func.count().label("people"),
            func.max(Attendance.minutes).label("minutes"),
            func.bool_or(Attendance.counts).label("counts"),
        )
        .join(Attendance, Attendance.event_id == OnlineEvent.id)
        .where(condition)
        .group_by(OnlineEvent.id)
        .order_by(OnlineEvent.starts_at.desc(), OnlineEvent.id)
    )
    return [
        _event(online) | {"people": people, "minutes": minutes, "counts": counts}
        for online, people, minutes, counts in session.execute(query)
    ]


def _registrations(session: Session, client: Client) -> list[Item]:
    query = (
        select(OnlineEvent, EventRegistration.registered_at)
        .join(EventRegistration, EventRegistration.event_id == OnlineEvent.id)
        .where(EventRegistration.client_id == client.id)
        .order_by(OnlineEvent.starts_at.desc(), OnlineEvent.id)
    )
    return [
        _event(online) | {"registered_at": items.iso(at)} for online, at in session.execute(query)
    ]


def _event(online: OnlineEvent) -> Item:
    title = {"ru": online.title_ru, "ky": online.title_ky, "en": online.title_en}
    return {
        "id": str(online.id),
        "ref": online.ref,
        "title": title,
        "starts_at": items.iso(online.starts_at),
        "state": online.state,
    }
