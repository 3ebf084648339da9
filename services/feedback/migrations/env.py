"""Migrations of feedback's own tables."""

from chassis.migrate import run_env
from services.feedback.models import Base

run_env(Base.metadata)
