"""Rosters: the station's liaison keeps its own, nobody is in two places."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tongxin.core.models import LedgerEntry
from tongxin.directory import actions, selectors
from tongxin.directory.actions import NotAllowed, Refused
from tongxin.directory.models import DutyShift, Posting

pytestmark = pytest.mark.django_db


def hour(hours: float):
    return timezone.now() + timedelta(hours=hours)


def add(district, actor, start=1.0, end=3.0, station=None, member=None, weeks=1):
    return actions.add_shifts(
        station or district.station,
        actor=actor,
        member=member or district.member,
        mode=DutyShift.Mode.ONLINE,
        starts_at=hour(start),
        ends_at=hour(end),
        weeks=weeks,
    )


def test_liaison_adds_weekly_shifts_and_the_ledger_names_nobody(district):
    add(district, district.actor("liaison"), weeks=3)
    assert DutyShift.objects.count() == 3
    entry = LedgerEntry.objects.order_by("seq").last()
    assert entry.event == "directory.changed"
    assert district.member.name not in entry.body


def test_double_booking_is_refused_with_where_and_when(district, office, street_station):
    Posting.objects.create(member=district.member, station=street_station)
    add(district, office, 1 + 7 * 24, 3 + 7 * 24)
    with pytest.raises(Refused) as refused:
        add(district, office, 2, 4, station=street_station, weeks=2)
    assert district.station.name in refused.value.reason
    assert DutyShift.objects.count() == 1
    add(district, office, 3 + 7 * 24, 4 + 7 * 24)


@pytest.mark.parametrize(
    ("start", "end", "weeks"),
    [(3, 1, 1), (1, 20, 1), (-5, -3, 1), (24 * 400, 24 * 400 + 1, 1), (1, 2, 13), (1, 2, 0)],
)
def test_impossible_times_are_refused(district, office, start, end, weeks):
    with pytest.raises(Refused):
        add(district, office, start, end, weeks=weeks)


def test_only_members_of_the_station_have_duty_there(district, office, street_station):
    with pytest.raises(Refused):
        add(district, office, station=street_station)


@pytest.mark.parametrize("name", ["member", "unit", "convener", "system_admin"])
def test_others_may_not_touch_the_roster(district, name):
    with pytest.raises(NotAllowed):
        add(district, district.actor(name))


def test_a_liaison_keeps_only_their_own_roster(district, office, street_station):
    Posting.objects.create(member=district.member, station=street_station)
    with pytest.raises(NotAllowed):
        add(district, district.actor("liaison"), station=street_station)
    [shift] = add(district, office, station=street_station)
    with pytest.raises(NotAllowed):
        actions.remove_shift(shift.pk, actor=district.actor("liaison"))


def test_a_shift_to_come_is_removed_one_that_is_over_stays(district, office):
    [shift] = add(district, office)
    actions.remove_shift(shift.pk, actor=office)
    actions.remove_shift(shift.pk, actor=office)
    assert not DutyShift.objects.exists()
    past = DutyShift.objects.create(
        station=district.station, member=district.member, mode="online", starts_at=hour(-3), ends_at=hour(-1)
    )
    with pytest.raises(Refused):
        actions.remove_shift(past.pk, actor=office)


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
