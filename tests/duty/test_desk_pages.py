"""The desk's pages: for residents with and without a script, for who serves it, and for nobody else."""

import io
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from tests.duty.desk_world import Desk, browser_of, build_desk, fresh, holder
from tests.testing.district import District
from tongxin.core.receipts import new_token
from tongxin.directory.models import DutyShift
from tongxin.duty.actions import desk
from tongxin.duty.models import CannedAnswer, DeskMessage, DeskThread
from tongxin.matters.models import Matter

pytestmark = pytest.mark.django_db
LIVE = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def world(district: District) -> Desk:
    return build_desk(district)


def text_of(response) -> str:
    return response.content.decode()


def token_in(response) -> str:
    found = re.search(r'name="token" value="([^"]+)"', text_of(response))
    assert found
    return found[1]


def picture() -> io.BytesIO:
    kept = io.BytesIO()
    Image.new("RGB", (64, 48), "steelblue").save(kept, "JPEG")
    kept.seek(0)
    kept.name = "photo.jpg"
    return kept


def ask(client: Client, **more) -> str:
    """The number of a conversation begun on the page."""
    page = client.get("/desk/TW1/")
    answer = client.post("/desk/TW1/", {"token": token_in(page), "text": "路灯坏了找谁？", **more})
    assert answer.status_code == 302
    return answer["Location"]


def test_choosing_says_who_is_on_line(world: Desk, client: Client):
    assert "现在没有委员在线" in text_of(client.get("/desk/"))
    world.on_line()
    shown = text_of(client.get("/desk/"))
    assert "测试委员甲" in shown
    assert "/desk/TW2/" in shown
    assert "/desk/TW2/" not in text_of(client.get("/desk/", {"q": "示例甲"}))
    assert client.get("/desk/", {"lat": "x", "lng": "999"}).status_code == 200


def test_the_form_says_who_is_there_or_when_somebody_will_be(world: Desk, client: Client):
    assert "由政协办公室在" in text_of(client.get("/desk/TW1/"))
    world.on_line(world.street_station)
    covered = text_of(client.get("/desk/TW1/"))
    assert "由示例街道工作站的测试委员M3代答" in covered
    assert "本站和示例街道工作站的委员" in covered
    world.on_line(at=timezone.now() + timedelta(hours=3))
    assert "现在没有人线上值班" in text_of(client.get("/desk/TW1/"))
    world.on_line()
    assert "测试委员甲正在线上值班" in text_of(client.get("/desk/TW1/"))
    assert client.get("/desk/NONE/").status_code == 404


def test_asking_on_the_page_leads_to_the_receipt_and_the_conversation(world: Desk, client: Client):
    where = ask(client)
    shown = text_of(client.get(where))
    thread = DeskThread.objects.get()
    assert thread.number in shown
    assert "收到了，这是您的回执" in shown
    assert "路灯坏了找谁？" in shown
    assert "<svg" in shown
    again = text_of(client.get(f"/desk/threads/{thread.number}/"))
    assert "回执" not in again.split("main", 1)[1].split("<form")[0]


def test_the_form_comes_back_with_what_was_typed(world: Desk, client: Client):
    page = client.get("/desk/TW1/")
    answer = client.post("/desk/TW1/", {"token": token_in(page), "text": "路灯坏了", "phone": "13800000000"})
    assert answer.status_code == 422
    assert "路灯坏了" in text_of(answer)
    assert "请勾选同意" in text_of(answer)
    assert not DeskThread.objects.exists()
    forged = client.post("/desk/TW1/", {"token": "forged", "text": "路灯坏了"})
    assert forged.status_code == 422


