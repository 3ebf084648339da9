"""Migrations of the chassis' own tables."""

from chassis.db import Base
from chassis.migrate import run_env

run_env(Base.metadata)
