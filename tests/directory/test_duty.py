"""Who is on duty now, and what lies near."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tongxin.directory import selectors
from tongxin.directory.models import DutyShift

pytestmark = pytest.mark.django_db


def hour(hours: float):
    return timezone.now() + timedelta(hours=hours)


def test_on_duty_now_is_only_who_is_on_duty_now(district):
    DutyShift.objects.bulk_create(
        DutyShift(
            station=district.station, member=district.member, mode=mode, starts_at=hour(a), ends_at=hour(b)
        )
        for mode, a, b in (("online", -2, -1), ("offline", -1, 1), ("online", 2, 3))
    )
    assert [shift.mode for shift in selectors.on_duty_now()] == ["offline"]
    assert len(selectors.on_duty_now(at=hour(5))) == 0


def test_nearest_areas(district):
    district.community.latitude, district.community.longitude = 28.19, 112.97
    district.community.save()
    district.other_community.latitude, district.other_community.longitude = 28.10, 112.97
    district.other_community.save()
    found = selectors.nearest_areas(28.18, 112.97)
    assert [area.code for area, _away in found] == ["T101", "T102"]
    assert found[0][1] == pytest.approx(1.11, abs=0.02)
    assert selectors.nearest_areas(39.9, 116.4) == []
    assert selectors.nearest_areas(float("nan"), 112.97) == []
    assert selectors.nearest_areas(90, 180) == []
