"""The station's page: duty now, today and in two weeks, how to get there, and nothing it doesn't know."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tongxin.directory.models import Area, DutyShift, Workstation
from tongxin.directory.views.public import geo_address

pytestmark = pytest.mark.django_db


def on_duty(district, begins: timedelta, hours: int = 2, mode: str = "offline") -> DutyShift:
    begin = timezone.now() + begins
    return DutyShift.objects.create(
        station=district.station,
        member=district.member,
        mode=mode,
        starts_at=begin,
        ends_at=begin + timedelta(hours=hours),
    )


def test_nobody_now_but_when_next(district, client):
    coming = on_duty(district, timedelta(days=3))
    page = client.get("/stations/TW1/").content.decode()
    assert "没有人在值班" in page
    assert f"下一次：{timezone.localtime(coming.starts_at):%m-%d %H:%M}，测试委员甲（线下）" in page


def test_now_today_and_later_stand_apart(district, client):
    # Noon, so that what is later the same day stays the same day.
    import time_machine

    noon = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    with time_machine.travel(noon, tick=False):
        on_duty(district, timedelta(hours=-1))
        on_duty(district, timedelta(hours=4), mode="online")
        on_duty(district, timedelta(days=2))
        on_duty(district, timedelta(days=20))
        context = client.get("/stations/TW1/").context
    assert [len(context[name]) for name in ("running", "later_today", "days")] == [1, 1, 1]


def test_how_to_get_there(district, client):
    Workstation.objects.update(address="幸福路8号", phone="0731-55500001", opening="工作日 9:00–17:00")
    Area.objects.filter(code="T101").update(latitude=28.19, longitude=112.97)
    page = client.get("/stations/TW1/").content.decode()
    assert 'href="tel:0731-55500001"' in page
    assert 'href="geo:28.19000,112.97000?q=' in page
    assert "幸福路8号" in page


def test_what_is_not_known_is_said(district, client):
    page = client.get("/stations/TW1/").content.decode()
    assert "geo:" not in page
    assert "地址和电话还没有登记" in page


def test_a_name_with_marks_stays_inside_the_map_address():
    area = Area(latitude=1.5, longitude=2.25)
    address = geo_address(Workstation(name='站"<&)?', area=area))
    assert address.startswith("geo:1.50000,2.25000?q=")
    assert not set('"<>& ') & set(address)


def test_the_poster_page_offers_the_files(district, client):
    page = client.get("/stations/TW1/poster/").content.decode()
    for query in ("size=a4", "size=a3&amp;language=en", "size=a3&amp;language=both"):
        assert f"/stations/TW1/poster.pdf?{query}" in page
    assert "印制于" in page
