"""The desk on the day: arrivals, calling, two desks at once, matters entered, the screen without names."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.duty.reception_world import booked, codes_on, opened, other_liaison, planned
from tests.testing.clients import client_of
from tests.testing.district import District, build_district
from tongxin.core.models import LedgerEntry
from tongxin.core.receipts import new_token
from tongxin.core.records import waiting_for
from tongxin.duty.actions.reception import desk, planning
from tongxin.duty.models import DiaryEntry, Reception, Ticket
from tongxin.duty.rules_reception import NotYours
from tongxin.duty.selectors.reception import queue_of
from tongxin.matters.models import Matter, Source


def test_a_day_at_the_desk(district: District):
    """Book, check in, call, take the matter down, hand over a receipt whose code opens the matter."""
    reception = opened(district)
    ticket = booked(reception, 0, topic="路灯坏了").ticket
    liaison = client_of(district, "liaison")
    url = reverse("work_reception", args=[reception.number])
    do = reverse("work_reception_do", args=[reception.number])
    assert "路灯坏了" in liaison.get(url).content.decode()
    slip = liaison.post(do, {"do": "walk_in", "needs_help": "on"}, follow=True).content.decode()
    assert 'slip-big">2<' in slip
    on_ticket = reverse("work_ticket_do", args=[reception.number, ticket.pk])
    liaison.post(on_ticket, {"do": "check_in", "seen": "booked-0"})
    # The booked one's time has not come: whoever needs help is called first.
    liaison.post(do, {"do": "desk", "desk": "3号窗口"})
    liaison.post(do, {"do": "call"})
    walk_in = Ticket.objects.get(number=2)
    assert (walk_in.state, walk_in.desk) == ("called", "3号窗口")
    screen = Client().get(reverse("reception_screen", args=[reception.number])).content.decode()
    assert "3号窗口" in screen
    assert "路灯" not in screen
    assert "示例居民" not in screen
    act = reverse("work_ticket_do", args=[reception.number, walk_in.pk])
    liaison.post(act, {"do": "start", "seen": "called-1"})
    assert "请先了结" in liaison.post(do, {"do": "call"}, follow=True).content.decode()
    enter = reverse("work_ticket_enter", args=[reception.number, walk_in.pk])
    form = liaison.get(enter).context["form"]
    data = {
        "token": form.initial["token"],
        "text": "楼梯没有扶手。",
        "area": district.community.pk,
        "place": "5栋",
    }
    data |= {"phone": "13800000000", "consent": "spoken"}
    for _n in range(5):  # sent again and again: one matter
        answer = liaison.post(enter, data)
        assert answer.status_code == 302
    matter = Matter.objects.get()
    assert (matter.source, matter.station_id) == (Source.RECEPTION, district.station.pk)
    paper = liaison.get(answer.url).content.decode()
    assert Client().post("/track/", {"number": matter.number, "code": codes_on(paper)[0]}).status_code == 302
    walk_in.refresh_from_db()
    assert (walk_in.state, walk_in.matter_id, walk_in.member) == ("done", matter.pk, district.member)
    assert DiaryEntry.objects.get(source_key=f"ticket:{walk_in.pk}").record.member == district.member
    # The other is answered on the spot.
    liaison.post(do, {"do": "call"})
    liaison.post(on_ticket, {"do": "start", "seen": "called-1"})
    liaison.post(on_ticket, {"do": "end", "how": "当场讲清楚了", "seen": "serving-1"})
    ticket.refresh_from_db()
    assert (ticket.state, ticket.ended_how, ticket.matter_id) == ("done", "当场讲清楚了", None)
    asked = liaison.post(do, {"do": "close"})
    assert "sure" in asked.content.decode()
    liaison.post(do, {"do": "close", "sure": "yes"})
    entry = LedgerEntry.objects.get(event="reception.closed")
    assert '"served":2' in entry.body
    assert '"matters":1' in entry.body
    assert "扶手" not in entry.body


@pytest.mark.django_db(transaction=True)
def test_many_desks_calling_at_once_call_different_people():
    district = build_district()
    reception = opened(district)
    actor = district.actor("office")
    for _n in range(5):
        desk.take_walk_in(reception, actor=actor)
    start, called = Barrier(8), []

    def call(number: int) -> None:
        try:
            start.wait()
            called.append(desk.call_next(reception, actor=actor, desk=f"{number}号").number)
        except desk.NobodyWaits:
            called.append(None)
        finally:
            connection.close()

    threads = [Thread(target=call, args=[n]) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(n for n in called if n) == [1, 2, 3, 4, 5]
    assert called.count(None) == 3


@pytest.mark.django_db(transaction=True)
def test_two_desks_on_one_ticket_one_wins():
    district = build_district()
    reception = opened(district)
    actor = district.actor("office")
    ticket = desk.take_walk_in(reception, actor=actor)
    ticket = desk.call_next(reception, actor=actor, desk="1号")
    seen, start, outcomes = desk.seen_mark(ticket), Barrier(2), []

    def act(deed) -> None:
        try:
            start.wait()
            deed(ticket, actor=actor, seen=seen)
            outcomes.append("won")
        except desk.TicketMoved:
            outcomes.append("told")
        finally:
            connection.close()

    threads = [Thread(target=act, args=[deed]) for deed in (desk.start_serving, desk.mark_left)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["told", "won"]


def test_the_slower_desk_is_told_and_keeps_its_words(district: District):
    reception = opened(district)
    actor = district.actor("office")
    desk.take_walk_in(reception, actor=actor)
    ticket = desk.start_serving(desk.call_next(reception, actor=actor, desk="1号"), actor=actor)
    liaison = client_of(district, "liaison")
    enter = reverse("work_ticket_enter", args=[reception.number, ticket.pk])
    token = liaison.get(enter).context["form"].initial["token"]
    desk.end_without_matter(ticket, actor=actor, how="讲清楚了")
    answer = liaison.post(enter, {"token": token, "text": "我写了很久", "area": district.community.pk})
    words = answer.content.decode()
    assert answer.status_code == 409
    assert "已经由别的窗口处理了" in words
    assert "我写了很久" in words
    assert not Matter.objects.exists()
    late = liaison.post(
        reverse("work_ticket_do", args=[reception.number, ticket.pk]),
        {"do": "left", "seen": "serving-1"},
        follow=True,
    )
    assert "已经由别的窗口处理了" in late.content.decode()


def test_coming_back_calling_again_and_closing(district: District):
    reception = opened(district)
    actor = district.actor("liaison")
    first, second = (desk.take_walk_in(reception, actor=actor) for _n in range(2))
    called = desk.call_next(reception, actor=actor, desk="1号")
    assert called.pk == first.pk
    again = desk.call_ticket(called, actor=actor, desk="9号", seen="called-1")
    assert (again.called_times, again.desk) == (2, "1号")
    with pytest.raises(desk.DeskBusy):
        desk.call_next(reception, actor=actor, desk="1号")
    with pytest.raises(planning.StillServing):
        planning.close_reception(reception, actor=actor)
    desk.mark_left(again, actor=actor)
    desk.check_in(again, actor=actor)
    # Back at the end of the queue, by the new time of arrival.
    assert [t.number for t in queue_of(reception).waiting] == [2, 1]
    back = desk.put_back(desk.call_next(reception, actor=actor, desk="1号"), actor=actor)
    assert (back.pk, back.state) == (second.pk, "waiting")
    booking = booked(reception, 1).ticket
    planning.close_reception(reception, actor=actor)
    assert set(Ticket.objects.values_list("state", flat=True)) == {"left"}
    booking.refresh_from_db()
    with pytest.raises(planning.NotNow):
        desk.take_walk_in(reception, actor=actor)


def test_the_wait_is_the_measured_mean(district: District):
    reception = opened(district)
    actor, now = district.actor("office"), timezone.now()
    for _n in range(3):
        desk.take_walk_in(reception, actor=actor)
        served = desk.start_serving(desk.call_next(reception, actor=actor, desk="1号"), actor=actor, at=now)
        desk.end_without_matter(served, actor=actor, how="好了", at=now + timedelta(minutes=4))
    waiting = [desk.take_walk_in(reception, actor=actor) for _n in range(4)]
    queue = queue_of(reception)
    assert queue.each == 4
    assert [queue.wait_of(t) for t in waiting] == [0, 5, 10, 15]


def test_the_screen_says_nothing_new_with_304(district: District):
    reception = opened(district)
    url, client = reverse("reception_screen", args=[reception.number]), Client()
    first = client.get(url, headers={"HX-Request": "true"})
    assert "http-equiv" not in first.content.decode()
    assert 'http-equiv="refresh"' in client.get(url).content.decode()
    same = client.get(url, headers={"HX-Request": "true", "If-None-Match": first["ETag"]})
    assert same.status_code == 304
    desk.take_walk_in(reception, actor=district.actor("office"))
    assert client.get(url, headers={"HX-Request": "true", "If-None-Match": first["ETag"]}).status_code == 200


def test_the_desk_asks_little_however_long_the_queue(district: District, django_assert_max_num_queries):
    reception = opened(district)
    actor = district.actor("office")
    for n in range(40):
        desk.take_walk_in(reception, actor=actor, needs_help=n % 7 == 0)
    office = client_of(district, "office")
    url = reverse("work_reception", args=[reception.number])
    seen = office.get(url).context["digest"]
    with django_assert_max_num_queries(12):
        office.get(url)
    assert office.get(f"{url}?seen={seen}", headers={"HX-Request": "true"}).status_code == 204
    with django_assert_max_num_queries(4):
        Client().get(reverse("reception_screen", args=[reception.number]))


def test_what_waits_is_on_the_work_page(district: District):
    reception = opened(district)
    desk.take_walk_in(reception, actor=district.actor("office"))
    for name in ("liaison", "office", "member"):
        lines = [line for line in waiting_for(district.actor(name)) if reception.number in line.url]
        assert ["等候1人" in line.words for line in lines] == [True], name
    assert not [line for line in waiting_for(other_liaison(district)) if reception.number in line.url]


def test_hosts_choose_who_received(district: District):
    reception = opened(district, hosts=[district.member])
    with pytest.raises(NotYours):
        desk.take_walk_in(reception, actor=other_liaison(district))
    member = district.actor("member")  # a host works at the desk too
    desk.take_walk_in(reception, actor=member)
    ticket = desk.start_serving(desk.call_next(reception, actor=member, desk="1号"), actor=member)
    assert ticket.member == district.member


# Who may open what


STAFF = (
    "work_reception", "work_reception_do", "work_reception_change", "work_reception_cancel",
)  # fmt: skip
ON_TICKET = ("work_ticket_do", "work_ticket_slip", "work_ticket_enter", "work_ticket_receipt")


def test_no_address_of_a_reception_opens_for_a_stranger(district: District):
    other_liaison(district)
    reception = opened(district, hosts=[])
    theirs = booked(reception, 0).ticket
    desk.take_walk_in(reception, actor=district.actor("office"))
    elsewhere = planned(district, title="别处", kind="chair", host_label="区政协主席")
    strangers = [
        "other_liaison", "member", "unit", "other_unit", "decider", "convener", "principal",
        "system_admin", "security_admin", "audit_admin",
    ]  # fmt: skip
    urls = [reverse(name, args=[reception.number]) for name in STAFF]
    urls += [reverse(name, args=[reception.number, theirs.pk]) for name in ON_TICKET]
    for name in strangers:
        client = client_of(district, name)
        for url in urls:
            assert client.get(url).status_code in {404, 405}, (name, url)
            assert client.post(url, {"do": "check_in", "seen": "booked-0"}).status_code in {404, 405}, (
                name,
                url,
            )
    # A ticket of one reception is none of another.
    office = client_of(district, "office")
    for name in ON_TICKET:
        url = reverse(name, args=[elsewhere.number, theirs.pk])
        assert office.get(url).status_code in {404, 405}
        assert office.post(url, {"do": "check_in", "seen": "booked-0"}).status_code in {404, 405}
    # A visitor is asked to sign in; without the code a booking is nobody's.
    for url in urls:
        assert Client().post(url).status_code in {302, 405}
        assert Client().get(url).status_code in {302, 405}
    own, foreign = Client(), booked(reception, 1)
    from tongxin.core.models import Receipt

    code_page = own.post("/track/", {"number": reception.number, "code": foreign.issued.code})
    assert code_page.status_code == 302
    ticket_url = reverse("reception_ticket", args=[reception.number])
    for what in ("cancel", "move"):
        answer = own.post(ticket_url, {"ticket": theirs.pk, "do": what, "sure": "yes", "slot": "1"})
        assert answer.status_code == 404
    assert own.get(reverse("reception_ics", args=[reception.number, theirs.pk])).status_code == 404
    assert own.get(reverse("reception_ics", args=[elsewhere.number, foreign.ticket.pk])).status_code == 404
    assert (
        own.get(reverse("reception_booked", args=[reception.number]), {"t": new_token("book")}).status_code
        == 404
    )
    theirs.refresh_from_db()
    assert theirs.state == "booked"
    assert Receipt.objects.filter(pk=theirs.receipt_id).exists()
    assert Reception.objects.get(pk=reception.pk).state == "open"


def test_a_liaison_may_not_change_a_chairpersons_day_but_works_there(district: District):
    reception = opened(district, kind="chair", host_label="区政协主席")
    liaison = client_of(district, "liaison")
    assert liaison.get(reverse("work_reception", args=[reception.number])).status_code == 200
    assert liaison.get(reverse("work_reception_cancel", args=[reception.number])).status_code == 404
    assert liaison.get(reverse("work_reception_change", args=[reception.number])).status_code == 404


def test_the_staff_forms_plan_and_change(district: District):
    liaison = client_of(district, "liaison")
    day = timezone.localdate() + timedelta(days=14)
    data = {
        "station": district.station.pk, "kind": "station", "title": "委员接待日", "hosts": "测试委员甲", "date": f"{day}",
        "start": "09:00", "end": "11:00", "slot_minutes": "15", "seats_a_slot": "1", "takes_bookings": "on",
        "every": "weekly", "times": "2",
    }  # fmt: skip
    assert liaison.get(reverse("work_reception_plan")).status_code == 200
    assert liaison.post(reverse("work_reception_plan"), {**data, "end": "08:00"}).status_code == 422
    assert liaison.post(reverse("work_reception_plan"), {**data, "kind": "chair"}).status_code == 422
    assert liaison.post(reverse("work_reception_plan"), data).status_code == 302
    assert liaison.post(reverse("work_reception_plan"), data).status_code == 302
    assert Reception.objects.count() == 2
    reception = Reception.objects.first()
    change = reverse("work_reception_change", args=[reception.number])
    assert liaison.post(change, {**data, "title": "改过的名称", "version": "1"}).status_code == 302
    late = liaison.post(change, {**data, "title": "又一个名称", "version": "1"})
    assert late.status_code == 409
    assert "又一个名称" in late.content.decode()