def test_talking_without_a_script(world: Desk):
    asked = world.ask()
    mine, page = browser_of(asked), f"/desk/threads/{asked.thread.number}/"
    answer = mine.post(page, {"token": token_in(mine.get(page)), "text": "在三号楼下。", "photos": picture()})
    assert answer["Location"] == page + "#say"
    shown = text_of(mine.get(page))
    assert "在三号楼下。" in shown
    photo = re.search(r'href="(/files/\w+)"', shown)
    assert photo
    assert mine.get(photo[1]).status_code == 200
    assert Client().get(photo[1]).status_code == 404
    assert world.client("other_member").get(photo[1]).status_code == 404
    assert world.client("member").get(photo[1]).status_code == 200
    empty = mine.post(page, {"token": token_in(mine.get(page)), "text": " "})
    assert empty.status_code == 422
    assert "请先写几个字" in text_of(empty)


def test_news_are_cheap_and_come_once(world: Desk, django_assert_num_queries):
    asked = world.ask()
    mine, page = browser_of(asked), f"/desk/threads/{asked.thread.number}/"
    last = DeskMessage.objects.latest("pk").pk
    mine.get(page)
    query = {"after": last, "state": "waiting", "saw": 0}
    with django_assert_num_queries(2):  # the session, and one indexed look
        assert mine.get(page, query, **LIVE).status_code == 204
    world.write(asked.thread, world.actor("member"), "马上来看。")
    news = mine.get(page, query, **LIVE)
    assert news.status_code == 200
    assert "马上来看。" in text_of(news)
    assert "路灯坏了找谁？" not in text_of(news)
    assert "已答复" in text_of(news)
    assert "评一评" in text_of(news)
    assert "<html" not in text_of(news)
    thread = fresh(asked)
    assert thread.resident_saw == DeskMessage.objects.latest("pk").pk
    query = {"after": thread.resident_saw, "state": "answered", "saw": thread.desk_saw}
    assert mine.get(page, query, **LIVE).status_code == 204


def test_seen_markers_for_both_sides(world: Desk):
    asked = world.ask()
    mine, page = browser_of(asked), f"/desk/threads/{asked.thread.number}/"
    work = f"/work/desk/{asked.thread.number}/"
    assert "对方已看到" not in text_of(mine.get(page))
    staff = world.client("member")
    staff.get(work)
    assert "对方已看到" in text_of(mine.get(page))
    world.write(asked.thread, world.actor("member"))
    assert "对方已看到" not in text_of(staff.get(work))
    mine.get(page)
    assert "对方已看到" in text_of(staff.get(work))


def test_sending_with_a_script_answers_with_the_new_lines_and_a_fresh_form(world: Desk):
    asked = world.ask()
    mine, page = browser_of(asked), f"/desk/threads/{asked.thread.number}/"
    last, token = DeskMessage.objects.latest("pk").pk, token_in(mine.get(page))
    answer = text_of(mine.post(page, {"token": token, "text": "在三号楼下。", "last": last}, **LIVE))
    assert answer.count("在三号楼下。") == 1
    assert token not in answer
    assert 'id="say-form"' in answer
    wrong = mine.post(page, {"token": token_in(mine.get(page)), "text": "", "last": last + 1}, **LIVE)
    assert wrong.status_code == 200  # a script of htmx puts no other answer in place
    assert "请先写几个字" in text_of(wrong)


def test_the_holder_closes_rates_and_takes_back_the_contact(world: Desk):
    asked = world.ask()
    mine, page = browser_of(asked), f"/desk/threads/{asked.thread.number}/"
    assert mine.post(f"{page}rate/", {"solved": "yes", "attitude": 5}).status_code == 302
    assert fresh(asked).rated_at is None
    world.write(asked.thread, world.actor("member"))
    assert mine.post(f"{page}rate/", {"solved": "", "attitude": 9}).status_code == 422
    mine.post(f"{page}rate/", {"solved": "partly", "attitude": 4, "words": "还行"})
    assert fresh(asked).solved == "partly"
    mine.post(f"{page}close/")
    assert fresh(asked).state == "closed"
    assert "sure" in text_of(mine.post(f"{page}erase/"))
    office, member = (
        text_of(world.client(name).get(f"/work/desk/{asked.thread.number}/")) for name in ("office", "member")
    )
    assert "还行" in office
    assert "还行" not in member
    assert "评过了，由区政协办公室看" in member


