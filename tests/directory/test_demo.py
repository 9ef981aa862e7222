"""The demo district has the counts that are known, and somebody is on duty."""

import random
from datetime import timedelta

import pytest
from django.db.models import Count
from django.utils import timezone

from tongxin.directory import selectors
from tongxin.directory.demo.load import load_directory, write_roster
from tongxin.directory.models import Area, Committee, DutyShift, Member, Posting, Sector, Unit, Workstation

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(db):
    return load_directory(random.Random(7))


def test_counts_of_the_model_district(demo):
    levels = dict(Area.objects.values_list("level").annotate(Count("pk")))
    assert levels == {"district": 1, "street": 14, "community": 95}
    assert Area.objects.filter(is_example=True).count() == 18
    assert dict(Member.objects.values_list("level").annotate(Count("pk"))) == {"district": 203, "city": 54}
    assert (Sector.objects.count(), Committee.objects.count(), Workstation.objects.count()) == (28, 6, 109)
    assert Unit.objects.filter(kind="community").count() == 95
    assert Unit.objects.filter(kind="street", area__level="street").count() == 14
    assert Member.objects.values("name").distinct().count() == 257


def test_everybody_is_posted_and_every_station_has_two_people_and_a_lead(demo):
    assert not Member.objects.filter(postings=None).exists()
    stations = Workstation.objects.annotate(people=Count("postings"))
    assert min(station.people for station in stations) >= 2
    assert Posting.objects.filter(is_lead=True).values("station").distinct().count() == 109
    assert Posting.objects.filter(is_lead=True).count() == 109


def test_somebody_is_on_duty_in_both_ways_at_any_hour(demo):
    for hours in (0, 5, 30, 24 * 40 + 3):
        at = timezone.now() + timedelta(hours=hours)
        write_roster(random.Random(1), at=at)
        assert {shift.mode for shift in selectors.on_duty_now(at=at)} == {"online", "offline"}


def test_nobody_is_in_two_places(demo):
    write_roster(random.Random(1), at=timezone.now() + timedelta(days=5, hours=7))
    last: dict = {}
    for shift in DutyShift.objects.order_by("member_id", "starts_at"):
        assert last.get(shift.member_id, shift.starts_at) <= shift.starts_at
        last[shift.member_id] = shift.ends_at


def test_a_second_roster_at_the_same_time_adds_nothing(demo):
    assert write_roster(random.Random(3)) == 0


def test_communities_lie_where_a_phone_would_find_them(demo):
    for area in Area.objects.filter(level="community"):
        assert 28.05 <= area.latitude <= 28.20
        assert 112.95 <= area.longitude <= 113.02
    assert len(selectors.nearest_areas(28.17, 112.98)) == 5
