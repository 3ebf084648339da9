"""Migrations of the gateway's own tables."""

from chassis.migrate import run_env
from gateway.models import Base

run_env(Base.metadata)
