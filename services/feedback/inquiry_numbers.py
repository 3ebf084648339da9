"""Gives out the numbers of inquiries: one sequence a year, without gaps."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.feedback.models import YearNumbers
from services.feedback.rules import numbering


def take(session: Session, year: int) -> str:
    """Return the next number of a Bishkek year.

    The counter's row stays locked until the transaction ends: whoever comes at the same moment
    waits, and a rollback gives the number back. A database sequence would leave gaps.
    """
    statement = insert(YearNumbers).values(year=year, count=1)
    statement = statement.on_conflict_do_update(
        index_elements=[YearNumbers.year], set_={"count": YearNumbers.count + 1}
    )
    count = session.scalars(statement.returning(YearNumbers.count)).one()
    return numbering.written(year, count)
