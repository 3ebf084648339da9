"""Reporting's tests act as the service does in a tick."""

from collections.abc import Iterator

import pytest

from chassis import context


@pytest.fixture(autouse=True)
def flow() -> Iterator[None]:
    """Each test runs in the flow that a tick or a call would have set."""
    with context.flowing("reporting"):
        yield
