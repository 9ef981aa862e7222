"""A reception day in real browsers: booked on a phone, checked in, called, taken down, printed; the screen shows numbers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.browser.test_axe import LOOKS, look_at
from tests.testing.browser import DESK, PHONE
from tests.testing.district import District
from tests.testing.receptions import receiving, visited
from tongxin.core.receipts import new_token
from tongxin.duty.actions.reception.booking import book
from tongxin.duty.actions.reception.planning import Plan, open_reception, plan_receptions
from tongxin.duty.models import Ticket, Visit
from tongxin.matters.actions.raising import passer_by
from tongxin.matters.models import Matter

TOPIC = "楼道灯坏了"


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_from_a_phone_to_the_printed_receipt(meet, district: District, javascript: bool):
    office_actor = district.actor("office")
    start = timezone.localtime().replace(second=0, microsecond=0) + timedelta(minutes=5)
    plan = Plan(
        district.station, "station", "委员接待日", start, start + timedelta(hours=2), hosts=[district.member]
    )
    reception = plan_receptions(plan, actor=office_actor)[0]
    open_reception(reception, actor=office_actor)

    resident = meet(width=PHONE, javascript=javascript)
    desk = meet("liaison", javascript=javascript)
    hall = meet(width=DESK, javascript=javascript)

    # Booked on a phone.
    resident.go("/receptions/")
    resident.press("委员接待日")
    resident.press("约一个时间")
    assert resident.overflow() <= 0
    resident.page.locator("main form [name=slot]").first.check()
    resident.fill(topic=TOPIC)
    resident.press("约好")
    resident.sees("约好了", "您的号")
    ticket = Ticket.objects.get()
    resident.press("看我的预约")
    resident.sees("1 号", "已预约", TOPIC)
    assert resident.overflow() <= 0

    # The desk sees it come, the hall sees numbers alone.
    hall.go(f"/receptions/{reception.number}/screen/")
    hall.sees("没有人排队")
    desk.go("/work/receptions/")
    desk.press("委员接待日")
    desk.sees(TOPIC)
    desk.press("到了")
    desk.sees("等候 1 人")
    resident.go(f"/receptions/{reception.number}/ticket/")
    resident.sees("前面还有 0 位")
    desk.press("叫下一位")
    if not javascript:
        hall.go(f"/receptions/{reception.number}/screen/")
    hall.sees("1号窗口")  # with a script by itself, within three seconds
    assert hall.page.locator(".calls b").first.inner_text() == "1"
    hall.does_not_see(TOPIC)
    desk.press("到了，开始")

    # What they say becomes a matter, with a receipt on paper.
    desk.press("记成事项")
    desk.fill(text="三单元楼道灯坏了一个月，晚上看不见。", place="3单元")
    desk.attach("photos")
    desk.press("记下，给出回执")
    desk.sees("请把回执交给本人")
    matter = Matter.objects.get()
    desk.sees(matter.number)
    code = desk.page.locator(".slip-code").inner_text()
    desk.page.emulate_media(media="print")
    assert desk.page.locator(".slip-code").is_visible()
    assert not desk.page.locator(".no-print").first.is_visible()
    desk.page.emulate_media(media="screen")
    ticket.refresh_from_db()
    assert (ticket.state, ticket.matter_id) == ("done", matter.pk)

    # The code on the paper opens the matter on the phone.
    resident.go("/track/")
    resident.fill(number=matter.number, code=code)
    resident.press("看进度")
    resident.sees("三单元楼道灯坏了一个月")
    assert not [each for person in (resident, desk, hall) for each in person.complaints]


def test_a_visit_written_down_on_a_phone(meet, district: District):
    member = meet("member", width=PHONE)
    member.go("/work/visits/")
    member.press("记走访")
    assert member.overflow() <= 0
    member.fill(people_met="2", words="两位老人。")
    member.page.locator("[name=c1-text]").fill("楼道灯坏了。")
    member.page.locator("details.concern").nth(1).locator("summary").click()
    member.page.locator("[name=c2-text]").fill("下水道堵了。")
    member.press("记下，给出回执")
    member.sees("走访已记下")
    assert member.page.locator(".slip").count() == 2
    assert member.overflow() <= 0
    assert Visit.objects.get().concerns.count() == 2
    assert not member.complaints


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing(meet, district: District, look: str):
    reception, ticket = receiving(district)
    visit, visit_token = visited(district)
    later = timezone.localtime().replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=9)
    plan = Plan(
        district.station,
        "chair",
        "主席接待日",
        later,
        later + timedelta(hours=2),
        "停车",
        host_label="区政协主席",
    )
    chair = plan_receptions(plan, actor=district.actor("office"))[0]
    token = new_token("book")
    booked = book(chair, actor=passer_by(), token=token, slot_at=later, topic="停车")
    visitor = meet(width=PHONE, cookies=LOOKS[look], bypass_csp=True)
    faults = look_at(
        visitor,
        ["/receptions/", "/receptions/?kind=chair", f"/stations/{district.station.code}/"]
        + [
            f"/receptions/{number}/{rest}"
            for number in (reception.number, chair.number)
            for rest in ("", "book/", "screen/")
        ]
        + [f"/receptions/{chair.number}/booked/?t={token}"],
    )
    visitor.go("/track/")
    visitor.fill(number=chair.number, code=booked.issued.code)
    with visitor.page.expect_navigation():
        visitor.page.locator("main form button.act").last.click()
    faults += look_at(visitor, [f"/receptions/{chair.number}/ticket/"])
    office = meet("office", cookies=LOOKS[look], bypass_csp=True)
    desk = f"/work/receptions/{reception.number}/"
    faults += look_at(
        office,
        ["/work/", "/work/receptions/", "/work/receptions/?when=past", "/work/receptions/new/", desk]
        + [f"/work/receptions/{chair.number}/{rest}" for rest in ("", "change/", "cancel/")]
        + [f"{desk}tickets/{ticket.pk}/{rest}" for rest in ("slip/", "matter/")]
        + [
            "/work/visits/",
            "/work/visits/new/",
            f"/work/visits/{visit.pk}/",
            f"/work/visits/receipts/?t={visit_token}",
        ],
    )
    office.go(f"{desk}tickets/{ticket.pk}/matter/")
    office.fill(text="楼道灯坏了。")
    with office.page.expect_navigation():
        office.page.locator("main form button.act").last.click()
    faults += look_at(office, [office.page.url])
    assert faults == []
