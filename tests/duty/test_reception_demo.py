"""The demo's receptions and visits load at any hour of any day, on a small district too."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.testing.district import District, _user
from tongxin.accounts.roles import Role, Scope
from tongxin.duty.demo.reception import play
from tongxin.duty.models import Reception, Visit
from tongxin.matters.models import Matter


@pytest.mark.parametrize("hours", [0, 5, 11, 17, 23])
def test_it_plays_at_any_hour(district: District, hours: int):
    _user("unit-U1", Role.UNIT, Scope.UNIT, district.street_unit.pk)
    now = timezone.localtime().replace(hour=hours, minute=40) - timedelta(days=1)
    play(now)
    states = set(Reception.objects.values_list("state", flat=True))
    assert states == {"planned", "open", "closed", "cancelled"}
    assert Reception.objects.filter(kind="chair").exists()
    assert Visit.objects.count() == 6
    assert not Visit.objects.filter(visited_at__gt=now).exists()
    assert {"reception", "visit"} <= set(Matter.objects.values_list("source", flat=True))
