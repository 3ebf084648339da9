"""The story that the tests of the demo share: that of the usual seed."""

from datetime import datetime

import pytest

from chassis.clock import BISHKEK
from launch.demo import story as stories
from launch.demo.expected import Figures, expected
from launch.demo.story import Story

SEED = 2022
AFTERWARDS = datetime(2023, 1, 1, tzinfo=BISHKEK)


@pytest.fixture(scope="session")
def story() -> Story:
    """The whole year of the usual seed."""
    return stories.tell(SEED)


@pytest.fixture(scope="session")
def figures(story: Story) -> dict[str, Figures]:
    """The expected figures of the whole year."""
    return expected(story, AFTERWARDS)