def test_the_work_list_shows_late_first(world: Desk):
    asked = [world.ask(f"第{n}个问题") for n in range(3)]
    late = asked[2].thread
    DeskThread.objects.filter(pk=late.pk).update(answer_due_at=timezone.now() - timedelta(minutes=5))
    shown = text_of(world.client("member").get("/work/desk/"))
    assert shown.index("第2个问题") < shown.index("第0个问题")
    assert "已超时" in shown
    assert "线上咨询待答，其中 1 件已超时" in text_of(world.client("liaison").get("/work/"))
    assert "第0个问题" not in text_of(world.client("other_member").get("/work/desk/"))
    assert "第0个问题" in text_of(world.client("office").get("/work/desk/?station=TW1"))
    assert "第0个问题" not in text_of(world.client("office").get("/work/desk/?station=TW2"))
    for name in ("unit", "principal", "system_admin", "committee_office"):
        assert world.client(name).get("/work/desk/").status_code == 404


def test_paging_by_keyset_shows_everything_once(world: Desk):
    from tongxin.duty.selectors.desk import desk_page

    for n in range(7):
        asked = world.ask(f"第{n}个问题")
        if n % 2:
            world.write(asked.thread, world.actor("member"))
    for tab, count in (("waiting", 4), ("answered", 3)):
        seen, after = [], ""
        while True:
            page = desk_page(world.actor("office"), tab=tab, after=after, size=2)
            seen += [thread.pk for thread in page.threads]
            after = page.after
            if not after:
                break
        assert len(seen) == len(set(seen)) == count
    assert len(desk_page(world.actor("office"), after="nonsense_x").threads) == 4


def test_answering_with_a_ready_answer(world: Desk):
    ready = CannedAnswer.objects.create(title="报修", text="请告诉我灯杆编号。")
    theirs = CannedAnswer.objects.create(title="别站", text="别站的话", station=world.other_station)
    asked = world.ask()
    staff, page = world.client("member"), f"/work/desk/{asked.thread.number}/"
    shown = text_of(staff.get(page, {"canned": ready.pk}))
    assert "请告诉我灯杆编号。</textarea>" in shown
    assert "别站的话" not in text_of(staff.get(page, {"canned": theirs.pk}))
    token = token_in(staff.get(page))
    again = staff.post(page, {"token": token, "text": "您好。", "canned": ready.pk, "insert": "1"})
    assert "您好。\n请告诉我灯杆编号。" in text_of(again)
    assert not DeskMessage.objects.filter(side="desk").exists()
    last = DeskMessage.objects.latest("pk").pk
    world.write(asked.thread, world.actor("liaison"), "我在查。")
    told = staff.post(page, {"token": token, "text": "您好，马上来。", "last": last})
    assert told.status_code == 409
    assert "同事已经答复了" in text_of(told)
    assert "您好，马上来。" in text_of(told)
    sent = staff.post(page, {"token": token_in(told), "text": "您好，马上来。", "last": last + 5})
    assert sent.status_code == 302


