"""One matter from a station's QR code to a reopened and then satisfied rating, by seven people in their own pages."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.testing.browser import PHONE, Person, some_photo
from tests.testing.district import District
from tongxin.core import ledger
from tongxin.deliberation.models import Meeting
from tongxin.matters.models import Matter

WORDS = "村口早上堵车，孩子过马路不安全，想装一个红绿灯。"
PHONE_NUMBER = "13800000000"
CHECKED = "我看过了，公开这段文字"
PREVIEW = "下一步：公开前看一遍"

DONE, NOW, TODO = "done", "now", "todo"


def rail(step: int) -> list[str]:
    """The six seals with this one (1 to 6) as the present one."""
    return [DONE] * (step - 1) + [NOW] + [TODO] * (6 - step)


def past(**changes: object) -> None:
    """Let working days pass: move the matter's dates instead of the clock."""
    Matter.objects.update(**changes)


def opens(person: Person, number: str) -> None:
    """From the work list to the matter."""
    person.go("/work/")
    person.page.locator(f"main a[href='/work/matters/{number}/']").first.click()
    person.page.wait_for_url(f"**/work/matters/{number}/")


def does(person: Person, number: str, label: str, *, public: bool = True, **fields: object) -> None:
    """Follow the button of a transition, fill in its form, check the preview when it has one."""
    person.go(f"/work/matters/{number}/")
    person.press(label)
    photos = {name: value for name, value in fields.items() if isinstance(value, dict)}
    person.fill(**{name: str(value) for name, value in fields.items() if name not in photos})
    for name, photo in photos.items():
        person.attach(name, photo)
    if public:
        person.press(PREVIEW)
        person.sees("大家会看到这些字")
        person.press(CHECKED)
    else:
        person.press(label)
    person.sees("已完成：")


def gets_receipt(person: Person) -> tuple[str, str]:
    """Number and code from the page after a public submission."""
    facts = person.page.locator("main dl.facts dd")
    number = facts.nth(0).locator(".num").inner_text().strip("()")
    return number, facts.nth(1).inner_text().replace(" ", "")


