"""Written without a network: kept on the device, seen, and counted once when there is a network again."""

from contextlib import suppress

import pytest
from playwright.sync_api import Error, expect

from tests.browser.test_axe import LOOKS, faults_of
from tests.testing.browser import PHONE, session_of, some_photo
from tests.testing.district import District
from tests.testing.receptions import receiving
from tongxin.core.models import Attachment
from tongxin.duty.actions.reception.desk import end_without_matter
from tongxin.duty.models import Visit
from tongxin.matters.models import Matter, Source

WORDS = "村口早上堵车，想装一个红绿灯。"
OTHER_WORDS = "小区门口的路灯坏了两个星期。"
SUBMIT = "提交"


def ready(person, path="/raise/"):
    """Open a form while there is a network and wait until the device could do without."""
    person.go(path)
    person.page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")
    person.page.wait_for_function("() => navigator.serviceWorker.controller !== null")


def press(person, words=SUBMIT):
    """Press a button that leads to no other page."""
    person.page.locator("main form").get_by_role("button", name=words, exact=True).click()


def entries(person):
    """What waits on the device, as its list shows it."""
    return person.page.locator("li[data-entry]")


def states(person):
    """The states of what waits, newest last."""
    return entries(person).evaluate_all("rows => rows.map((row) => row.dataset.state)")


def sees_state(person, state, count=1):
    """So many rows of the list say so, sooner or later."""
    expect(person.page.locator(f"li[data-entry][data-state={state}]")).to_have_count(count, timeout=15_000)


def stored(person):
    """Everything in the device's store that can be read as text."""
    return person.page.evaluate(
        """async () => {
          const base = await new Promise((done) => { const asked = indexedDB.open("tongxin-kept", 1); asked.onsuccess = () => done(asked.result); });
          const all = await new Promise((done) => { const asked = base.transaction("entries").objectStore("entries").getAll(); asked.onsuccess = () => done(asked.result); });
          const text = new TextDecoder();
          return all.map((entry) => JSON.stringify(entry) + text.decode(entry.data)).join();
        }"""
    )


@pytest.fixture
def resident(meet):
    """Somebody on a phone whose device knows the page."""
    return meet(width=PHONE)


def test_entry_without_a_network_survives_a_closed_tab_and_arrives_once(resident, district: District):
    ready(resident)
    resident.context.set_offline(True)
    resident.fill(text=WORDS, area=district.community.code, place="村口", phone="13800000000", consent="on")
    resident.attach("photos")
    press(resident)
    sees_state(resident, "waiting")
    resident.sees("等待网络", WORDS, "没有网络，已存在这台设备上")
    expect(resident.page.locator("[data-kept-told]")).to_be_in_viewport()
    expect(entries(resident).first).to_be_in_viewport()
    assert resident.page.locator("[name=text]").input_value() == ""
    assert "13800000000" not in stored(resident)
    assert WORDS not in stored(resident)
    assert resident.overflow() <= 0
    # The tab is closed, the network comes back, the page is opened again.
    resident.page.close()
    assert Matter.objects.count() == 0
    resident.context.set_offline(False)
    resident.page = resident.context.new_page()
    resident.go("/matters/")
    resident.sees("没有网络时写的，有 1 件送到了")
    resident.page.get_by_role("link", name="看编号和查询码").click()
    sees_state(resident, "sent")
    matter = Matter.objects.get()
    assert matter.original_text == WORDS
    assert matter.receipt.contact is not None
    assert Attachment.objects.filter(dossier=matter.dossier).count() == 1
    resident.sees(matter.number, "查询码")
    assert WORDS not in stored(resident)
    code = entries(resident).locator(".code").inner_text()
    resident.page.get_by_role("link", name="看进度").click()
    assert resident.page.locator("[name=code]").input_value() == code
    resident.press("看进度")
    resident.sees(WORDS)
    # Put away by hand only.
    resident.go("/offline/")
    sees_state(resident, "sent")
    resident.page.get_by_role("button", name="抄好了，收起").click()
    expect(entries(resident)).to_have_count(0)
    assert Matter.objects.count() == 1