def test_transfer_close_and_convert_on_the_pages(world: Desk):
    asked = world.ask("村口堵车，想装红绿灯")
    staff, page = world.client("member"), f"/work/desk/{asked.thread.number}/"
    assert "村口堵车" in staff.get(f"{page}convert/").content.decode()
    stale = staff.post(f"{page}transfer/", {"to": "TW2", "reason": "归那边", "version": 0})
    assert stale.status_code == 409
    assert "归那边" in text_of(stale)
    assert staff.post(f"{page}transfer/", {"to": "TW1", "reason": "错", "version": 1}).status_code == 422
    assert (
        staff.post(f"{page}transfer/", {"to": "TW2", "reason": "归那边", "version": 1})["Location"]
        == "/work/desk/"
    )
    assert staff.get(page).status_code == 404
    there = world.client("other_member")
    assert "归那边" in text_of(there.get(page))
    mine = browser_of(asked)
    own = text_of(mine.get(f"/desk/threads/{asked.thread.number}/"))
    assert "转到了示例乙社区工作室" in own
    assert "归那边" not in own
    done = there.post(f"{page}convert/", {"title": "村口装红绿灯", "area": "T102", "version": 2})
    assert done.status_code == 302
    matter = Matter.objects.get()
    assert matter.title == "村口装红绿灯"
    own = text_of(mine.get(f"/desk/threads/{asked.thread.number}/"))
    assert f"/track/{matter.number}/" in own
    tracked = mine.get(f"/track/{matter.number}/")
    assert tracked.status_code == 200
    assert "村口堵车，想装红绿灯" in text_of(tracked)
    code = re.search(r'class="code" translate="no">([^<]+)<', own)
    assert code
    elsewhere = Client().post("/track/", {"number": matter.number, "code": code[1]})
    assert elsewhere["Location"] == f"/track/{matter.number}/"
    say = mine.post(
        f"/desk/threads/{asked.thread.number}/", {"token": new_token("desk_say"), "text": "还有一句"}
    )
    assert say.status_code == 409
    assert "还有一句" in text_of(say)


def test_ready_answers_on_their_page(world: Desk):
    keeper = world.client("liaison")
    made = keeper.post(
        "/work/desk/canned/", {"title": "报修", "text": "报编号。", "station": "TW1", "is_active": "on"}
    )
    assert made.status_code == 302
    answer = CannedAnswer.objects.get()
    assert (
        keeper.post("/work/desk/canned/", {"title": "报修", "text": "报编号。", "station": ""}).status_code
        == 422
    )
    seen = re.search(r'name="seen" value="(\w+)"', text_of(keeper.get(f"/work/desk/canned/{answer.pk}/")))
    assert seen
    change = {"title": "报修", "text": "报灯杆编号。", "station": "TW1", "seen": seen[1], "is_active": "on"}
    assert keeper.post(f"/work/desk/canned/{answer.pk}/", change).status_code == 302
    assert keeper.post(f"/work/desk/canned/{answer.pk}/", change).status_code == 409
    assert world.client("other_liaison").get(f"/work/desk/canned/{answer.pk}/").status_code == 404
    assert world.client("member").get("/work/desk/canned/").status_code == 404


STRANGERS = ("other_member", "other_liaison", "street_member", "committee_office", "convener", "decider", "unit", "principal", "system_admin", "security_admin", "audit_admin")  # fmt: skip


