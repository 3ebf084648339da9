"""Municipalities: found by ru or ky name in folded spelling, or by classifier code; else created.

A municipality is not a body: its ayil okmotu and its aiyl kenesh are two organisations that
point to one row here (switch A2), so that bodies can be counted "in N municipalities".
"""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.db import new_id
from services.clients.blanks import Card
from services.clients.models import Municipality
from services.clients.rules.folding import is_classifier, is_kyrgyz, municipality_key


def assign(session: Session, client: Card) -> None:
    """Point a client to the municipality that its present text and territory mean."""
    if client.municipality_text is not None:
        found = named(session, client.municipality_text, client.territory or "")
        client.municipality_id = found.id


def named(session: Session, text: str, territory: str) -> Municipality:
    """Return the municipality of a territory that ``text`` means, created if it is unknown.

    A classifier code means one municipality of the whole country, whatever territory is named.
    """
    key = municipality_key(text)
    territory = "" if is_classifier(text) else territory
    # Two clients of one new municipality may come in the same instant: the second one waits
    # here for the first one and then finds its row.
    statement = insert(Municipality).values(id=new_id(), territory=territory, key=key)
    session.execute(statement.on_conflict_do_nothing())
    query = select(Municipality).where(Municipality.territory == territory, Municipality.key == key)
    found = session.scalars(query).one()
    _learn_name(found, text)
    return found


def _learn_name(found: Municipality, text: str) -> None:
    """Keep the first name in each language; a code is no name."""
    if is_classifier(text):
        return
    if is_kyrgyz(text):
        found.ky = found.ky or text
    else:
        found.ru = found.ru or text
