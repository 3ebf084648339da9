"""Fault row 27, drain off: without it the broker gives to others what was already handled."""

import pytest

from tests.broker.test_drain import QUEUE, left_after_the_end
from tests.broker.test_faults import depth

pytestmark = pytest.mark.broker


def test_it_hands_back_what_was_handled_without_the_drain(postgres, rabbit, house):
    running = house(postgres, rabbit, "clients")
    running.start("clients", mutant="drain_off")
    came_back = left_after_the_end(running, lambda: depth(rabbit.uri, QUEUE) > 0)
    assert came_back > 0
