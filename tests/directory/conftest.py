"""The small district with a second member and a street's station."""

import pytest

from tests.testing.district import District
from tongxin.core.actor import Actor
from tongxin.directory.models import Member, Posting, Sector, Workstation


@pytest.fixture
def office(district: District) -> Actor:
    """The conference office."""
    return district.actor("office")


@pytest.fixture
def colleague(district: District) -> Member:
    """A second member of the community's station."""
    member = Member.objects.create(code="M2", name="测试委员乙", sector=Sector.objects.get())
    Posting.objects.create(member=member, station=district.station)
    return member


@pytest.fixture
def street_station(district: District) -> Workstation:
    """The street's own station."""
    return Workstation.objects.create(code="TW0", name="示例街道工作站", area=district.street)
