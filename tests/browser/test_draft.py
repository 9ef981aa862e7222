"""What somebody types is not lost: a reload, the way back, a second press."""

from tests.testing.browser import PHONE, some_photo
from tests.testing.district import District, Journey
from tongxin.matters.models import Matter

WORDS = "村口早上堵车，想装一个红绿灯。"


def test_draft_survives_a_reload_and_goes_with_the_confirmation(meet, district: District):
    resident = meet(width=PHONE)
    resident.go("/raise/")
    resident.fill(
        text=WORDS, area=district.community.code, place="村口", phone="13800000000", name="示例居民"
    )
    resident.page.reload()
    resident.sees("上次没写完的还在")
    text, place, area = (resident.page.locator(f"[name={name}]") for name in ("text", "place", "area"))
    assert text.input_value() == WORDS
    assert place.input_value() == "村口"
    assert area.input_value() == district.community.code
    # Contacts never stay on a device that others may use.
    kept = resident.page.evaluate("() => JSON.stringify(localStorage)")
    assert "13800000000" not in kept
    assert "示例居民" not in kept
    resident.fill(phone="", name="")
    resident.press("提交")
    resident.sees("收到了，谢谢您")
    resident.page.wait_for_function("() => localStorage.length === 0")
    resident.go("/raise/")
    assert text.input_value() == ""
    resident.does_not_see("上次没写完的还在")


def test_draft_can_be_discarded(meet, district: District):
    resident = meet(width=PHONE)
    resident.go("/raise/")
    resident.fill(text=WORDS)
    resident.page.reload()
    resident.page.get_by_role("button", name="丢弃草稿").click()
    assert resident.page.locator("[name=text]").input_value() == ""
    resident.page.reload()
    resident.does_not_see("上次没写完的还在")


def test_a_comments_draft_goes_with_its_confirmation(meet, district: District):
    number = Journey(district).to_deliberating().fresh().number
    resident = meet(width=PHONE)
    resident.go(f"/matters/{number}/comment/")
    resident.fill(text="支持，早点装。", stance="support")
    resident.press("发出")
    resident.sees("看法已发出")
    resident.go(f"/matters/{number}/comment/")
    assert resident.page.locator("[name=text]").input_value() == ""


def test_way_back_keeps_the_text(meet, district: District):
    resident = meet(width=PHONE)
    resident.go("/raise/")
    resident.fill(text=WORDS)
    resident.go("/matters/")
    resident.page.go_back()
    assert resident.page.locator("[name=text]").input_value() == WORDS


def test_pressing_twice_makes_one_matter(meet, district: District):
    resident = meet(width=PHONE)
    resident.go(f"/raise/?station={district.station.code}")
    resident.fill(text=WORDS)
    with resident.page.expect_navigation():
        resident.page.get_by_role("button", name="提交", exact=True).dblclick(no_wait_after=True)
    resident.sees("收到了，谢谢您")
    assert Matter.objects.count() == 1


def test_sending_the_same_form_again_makes_one_matter(meet, district: District):
    # Without JavaScript nothing stops a second press; the way back and "submit" again is the same form.
    resident = meet(width=PHONE, javascript=False)
    resident.go(f"/raise/?station={district.station.code}")
    resident.fill(text=WORDS)
    form = {
        field: resident.page.locator(f"main form [name={field}]").first.input_value()
        for field in ("csrfmiddlewaretoken", "token", "text", "station", "area")
    }
    resident.press("提交")
    resident.sees("收到了，谢谢您")
    number = resident.page.locator("main dl.facts .num").inner_text()
    again = resident.context.request.post(f"{resident.address}/raise/", form=form)
    assert number in again.text()
    assert "没有再记一遍" in again.text()
    assert Matter.objects.count() == 1


def test_location_of_the_device_is_attached_only_when_asked(meet, district: District):
    resident = meet(width=PHONE)
    resident.context.grant_permissions(["geolocation"])
    resident.context.set_geolocation({"latitude": 28.12345, "longitude": 112.98765})
    resident.go("/raise/")
    assert resident.page.locator("[name=latitude]").input_value() == ""
    resident.page.get_by_role("button", name="附上我的位置").click()
    resident.sees("已附上位置")
    assert resident.page.locator("[name=latitude]").input_value() == "28.12345"
    assert resident.page.locator("[name=longitude]").input_value() == "112.98765"
    resident.go("/")
    with resident.page.expect_request("**/?lat=28.12345&lng=112.98765"):
        resident.page.get_by_role("button", name="用我的位置").click()
    resident.sees("请在列表里选一个社区")
    assert resident.complaints == []


def test_a_ratings_words_stay_until_the_server_took_them(meet, district: District):
    journey = Journey(district).to_rating()
    assert journey.raised is not None
    number, code = journey.fresh().number, journey.raised.code
    resident = meet(width=PHONE)
    resident.go("/track/")
    resident.fill(number=number, code=code)
    resident.press("看进度")
    resident.go(f"/matters/{number}/rate/")
    resident.fill(words="灯装好了，早上不堵了。")
    resident.press("提交评价")  # nothing chosen: refused, so the words are kept
    assert "不堵了" in resident.page.evaluate("() => JSON.stringify(localStorage)")
    resident.fill(solved="yes", attitude="5", result="5")
    resident.press("提交评价")
    resident.sees("您的评价直接记到政协")
    assert resident.page.evaluate("() => localStorage.length") == 0


def test_only_a_photo_makes_a_form_of_parts(meet, district: District):
    resident = meet(width=PHONE)
    sent = []
    resident.page.on(
        "request",
        lambda asked: sent.append(asked.headers["content-type"]) if asked.method == "POST" else None,
    )
    resident.go("/raise/")
    resident.fill(text=WORDS, area=district.community.code)
    resident.press("提交")
    resident.sees("收到了，谢谢您")
    resident.go("/raise/")
    resident.fill(text=WORDS + "再说一遍。", area=district.community.code)
    resident.page.locator("main form [name=photos]").set_input_files([some_photo()])
    resident.press("提交")
    resident.sees("收到了，谢谢您")
    assert [each.partition(";")[0] for each in sent] == [
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ]
    plain, with_photo = Matter.objects.order_by("pk")
    assert plain.original_text == WORDS
    assert not plain.dossier.attachments.exists()
    assert with_photo.dossier.attachments.count() == 1