def test_no_third_person_reaches_anything_by_any_id(world: Desk, tmp_path, settings):
    """Every address × every conversation × everybody who has no part in it, answered as if there were nothing."""
    settings.MEDIA_ROOT = tmp_path
    secret = "只有两边看得到的话"
    from tests.duty.test_desk_actions import photo

    mine = world.ask(secret, photos=[photo()])
    world.write(mine.thread, world.actor("member"), secret)
    moved = world.ask(secret, photos=[photo()])
    desk.transfer_thread(
        moved.thread, actor=world.actor("office"), to=world.other_station, reason=secret, seen_version=None
    )
    grown = world.ask(secret, photos=[photo()])
    desk.convert_thread(grown.thread, actor=world.actor("member"), title="路灯", area=world.district.community, category=None, seen_version=None)  # fmt: skip
    neighbour = browser_of(world.ask("别人的事"))
    insiders = {
        mine.thread.pk: set(),
        moved.thread.pk: {"other_member", "other_liaison"},
        grown.thread.pk: set(),
    }
    everybody = {name: world.client(name) for name in (*STRANGERS, "member", "liaison")}
    everybody |= {"visitor": Client(), "neighbour": neighbour}
    names = ("desk_thread", "desk_close", "desk_rate", "desk_erase", "work_desk_thread", "work_desk_close", "work_desk_transfer", "work_desk_convert")  # fmt: skip
    before = list(
        DeskThread.objects.order_by("pk").values_list("state", "version", "resident_saw", "desk_saw")
    )
    wrong = []
    for asked in (mine, moved, grown):
        number = asked.thread.number
        files = [f"/files/{one.token}" for one in asked.thread.dossier.attachments.all()]
        assert files
        for who, browser in everybody.items():
            if who in insiders[asked.thread.pk]:
                continue
            is_server = who in {"member", "liaison"} and asked is not moved
            for name in names:
                if is_server and name.startswith("work_"):
                    continue
                address = reverse(name, args=[number])
                tries = [browser.get(address), browser.get(address, **LIVE)]
                tries.append(browser.get(address, {"after": 0, "before": 10**6, "t": new_token("desk_ask")}))
                form = {"token": new_token("desk_say"), "text": "x", "version": 1, "to": "TW2", "reason": "x"}
                form |= {"sure": "yes", "solved": "no", "attitude": "1", "title": "x", "area": "T101"}
                tries += [browser.post(address, form), browser.post(address, form, **LIVE)]
                for answer in tries:
                    led_away = answer.status_code == 302 and re.match(
                        r"/track/\?|/accounts/login/", answer["Location"]
                    )
                    if not (led_away or answer.status_code in {404, 405}) or secret in text_of(answer):
                        wrong.append(f"{who} {address}: {answer.status_code}")
            for address in files:
                if not is_server and browser.get(address).status_code != 404:
                    wrong.append(f"{who} {address}")
    assert wrong == []
    assert before == list(
        DeskThread.objects.order_by("pk").values_list("state", "version", "resident_saw", "desk_saw")
    )
    assert DeskMessage.objects.filter(text="x").count() == 0
    # A number that was never given out looks the same as one of somebody else.
    assert neighbour.get("/desk/threads/D2020-1/")["Location"].startswith("/track/?")


def test_somebody_signed_in_finds_their_conversation_again(world: Desk):
    browser = world.client("unit")
    where = ask(browser)
    later = world.client("unit")
    assert later.get(where.partition("?")[0]).status_code == 200
    assert world.client("decider").get(where.partition("?")[0]).status_code == 302


def test_pages_take_a_few_queries_however_long_the_talk(world: Desk, django_assert_max_num_queries):
    asked = world.ask()
    for n in range(30):
        world.write(asked.thread, holder(asked) if n % 2 else world.actor("member"), f"第{n}句")
    mine, staff = browser_of(asked), world.client("member")
    number = asked.thread.number
    mine.get(f"/desk/threads/{number}/")
    staff.get("/work/desk/")
    with django_assert_max_num_queries(10):
        mine.get(f"/desk/threads/{number}/")
    with django_assert_max_num_queries(22):
        staff.get(f"/work/desk/{number}/")
    for n in range(12):
        world.ask(f"问题{n}")
    with django_assert_max_num_queries(14):
        staff.get("/work/desk/")
    with django_assert_max_num_queries(9):
        Client().get("/desk/TW1/")


def test_long_conversations_are_paged(world: Desk, monkeypatch):
    monkeypatch.setattr("tongxin.duty.selectors.desk.SHOWN", 5)
    asked = world.ask("最早的一句")
    for n in range(7):
        world.write(asked.thread, holder(asked), f"第{n}句")
    mine, page = browser_of(asked), f"/desk/threads/{asked.thread.number}/"
    shown = text_of(mine.get(page))
    assert "最早的一句" not in shown
    before = re.search(r"\?before=(\d+)", shown)
    assert before
    older = text_of(mine.get(page, {"before": before[1]}))
    assert "最早的一句" in older
    assert 'id="say-form"' not in older


def test_the_stations_page_leads_to_its_desk(world: Desk, client: Client):
    asked = world.ask()
    world.write(asked.thread, world.actor("member"))
    desk.rate_thread(asked.thread, actor=holder(asked), solved="yes", attitude=5)
    DutyShift.objects.all().delete()
    shown = text_of(client.get("/stations/TW1/"))
    assert "/desk/TW1/" in shown
    assert "1 人评价" in shown