def test_the_page_opens_without_a_network_and_two_entries_make_two_matters(resident, district: District):
    ready(resident)
    resident.context.set_offline(True)
    resident.page.goto(f"{resident.address}/raise/?station={district.station.code}")
    for words in (WORDS, OTHER_WORDS):
        resident.fill(text=words)
        press(resident)
        resident.sees(words)
    sees_state(resident, "waiting", 2)
    resident.page.goto(f"{resident.address}/matters/")  # never kept: the list stands in for it
    resident.sees("待送出的", "现在没有网络", WORDS)
    resident.context.set_offline(False)
    sees_state(resident, "sent", 2)
    assert sorted(Matter.objects.values_list("original_text", flat=True)) == sorted([WORDS, OTHER_WORDS])
    assert set(Matter.objects.values_list("station", "source")) == {(district.station.pk, Source.QR)}
    assert len(set(entries(resident).locator(".code").all_inner_texts())) == 2


def test_a_lost_answer_is_found_again(resident, district: District):
    ready(resident)
    resident.context.set_offline(True)
    resident.fill(text=WORDS, area=district.community.code)
    press(resident)
    sees_state(resident, "waiting")
    lost = []

    def lose(route):
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)  # the server took it in; nobody hears
            route.abort()
        else:
            route.continue_()

    resident.context.route("**/raise/", lose)
    resident.context.set_offline(False)
    sees_state(resident, "sent")
    assert lost == [200]
    assert Matter.objects.count() == 1
    resident.sees(Matter.objects.get().number)


def test_a_lost_page_is_found_again(resident, district: District):
    # Sent in the usual way, by a page with a network that breaks before the next page is there.
    ready(resident)
    resident.fill(text=WORDS, area=district.community.code)

    def lose(route):
        if route.request.method == "POST":
            route.fetch(max_redirects=0)
            route.abort()
        else:
            route.continue_()

    resident.context.route("**/raise/", lose)
    with suppress(Error):
        press(resident)
        resident.page.wait_for_timeout(1500)
    resident.context.unroute("**/raise/")
    assert Matter.objects.count() == 1
    resident.go("/raise/")
    sees_state(resident, "sent")
    assert resident.page.locator("[name=text]").input_value() == ""
    assert Matter.objects.count() == 1
    resident.sees(Matter.objects.get().number)


def test_what_the_server_refuses_is_told_and_can_be_changed(resident, district: District):
    ready(resident)
    resident.context.set_offline(True)
    resident.fill(text=WORDS, area=district.community.code, phone="1234567890123456789", consent="on")
    resident.attach("photos")
    press(resident)
    sees_state(resident, "waiting")
    resident.context.set_offline(False)
    sees_state(resident, "problem")
    resident.sees("要您处理", "怎么联系您")
    assert Matter.objects.count() == 0
    resident.page.get_by_role("link", name="修改").click()
    expect(resident.page.locator("[name=text]")).to_have_value(WORDS)
    expect(resident.page.locator("[name=area]")).to_have_value(district.community.code)
    assert resident.page.locator("[name=photos]").evaluate("input => input.files.length") == 1
    resident.fill(phone="13800000000")
    press(resident)
    sees_state(resident, "sent")
    matter = Matter.objects.get()
    assert Attachment.objects.filter(dossier=matter.dossier).count() == 1


def test_what_is_missing_is_said_before_it_is_kept(resident, district: District):
    ready(resident)
    resident.context.set_offline(True)
    resident.fill(text=WORDS, phone="13800000000")
    press(resident)
    resident.sees("还有几处要改", "在哪个社区", "留了联系方式")
    assert resident.page.evaluate("() => document.activeElement.getAttribute('role')") == "alert"
    expect(entries(resident)).to_have_count(0)
    assert resident.page.locator("[name=text]").input_value() == WORDS


