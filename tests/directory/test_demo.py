"""The demo district has the counts that are known, and somebody is on duty."""

import random

import pytest
from django.db.models import Count

from tongxin.directory import selectors
from tongxin.directory.demo.load import load_directory
from tongxin.directory.models import Area, Committee, Member, Posting, Sector, Unit, Workstation

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


def test_communities_lie_where_a_phone_would_find_them(demo):
    for area in Area.objects.filter(level="community"):
        assert 28.05 <= area.latitude <= 28.20
        assert 112.95 <= area.longitude <= 113.02
    assert len(selectors.nearest_areas(28.17, 112.98)) == 5
