"""A meeting for every test that asks for one."""

import pytest

from tests.deliberation.meeting_world import World
from tests.testing.district import District


@pytest.fixture
def world(district: District) -> World:
    """A consultation called by the convener, twenty days from now."""
    return World(district)