def test_words_changed_after_an_unheard_arrival_are_told(resident, district: District):
    ready(resident)
    resident.context.set_offline(True)
    resident.fill(text=WORDS, area=district.community.code)
    press(resident)
    sees_state(resident, "waiting")

    def lose(route):
        if route.request.method == "POST":
            route.fetch()
            route.abort()
        else:
            route.continue_()

    resident.context.route("**/raise/", lose)
    resident.context.set_offline(False)
    resident.page.wait_for_timeout(1500)
    resident.context.set_offline(True)
    resident.context.unroute("**/raise/")
    assert Matter.objects.count() == 1
    resident.page.get_by_role("link", name="修改").click()
    expect(resident.page.locator("[name=text]")).to_have_value(WORDS)
    resident.fill(text=OTHER_WORDS)
    press(resident)
    resident.context.set_offline(False)
    sees_state(resident, "sent")
    resident.sees("您后来改过的内容没有送出", OTHER_WORDS, Matter.objects.get().number)
    assert Matter.objects.get().original_text == WORDS


def test_a_token_too_old_is_exchanged(resident, district: District):
    ready(resident)
    resident.context.set_offline(True)
    resident.fill(text=WORDS, area=district.community.code)
    press(resident)
    sees_state(resident, "waiting")
    sent = []

    def grow_old(route):
        if route.request.method == "POST":
            sent.append(route.request.post_data_buffer or b"")
            if len(sent) == 1:
                route.fulfill(status=410, json={"state": "renew"})
                return
        route.continue_()

    resident.context.route("**/raise/", grow_old)
    resident.context.set_offline(False)
    sees_state(resident, "sent")
    assert len(sent) == 2
    assert sent[0] != sent[1]
    assert Matter.objects.count() == 1


@pytest.mark.parametrize("look", LOOKS)
def test_the_list_in_every_state_is_within_reach_of_everybody(meet, district: District, look: str):
    resident = meet(width=PHONE, cookies=LOOKS[look], bypass_csp=True)
    ready(resident)
    submit = resident.page.locator("main form button.act").last
    resident.context.set_offline(True)
    submit.click()
    expect(resident.page.locator("[data-kept-faults]")).to_be_visible()
    faults = faults_of(resident, "empty, without a network")
    resident.fill(text=WORDS * 5, area=district.community.code, phone="1234567890123456789", consent="on")
    resident.attach("photos")
    submit.click()
    sees_state(resident, "waiting")
    resident.context.set_offline(False)
    sees_state(resident, "problem")
    resident.fill(text=OTHER_WORDS, area=district.community.code)
    submit.click()
    sees_state(resident, "sent")
    resident.context.set_offline(True)
    resident.fill(text=WORDS, area=district.community.code)
    submit.click()
    sees_state(resident, "waiting")
    faults += faults_of(resident, "form with a list")
    resident.page.goto(f"{resident.address}/offline/")
    sees_state(resident, "waiting")
    faults += faults_of(resident, "list")
    resident.page.locator("li[data-state=problem] a.act").click()
    expect(resident.page.locator("[data-kept-faults]")).to_be_visible()
    faults += faults_of(resident, "changing one")
    assert faults == []


def test_deleting_asks_first(resident, district: District):
    ready(resident)
    resident.context.set_offline(True)
    resident.fill(text=WORDS, area=district.community.code)
    press(resident)
    sees_state(resident, "waiting")
    resident.page.get_by_role("button", name="删除").click()
    resident.page.locator("dialog").get_by_role("button", name="先不做").click()
    sees_state(resident, "waiting")
    resident.page.get_by_role("button", name="删除").click()
    resident.page.locator("dialog").get_by_role("button", name="删除").click()
    expect(entries(resident)).to_have_count(0)


