"""A meeting from sign-up to a vote: a resident on a phone, the convener at the desk, the screen in the room."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from tests.testing.browser import PHONE
from tests.testing.district import District, Journey
from tongxin.deliberation.models import Meeting, RoomVote, SignUp
from tongxin.matters.actions import deliberating


def test_an_evening_of_two_residents_and_a_convener(meet, district: District) -> None:
    journey = Journey(district).to_deliberating()
    matter = journey.fresh()
    meeting = deliberating.call_meeting(
        matter,
        actor=district.actor("convener"),
        starts_at=timezone.now() + timedelta(days=30),
        place="社区活动室",
        agenda="通报情况\n讨论方案",
        seen_version=None,
    )
    convener, screen = meet("convener"), meet("convener")
    residents = [meet(width=PHONE), meet(width=PHONE)]

    for resident in residents:
        resident.go(f"/matters/{matter.number}/meetings/{meeting.pk}/sign-up/")
        resident.page.locator("main form button.act").click()
        resident.sees("查询码")
        resident.go(f"/meetings/{meeting.pk}/seat/")
        resident.sees("名额给您留着")
        assert resident.overflow() == 0

    convener.go(f"/work/meetings/{meeting.pk}/")
    convener.press("开会")
    screen.go(f"/meetings/{meeting.pk}/screen/")
    screen.sees("扫码签到")
    key = Meeting.objects.get(pk=meeting.pk).check_in_key

    # The convener's page tells of whoever checks in, without a reload.
    counts = convener.page.locator("#counts")
    expect(counts).to_contain_text("签到 0")
    for resident in residents:
        resident.go(f"/meetings/{meeting.pk}/check-in/?k={key}")
        resident.press("我到了，签到")
    expect(counts).to_contain_text("签到 2", timeout=15_000)
    assert SignUp.objects.filter(checked_in_by="qr").count() == 2

    convener.page.locator("[name=text]").fill("写到一半的话")
    residents[0].go(f"/meetings/{meeting.pk}/seat/")
    residents[0].press("我要发言")
    expect(convener.page.locator("#queue")).to_contain_text("居民 1 号", timeout=15_000)
    assert convener.page.locator("[name=text]").input_value() == "写到一半的话"
    convener.press("请讲")
    expect(screen.page.locator("body")).to_contain_text("居民 1 号", timeout=15_000)

    convener.fill(text="先装红绿灯")
    convener.press("交大家表决")
    for resident in residents:
        resident.go(f"/meetings/{meeting.pk}/seat/")
        resident.press("赞成")
        resident.sees("✓ 赞成")
    expect(convener.page.locator("#phones")).to_contain_text("2", timeout=15_000)
    convener.page.locator("summary", has_text="没有手机的举手").click()
    convener.fill(resident_agree="3", resident_disagree="1")
    convener.press("记下举手的数")
    convener.press("关闭表决，公布结果")
    assert RoomVote.objects.get().result["total"] == [5, 1, 0]
    expect(screen.page.locator("body")).to_contain_text("先装红绿灯", timeout=15_000)
    for somebody in (convener, screen, *residents):
        assert somebody.complaints == []
