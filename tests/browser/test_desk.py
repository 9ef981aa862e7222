"""Two phones talk over a station's desk: messages appear without a reload, and the talk becomes a matter."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.test_axe import LOOKS, faults_of, look_at
from tests.testing.browser import PHONE, Person, some_photo
from tests.testing.district import District
from tongxin.core.receipts import new_token
from tongxin.directory.models import Area, DutyShift, Workstation
from tongxin.duty.actions.desk import close_thread, transfer_thread, write_message
from tongxin.duty.models import CannedAnswer, DeskMessage, DeskThread
from tongxin.matters.models import Matter

QUESTION, ANSWER, MORE = "楼下路灯坏了三天，该找谁？", "请告诉我灯杆编号。", "编号0417。"


def asks(person: Person, district: District) -> str:
    """From the station's page to the conversation; its number."""
    person.go(f"/stations/{district.station.code}/")
    person.press("在线问值班委员")
    person.fill(text=QUESTION)
    person.attach("photos")
    person.press("发送")
    person.sees("收到了，这是您的回执", QUESTION)
    return DeskThread.objects.latest("pk").number


def says(person: Person, words: str, button: str) -> None:
    """Write and send without leaving the page."""
    person.page.locator("#say-form [name=text]").fill(words)
    person.page.get_by_role("button", name=button, exact=True).click()
    expect(person.page.locator("#messages .mine").last).to_contain_text(words)


def test_two_phones_talk_without_a_reload_and_it_becomes_a_matter(meet, district: District):
    resident, member = meet(width=PHONE), meet("member", width=PHONE)
    number = asks(resident, district)
    assert resident.overflow() <= 0
    member.go("/work/")
    member.sees("线上咨询待答")
    member.go("/work/desk/")
    member.page.get_by_role("link", name=QUESTION).click()
    member.sees(QUESTION)
    assert member.overflow() <= 0
    pages_before = len([one for one in resident.asked if one.resource_type == "document"])
    expect(resident.page.locator("#more")).to_contain_text("对方已看到", timeout=8000)

    says(member, ANSWER, "发送答复")
    expect(resident.page.locator("#messages")).to_contain_text(ANSWER, timeout=8000)
    expect(resident.page.locator("#status")).to_contain_text("已答复")
    expect(resident.page.locator("#panel")).to_contain_text("评一评")
    says(resident, MORE, "发送")
    expect(member.page.locator("#messages")).to_contain_text(MORE, timeout=8000)
    assert len([one for one in resident.asked if one.resource_type == "document"]) == pages_before
    for person in (resident, member):
        assert person.page.locator("#messages li").count() == 3, "every message once"
        assert person.page.locator("#say-form [name=text]").input_value() == ""

    member.go(f"/work/desk/{number}/convert/")
    member.fill(title="三号楼下路灯坏了")
    member.press("转成事项")
    expect(resident.page.locator("#panel")).to_contain_text("转成了一件事", timeout=8000)
    resident.press("看这件事的进度")
    matter = Matter.objects.get()
    resident.sees("三号楼下路灯坏了", QUESTION, MORE)
    assert matter.original_text == f"{QUESTION}\n{MORE}"
    assert matter.dossier.attachments.count() == 1
    assert resident.complaints == member.complaints == []


@pytest.mark.parametrize("javascript", [False])
def test_the_same_without_javascript(meet, district: District, javascript: bool):
    resident = meet(width=PHONE, javascript=javascript)
    member = meet("member", javascript=javascript)
    number = asks(resident, district)
    member.go(f"/work/desk/{number}/")
    member.page.locator("#say-form [name=text]").fill(ANSWER)
    member.page.locator("#say-form [name=photos]").set_input_files([some_photo()])
    with member.page.expect_navigation():
        member.page.get_by_role("button", name="发送答复", exact=True).click()
    resident.press("看看有没有新答复")
    resident.sees(ANSWER)
    resident.page.locator("main form[action$='/rate/'] [name=solved][value=yes]").check()
    resident.page.locator("main form[action$='/rate/'] [name=attitude][value='5']").check()
    with resident.page.expect_navigation():
        resident.page.get_by_role("button", name="提交评价", exact=True).click()
    resident.sees("评好了，谢谢")
    assert DeskMessage.objects.count() == 2
    assert DeskThread.objects.get().solved == "yes"


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_in_any_state(meet, district: District, look: str):
    CannedAnswer.objects.create(title="报修", text="请告诉我灯杆编号。")
    now = timezone.now()
    DutyShift.objects.create(
        station=district.station,
        member=district.member,
        mode="online",
        starts_at=now,
        ends_at=now + timedelta(hours=2),
    )
    other = Workstation.objects.create(
        code="TW2", name="示例乙社区工作室", area=Area.objects.get(code="T102")
    )
    options = {"width": PHONE, "cookies": LOOKS[look], "bypass_csp": True}
    resident, office = meet(**options), meet("office", **options)
    station = f"/desk/{district.station.code}/"
    faults = look_at(resident, ["/desk/", "/desk/?q=没有的", "/desk/TW2/", station, "/stations/TW1/"])
    resident.go(station)
    with resident.page.expect_navigation():
        resident.page.locator("main form button.act").last.click()
    faults += faults_of(resident, "asked empty")
    resident.fill(text=QUESTION, phone="13800000000", consent="on")
    resident.attach("photos")
    with resident.page.expect_navigation():
        resident.page.locator("main form button.act").last.click()
    faults += faults_of(resident, "receipt")
    thread = DeskThread.objects.get()
    page, work = f"/desk/threads/{thread.number}/", f"/work/desk/{thread.number}/"
    DeskThread.objects.update(answer_due_at=now - timedelta(minutes=1))
    faults += look_at(
        office, ["/work/", "/work/desk/", work, f"{work}transfer/", f"{work}convert/", "/work/desk/canned/"]
    )
    member = district.actor("member")
    write_message(thread, actor=member, token=new_token("desk_say"), text=ANSWER)
    transfer_thread(thread, actor=member, to=other, reason="归那边", seen_version=None)
    write_message(thread, actor=district.actor("office"), token=new_token("desk_say"), text=ANSWER)
    faults += look_at(resident, [page])
    close_thread(thread, actor=district.actor("office"), seen_version=None)
    faults += look_at(resident, [page]) + look_at(office, [work, "/work/desk/?tab=closed"])
    office.go(f"{work}convert/")
    office.fill(title="路灯坏了", area="T102")
    with office.page.expect_navigation():
        office.page.locator("main form button.act").last.click()
    faults += look_at(resident, [page]) + look_at(office, [work])
    assert faults == []