def test_two_tabs_send_one_matter(resident, district: District):
    ready(resident)
    resident.context.set_offline(True)
    resident.fill(text=WORDS, area=district.community.code)
    press(resident)
    sees_state(resident, "waiting")
    second = resident.context.new_page()
    second.goto(f"{resident.address}/offline/")
    resident.context.set_offline(False)
    second.reload()
    sees_state(resident, "sent")
    expect(second.locator("li[data-entry][data-state=sent]")).to_have_count(1)
    assert Matter.objects.count() == 1


def test_without_a_store_nothing_is_lost(meet, district: District):
    resident = meet(width=PHONE)
    resident.context.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
    ready(resident)
    resident.page.locator("[name=text]").focus()
    resident.page.wait_for_function("() => window.Kept && window.Kept.isReady")
    resident.context.set_offline(True)
    resident.sees("这个浏览器又不能替您保存")
    resident.fill(text=WORDS, area=district.community.code)
    press(resident)
    assert resident.page.locator("[name=text]").input_value() == WORDS
    resident.context.set_offline(False)
    resident.press(SUBMIT)
    resident.sees("收到了，谢谢您")
    assert Matter.objects.count() == 1


def test_entry_on_behalf_without_a_network(meet, district: District):
    liaison = meet("liaison", width=PHONE)
    ready(liaison, "/work/enter/")
    liaison.page.wait_for_function(
        "async () => (await (await caches.open('tongxin-staff')).keys()).length === 1"
    )
    liaison.context.set_offline(True)
    liaison.page.goto(f"{liaison.address}/work/enter/")
    liaison.fill(
        source="visit", text=WORDS, area=str(district.community.pk), name="示例居民", phone="13800000000",
        consent="spoken",
    )  # fmt: skip
    liaison.page.locator("main form [name=photos]").set_input_files([some_photo(), some_photo("tomato")])
    press(liaison, "录入，给出回执")
    sees_state(liaison, "waiting")
    liaison.context.set_offline(False)
    sees_state(liaison, "sent")
    matter = Matter.objects.get()
    assert matter.source == Source.VISIT
    assert matter.entered_by_id == district.users["liaison"].pk
    assert Attachment.objects.filter(dossier=matter.dossier).count() == 2
    liaison.sees(matter.number)


def test_a_visit_without_a_network(meet, district: District):
    liaison = meet("liaison", width=PHONE)
    ready(liaison, "/work/visits/new/")
    liaison.page.wait_for_function(
        "async () => (await (await caches.open('tongxin-staff')).keys()).length === 1"
    )
    liaison.context.set_offline(True)
    liaison.page.goto(f"{liaison.address}/work/visits/new/")
    member = liaison.page.locator("[name=member] option").nth(1).get_attribute("value")
    fields = {"member": member, "kind": "household", "area": str(district.community.pk), "people_met": "3"}
    liaison.fill(**fields, **{"c1-text": WORDS, "c1-phone": "13800000000", "c1-consent": "spoken"})
    liaison.page.locator("[name=c1-photos]").set_input_files([some_photo()])
    press(liaison, "记下，给出回执")
    sees_state(liaison, "waiting")
    liaison.context.set_offline(False)
    sees_state(liaison, "sent")
    visit = Visit.objects.get()
    assert visit.was_offline
    assert Matter.objects.get().original_text == WORDS
    assert Attachment.objects.count() == 1
    liaison.page.get_by_role("link", name="看回执").click()
    liaison.sees("走访已记下", Matter.objects.get().number)


def at_the_desk(meet, district: District):
    """A liaison who takes down what somebody says, on the page of their number, and then has no network."""
    reception, ticket = receiving(district)
    liaison = meet("liaison", width=PHONE)
    ready(liaison, f"/work/receptions/{reception.number}/tickets/{ticket.pk}/matter/")
    liaison.context.set_offline(True)
    liaison.fill(text=WORDS, area=str(district.community.pk))
    press(liaison, "记下，给出回执")
    sees_state(liaison, "waiting")
    return liaison, ticket


