"""The desk as a fixture."""

import pytest

from chassis.db import Database
from tests.feedback.desk import Desk


@pytest.fixture
def desk(feedback_db: Database) -> Desk:
    """Feedback with an empty database."""
    return Desk(feedback_db)
