"""Migrations of reporting's own tables."""

from chassis.migrate import run_env
from services.reporting import models_reports
from services.reporting.models import Base

assert models_reports.Report.metadata is Base.metadata
run_env(Base.metadata)