def test_what_is_said_at_a_reception_without_a_network(meet, district: District):
    liaison, ticket = at_the_desk(meet, district)
    liaison.context.set_offline(False)
    sees_state(liaison, "sent")
    matter = Matter.objects.get()
    assert (matter.original_text, matter.source) == (WORDS, Source.RECEPTION)
    ticket.refresh_from_db()
    assert ticket.matter_id == matter.pk
    liaison.sees(matter.number)


def test_a_number_ended_by_another_desk_meanwhile_is_told_and_nothing_is_dropped(meet, district: District):
    liaison, ticket = at_the_desk(meet, district)
    end_without_matter(ticket, actor=district.actor("office"), how="当场说清了。")
    liaison.context.set_offline(False)
    sees_state(liaison, "problem")
    liaison.sees("已经由别的窗口处理了", WORDS)
    assert not Matter.objects.exists()


def test_signed_out_meanwhile_is_kept_and_told(meet, district: District):
    liaison = meet("liaison", width=PHONE)
    ready(liaison, "/work/enter/")
    liaison.context.set_offline(True)
    liaison.fill(source="reception", text=WORDS, area=str(district.community.pk))
    press(liaison, "录入，给出回执")
    sees_state(liaison, "waiting")
    session = [c for c in liaison.context.cookies() if c["name"] == "sessionid"]
    liaison.context.clear_cookies(name="sessionid")
    liaison.context.set_offline(False)
    sees_state(liaison, "signin")
    liaison.sees("请先登录")
    assert Matter.objects.count() == 0
    # Somebody else signs in: neither sent in their name nor shown to them.
    liaison.context.add_cookies([{**session[0], "value": session_of(district, "office")}])
    liaison.go("/offline/")
    sees_state(liaison, "other")
    liaison.sees("另一个账号录的，内容不显示")
    liaison.does_not_see(WORDS)
    assert Matter.objects.count() == 0
    liaison.context.add_cookies([{**session[0], "value": session_of(district, "liaison")}])
    liaison.go("/offline/")
    sees_state(liaison, "sent")
    assert Matter.objects.get().entered_by_id == district.users["liaison"].pk


def test_signing_out_clears_the_forms_of_the_staff(meet, district: District):
    liaison = meet("liaison")
    ready(liaison, "/work/enter/")
    liaison.page.wait_for_function(
        "async () => (await (await caches.open('tongxin-staff')).keys()).length === 1"
    )
    with liaison.page.expect_navigation():
        liaison.page.get_by_role("button", name="退出").click()
    assert liaison.page.evaluate("async () => (await caches.keys()).includes('tongxin-staff')") is False
    liaison.context.set_offline(True)
    liaison.page.goto(f"{liaison.address}/work/enter/")
    liaison.sees("待送出的", "现在没有网络")


def test_only_empty_forms_are_kept(meet, district: District):
    liaison = meet("liaison")
    ready(liaison, "/work/enter/")
    liaison.go("/work/")
    liaison.go("/raise/?text=秘密")
    liaison.page.wait_for_timeout(500)
    kept = liaison.page.evaluate(
        """async () => {
          const found = {};
          for (const name of await caches.keys()) for (const request of await (await caches.open(name)).keys()) {
            const path = new URL(request.url).pathname;
            if (!path.startsWith("/static/")) found[path] = await (await (await caches.open(name)).match(request)).text();
          }
          return found;
        }"""
    )
    assert set(kept) == {"/raise/", "/offline/", "/work/enter/"}
    assert "秘密" not in kept["/raise/"]
    assert str(district.users["liaison"]) not in kept["/raise/"] + kept["/offline/"]
    for page in kept.values():
        assert 'name="token" value=""' in page or 'name="token"' not in page
        assert 'name="csrfmiddlewaretoken" value=""' in page or "csrfmiddlewaretoken" not in page
