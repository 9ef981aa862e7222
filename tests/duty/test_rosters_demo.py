"""The demo's rosters: somebody is on duty at the moment it is loaded, nobody is in two places, every state is there."""

import random
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from tongxin.accounts.demo import load_accounts
from tongxin.directory import selectors
from tongxin.directory.demo.load import load_directory
from tongxin.directory.models import Area, DutyShift, Member, Unit, Workstation
from tongxin.duty.demo.rosters import load_rosters
from tongxin.duty.models import HandOver, Leave, Roster, RosterSlot, Swap

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db):
    load_directory(random.Random(7))
    load_accounts(
        units=list(Unit.objects.all()[:2]),
        stations=list(Workstation.objects.select_related("area")),
        streets=list(Area.objects.filter(level=Area.Level.STREET)),
        members=list(Member.objects.order_by("pk")),
    )


@pytest.mark.parametrize(
    "at",
    [(2026, 11, 22, 23, 50), (2026, 12, 31, 23, 30), (2026, 3, 1, 0, 5), (2026, 10, 8, 10, 0)],
)
def test_the_story_at_any_hour(people, at):
    now = timezone.make_aware(datetime(*at))
    load_rosters(now)
    running = selectors.on_duty_now(at=now)
    assert {shift.mode for shift in running} == {"online", "offline"}
    assert any(shift.member.user_id for shift in running)
    last: dict = {}
    for shift in DutyShift.objects.order_by("member_id", "starts_at"):
        assert last.get(shift.member_id, shift.starts_at) <= shift.starts_at
        last[shift.member_id] = shift.ends_at
    assert set(Roster.objects.values_list("state", flat=True)) == {"draft", "published"}
    assert set(Leave.objects.values_list("state", flat=True)) == {"asked", "granted", "declined"}
    assert Swap.objects.filter(state="asked").exists()
    assert RosterSlot.objects.filter(member=None, starts_at__gt=now).exists()
    assert HandOver.objects.filter(done_at=None).exists()
    shifts = DutyShift.objects.count()
    load_rosters(now + timedelta(days=1))
    assert DutyShift.objects.count() == shifts
