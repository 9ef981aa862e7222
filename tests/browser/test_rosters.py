"""Rosters in a browser: axe finds nothing, nothing is too wide, and a month is drafted and published without a script."""

from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from django.utils import timezone

from tests.browser.test_axe import LOOKS, look_at
from tests.testing.browser import PHONE
from tests.testing.district import District
from tongxin.duty.actions.rosters import drafts, handover, leave, publishing, swaps
from tongxin.duty.actions.rosters.slots import SlotGiven, add_slots
from tongxin.duty.models import Roster, RosterPattern
from tongxin.duty.opening import month_of, next_month


@pytest.fixture
def month(district: District) -> date:
    """The next month of the station: published, with gaps, leave, a swap and a note."""
    from tests.duty.test_rosters_pages import second

    coming = next_month(month_of(timezone.localdate()))
    office, other = district.actor("office"), second(district)
    RosterPattern.objects.create(
        station=district.station, name="每周", mode="offline", rule="weekdays", days=[1, 3],
        starts=time(9), ends=time(11), people=3, on_holiday="hold",
    )  # fmt: skip
    drafts.draft_month(district.station, coming, actor=office)
    publishing.publish_roster(Roster.objects.select_related("station").get(), actor=office)
    start = timezone.now() + timedelta(hours=30)
    [mine] = add_slots(
        district.station,
        SlotGiven("online", start, start + timedelta(hours=1), district.member),
        actor=office,
    )
    for roster in Roster.objects.filter(state="draft").select_related("station"):
        publishing.publish_roster(roster, actor=office)
    mine.refresh_from_db()
    swaps.ask_swap(mine.shift, actor=district.actor("member"), asked_of=other, words="请代一次")
    handover.write_hand_over(district.station, "钥匙在服务台。", actor=district.actor("liaison"))
    first = leave.ask_leave(
        actor=district.actor("member"), starts_on=coming, ends_on=coming + timedelta(days=9)
    )
    leave.answer_leave(first.pk, actor=office, is_granted=True)
    later = coming + timedelta(days=20)
    leave.ask_leave(actor=district.actor("member"), starts_on=later, ends_on=later, reason="出差")
    return coming


@pytest.mark.parametrize("look", LOOKS)
def test_every_page(meet: Callable, district: District, month: date, look: str):
    roster = f"/work/rosters/TW1/{month:%Y-%m}/"
    slot = Roster.objects.get(month=month).slots.filter(member=district.member).first()
    shift = slot.shift_id
    pattern = RosterPattern.objects.get().pk
    faults = []
    for name, paths in {
        None: ["/stations/"],
        "member": ["/work/shifts/", f"/work/shifts/{shift}/swap/", "/work/"],
        "M2": ["/work/shifts/"],
        "liaison": [
            "/work/",
            roster,
            f"{roster}add/",
            f"/work/rosters/slots/{slot.pk}/",
            "/work/rosters/TW1/patterns/",
            f"/work/rosters/patterns/{pattern}/",
            "/work/rosters/leaves/",
            f"/work/rosters/TW1/{next_month(month):%Y-%m}/",
        ],
        "office": [
            f"/work/rosters/?month={month:%Y-%m}",
            "/work/rosters/?only=gaps",
            "/work/rosters/leaves/",
        ],
    }.items():
        person = meet(name, cookies=LOOKS[look], bypass_csp=True, width=PHONE)
        faults += look_at(person, paths)
        person.context.close()
    assert faults == []


def test_a_month_is_drafted_and_published_by_hand_on_a_phone(meet: Callable, district: District):
    coming = next_month(month_of(timezone.localdate()))
    RosterPattern.objects.create(
        station=district.station, name="每周", mode="offline", rule="weekdays", days=[2],
        starts=time(9), ends=time(11), on_holiday="hold",
    )  # fmt: skip
    liaison = meet("liaison", width=PHONE)
    liaison.go(f"/work/rosters/TW1/{coming:%Y-%m}/")
    page = liaison.page
    with page.expect_navigation():
        page.click("button[value=draft]")
    assert page.locator(".slot").count() >= 4
    assert "测试委员甲" in page.inner_text(".month")
    page.click("button[value=publish]")
    with page.expect_navigation():
        page.click("dialog[open] .act, dialog[open] button[value=yes]")
    assert "已公布" in page.inner_text("main")
    assert Roster.objects.get().state == "published"
