"""Migrations of the gateway's own tables."""

from chassis.migrate import run_env
from gateway.models import Base

# The tables of gateway.models_own are known to the metadata only when it is imported.
import gateway.models_own  # noqa: F401  isort: skip

run_env(Base.metadata)
