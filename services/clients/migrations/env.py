"""Migrations of the client base."""

from chassis.migrate import run_env
from services.clients.models import Base
from services.clients.models_events import OnlineEvent

# Named so that the tables of both modules are in the metadata.
assert OnlineEvent.metadata is Base.metadata

run_env(Base.metadata)
