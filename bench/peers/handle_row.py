"""The row that a peer writes for each event."""

from sqlalchemy import JSON
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Base of the peers' table."""


class Handled(Base):
    """One event that was handled."""

    __tablename__ = "handled"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str]
    body: Mapped[dict] = mapped_column(JSON)