def tracks(person: Person, number: str, code: str) -> None:
    """Open the tracking page with number and code."""
    person.go("/track/")
    person.fill(number=number, code=code)
    person.press("看进度")


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_from_the_qr_code_to_a_satisfied_rating(meet, district: District, javascript: bool):
    # Seven people. Each has a browser of their own.
    resident = meet(width=PHONE, javascript=javascript)
    neighbour = meet(width=PHONE, javascript=javascript)
    office = meet("office", javascript=javascript)
    convener = meet("convener", javascript=javascript)
    decider = meet("decider", javascript=javascript)
    unit = meet("unit", javascript=javascript)
    member = meet("member", javascript=javascript)

    # 1 raise: the resident at the station's door.
    resident.go(f"/raise/?station={district.station.code}")
    resident.sees(f"您在{district.station.name}")
    assert resident.overflow() <= 0
    resident.fill(
        text=WORDS + "我电话13800000000",
        place="村口公交站旁",
        phone=PHONE_NUMBER,
        name="示例居民",
        consent="on",
    )
    resident.attach("photos")
    resident.press("提交")
    resident.sees("收到了，谢谢您", "工作站审核")
    first_number, code = gets_receipt(resident)
    assert first_number.startswith("S")
    assert len(code.replace("-", "")) == 10
    resident.press("现在就看进度")
    resident.sees("第一步", "政协办公室", WORDS)
    assert resident.rail() == rail(1)
    assert resident.timeline() == ["居民在工作站扫码提出"]
    neighbour.go(f"/matters/{first_number}/", status=404)

    # The office accepts it as a consultation; what looks personal is masked before anything is public.
    opens(office, first_number)
    office.sees("提事人的原话", WORDS)
    office.press("受理为微协商")
    assert PHONE_NUMBER not in office.page.locator("[name=text]").input_value()
    office.fill(
        title="村口装红绿灯",
        text=WORDS + "电话" + PHONE_NUMBER,
        category=str(district.category.pk),
        decider=str(district.street_unit.pk),
    )
    office.press(PREVIEW)
    office.sees("有疑似个人信息")
    assert PHONE_NUMBER not in office.page.locator("[name=text]").input_value()
    office.fill(text=WORDS)
    office.press(CHECKED)
    office.sees("已完成：受理为微协商")
    matter = Matter.objects.get()
    number = matter.number
    assert (matter.state, number[0]) == ("deliberating", "C")
    assert office.page.url.endswith(f"/work/matters/{number}/")
    assert office.rail() == rail(2)

    # 2 deliberate: the neighbour joins in, the convener calls the meeting and minutes it.
    neighbour.go(f"/matters/{first_number}/")
    assert neighbour.page.url.endswith(f"/matters/{number}/")
    assert neighbour.rail() == rail(2)
    neighbour.sees("受理为微协商，请大家一起商量", WORDS)
    neighbour.does_not_see(PHONE_NUMBER, "示例居民")
    neighbour.press("说说看法")
    neighbour.fill(stance="support", text="支持，最好上学时段延长绿灯。")
    neighbour.press("发出")
    neighbour.sees("看法已发出")
    _same, neighbours_code = gets_receipt(neighbour)
    opens(convener, number)
    convener.sees("最好上学时段延长绿灯")
    convener.go(f"/work/matters/{number}/do/decide/", status=404)
    soon = timezone.localtime() + timedelta(days=21)
    does(
        convener, number, "发会议通知",
        starts_at=f"{soon:%Y-%m-%dT19:30}", place="社区活动室", agenda="通报情况\n讨论方案", capacity="30",
    )  # fmt: skip
    resident.go(f"/matters/{number}/")
    resident.sees("社区活动室", "通报情况")
    resident.press("我要报名")
    resident.press("报名")
    resident.sees("报上名了")
    member.go(f"/matters/{number}/")
    member.press("我要报名")
    member.press("报名")
    member.sees("报上名了")
    convener.go(f"/work/matters/{number}/")
    expected = convener.page.locator(".offers [aria-disabled=true]").all_inner_texts()
    assert "送责任单位研究" in expected
    Meeting.objects.update(starts_at=timezone.now() - timedelta(hours=2))
    does(
        convener, number, "记纪要",
        minutes="大家同意装信号灯；商户担心停车。", count_resident="12", count_member="2", names_member="测试委员甲",
        view_kind_0="consensus", view_role_0="resident", view_text_0="装信号灯",
        view_kind_1="dissent", view_role_1="resident", view_text_1="商户反对单行",
    )  # fmt: skip
    does(convener, number, "送责任单位研究", decider=district.street_unit.pk, note="请在月底前研究。")
    neighbour.go(f"/matters/{number}/")
    assert neighbour.rail() == rail(3)
    neighbour.sees("14 人到会", "商户反对单行", f"{district.street_unit.name}研究")

    # 3 decide: only the street's own account, and every consensus and dissent is answered.
    office.go(f"/work/matters/{number}/do/decide/", status=404)
    opens(decider, number)
    decider.press("作出决定")
    decider.fill(
        result="adopted", reasons="装灯，暂不单行。", workdays="20", lead_unit=str(district.department.pk)
    )
    decider.press(PREVIEW)
    decider.sees("还有几处要改")
    for field in decider.page.locator("[name^=answer_]").all():
        field.fill("暂不单行，先装灯，另划停车位。")
    decider.press(PREVIEW)
    decider.press(CHECKED)
    decider.sees("已完成：作出决定")
    neighbour.go(f"/matters/{number}/")
    neighbour.does_not_see("另划停车位")

    # 4 publish: the office, after a preview; an objection is answered before anything goes on.
    does(office, number, "公示", public_text="装灯，暂不单行。", workdays="5")
    neighbour.go(f"/matters/{number}/")
    assert neighbour.rail() == rail(4)
    neighbour.sees("公示决定：", "另划停车位", "前可提意见")
    neighbour.press("对决定提意见")
    neighbour.fill(text="绿灯时间太短，老人走不完。")
    neighbour.press("提交意见")
    neighbour.sees("意见已提交")
    past(objections_until=timezone.localdate() - timedelta(days=1))
    office.go(f"/work/matters/{number}/")
    office.sees("绿灯时间太短")
    assert "期满交办" in office.page.locator(".offers [aria-disabled=true]").all_inner_texts()
    does(office, number, "答复意见", answer="绿灯延长到40秒。")
    does(office, number, "期满交办", public=False)
    neighbour.go(f"/matters/{number}/")
    assert neighbour.rail() == rail(5)
    neighbour.sees("绿灯延长到40秒", f"交{district.department.name}办理")

    # 5 act: the department, with evidence; the resident's contact is not its business.
    opens(unit, number)
    unit.does_not_see(PHONE_NUMBER, "提事人的原话")
    does(unit, number, "接办", note="收到，下周进场。")
    does(unit, number, "报进展", text="灯杆基础已完成。")
    does(unit, number, "办完了", text="信号灯已装好。")

    # 6 rate: the resident says it is not solved, and by right it is done again.
    neighbour.go(f"/matters/{number}/")
    assert neighbour.rail() == rail(6)
    neighbour.sees("信号灯已装好。")
    tracks(resident, first_number, code)
    assert resident.page.url.endswith(f"/track/{number}/")
    resident.sees("办完了，请大家评", "灯杆基础已完成")
    resident.press("来评一评")
    resident.sees("您以“提事人”的身份评")
    resident.fill(solved="no", attitude="4", result="2", words="装是装了，一到早上就黄闪。")
    resident.press("提交评价")
    resident.sees("谢谢，您的评价直接记到政协")
    assert resident.timeline()[0] == "提事人说没解决，重新办理"
    assert resident.rail() == rail(5)
    resident.go(f"/track/{number}/")
    resident.sees("正在按规定重新办理")

    # Done again; now everybody is content.
    opens(unit, number)
    unit.sees("一到早上就黄闪")
    does(unit, number, "办完了", text="已改为全天信号控制。", after=some_photo("seagreen"))
    resident.go(f"/matters/{number}/rate/")
    resident.fill(solved="yes", attitude="5", result="5", words="早上好走了，谢谢。")
    resident.press("提交评价")
    tracks(neighbour, number, neighbours_code)
    neighbour.press("来评一评")
    neighbour.fill(solved="yes", attitude="5", result="4")
    neighbour.press("提交评价")
    member.go("/work/")
    member.sees("请您评一评", "村口装红绿灯")
    member.go(f"/matters/{number}/rate/")
    member.sees("您以“委员”的身份评")
    member.fill(solved="yes", attitude="5", result="5")
    member.press("提交评价")
    stranger = meet(width=PHONE, javascript=javascript)
    stranger.go(f"/matters/{number}/")
    stranger.sees(
        "早上好走了，谢谢。", "提事人", "委员", "已改为全天信号控制。", "装是装了，一到早上就黄闪。"
    )
    assert stranger.page.locator("main figure img, main .photo img").count() == 1
    assert stranger.rail() == rail(6)
    past(due_on=timezone.localdate() - timedelta(days=1))
    does(office, number, "评完办结", public=False)
    stranger.go(f"/matters/{number}/")
    stranger.sees("3 人评")
    matter.refresh_from_db()
    assert (matter.state, matter.outcome, matter.reopen_count) == ("watched", "solved", 1)
    told = [
        "评价期满", "办完了", "提事人说没解决", "办完了", "进展", "接办", "公示期满", "答复公示意见",
        "公示决定", "商量完", "会议纪要", "开会商量", "受理为微协商", "居民在工作站扫码提出",
    ]  # fmt: skip
    titles = stranger.timeline()
    assert len(titles) == len(told)
    assert all(words in title for words, title in zip(told, titles, strict=True)), titles

    # Nothing of it can be altered unnoticed, and nobody's browser complained.
    count, fault = ledger.verify()
    assert fault is None
    assert count >= len(told)
    stranger.go("/ledger/")
    for someone in (resident, neighbour, office, convener, decider, unit, member, stranger):
        assert someone.complaints == []
