"""Planning and booking: seats, the same form many times, moving, cancelling, who is told."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.duty.reception_world import booked, codes_on, opened, other_liaison, plan, planned, tomorrow
from tests.testing.clients import client_of
from tests.testing.district import District, build_district
from tongxin.core.models import LedgerEntry
from tongxin.core.receipts import new_token
from tongxin.duty.actions.reception import booking, planning
from tongxin.duty.actions.reception.booking import (
    BookingClosed,
    NotBooked,
    SlotTaken,
    book,
    cancel_booking,
    move_booking,
    remind_of_bookings,
)
from tongxin.duty.models import Reception, Ticket
from tongxin.duty.rules_reception import NotYours
from tongxin.duty.selectors.reception import free_seats, slots_of
from tongxin.matters.actions.raising import passer_by
from tongxin.notices.models import Notice


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_for_three_seats_give_three():
    district = build_district()
    reception = planned(district, seats_a_slot=3)
    slot, start, outcomes = reception.starts_at, Barrier(50), []

    def ask() -> None:
        try:
            start.wait()
            book(reception, actor=passer_by(), token=new_token("book"), slot_at=slot)
            outcomes.append("booked")
        except SlotTaken:
            outcomes.append("full")
        finally:
            connection.close()

    threads = [Thread(target=ask) for _n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcomes.count("booked"), outcomes.count("full")) == (3, 47)
    assert sorted(Ticket.objects.values_list("number", flat=True)) == [1, 2, 3]


def test_the_same_form_books_once(district: District):
    reception, visitor = planned(district), Client()
    slot = slots_of(reception)[0].value
    data = {
        "token": new_token("book"),
        "slot": slot,
        "topic": "路灯",
        "phone": "13800000000",
        "consent": "on",
    }
    for _n in range(20):
        answer = visitor.post(reverse("reception_book", args=[reception.number]), data)
        assert answer.status_code == 302
    assert Ticket.objects.count() == 1
    page = visitor.get(answer.url)
    code = codes_on(page.content.decode())[0]
    # Number and code at /track/ open the booking in any other browser.
    other = Client()
    assert other.get(reverse("reception_ticket", args=[reception.number])).status_code == 302
    opened_by_code = other.post("/track/", {"number": reception.number, "code": code}, follow=True)
    assert opened_by_code.redirect_chain[-1][0] == reverse("reception_ticket", args=[reception.number])
    words = opened_by_code.content.decode()
    assert "我的预约" in words
    assert "路灯" in words
    calendar = other.get(reverse("reception_ics", args=[reception.number, Ticket.objects.get().pk]))
    assert b"BEGIN:VEVENT" in calendar.content
    assert "路灯" not in calendar.content.decode()
    # What was booked is on no public page and in no ledger entry.
    for url in (
        reverse("receptions"),
        reverse("reception", args=[reception.number]),
        reverse("reception_screen", args=[reception.number]),
    ):
        assert "路灯" not in Client().get(url).content.decode()
    assert not [e for e in LedgerEntry.objects.all() if "路灯" in e.body or "138" in e.body]


def test_a_full_slot_keeps_what_was_typed(district: District):
    reception = planned(district)
    value = slots_of(reception)[0].value
    booked(reception, 0)
    answer = Client().post(
        reverse("reception_book", args=[reception.number]),
        {"token": new_token("book"), "slot": value, "topic": "想说的话还在"},
    )
    words = answer.content.decode()
    assert answer.status_code == 422
    assert "刚被约走了" in words
    assert "想说的话还在" in words


def test_moving_and_giving_up(district: District):
    reception = planned(district)
    first, second = booked(reception, 0).ticket, booked(reception, 1).ticket
    with pytest.raises(SlotTaken):
        move_booking(first, slot_at=second.slot_at)
    moved = move_booking(first, slot_at=reception.starts_at + timedelta(minutes=45))
    assert moved.slot_at == reception.starts_at + timedelta(minutes=45)
    assert [s.free for s in slots_of(reception)][:4] == [1, 0, 1, 0]
    cancel_booking(second)
    with pytest.raises(NotBooked):
        cancel_booking(second)
    assert free_seats([reception])[reception.pk] == 7
    assert booked(reception, 1).ticket.number == 3  # no number is given twice


def test_slots_off_the_grid_past_or_closed_are_refused(district: District):
    reception = planned(district)
    actor = passer_by()
    with pytest.raises(SlotTaken):
        book(
            reception,
            actor=actor,
            token=new_token("book"),
            slot_at=reception.starts_at + timedelta(minutes=7),
        )
    with time_machine.travel(reception.starts_at + timedelta(minutes=1)), pytest.raises(SlotTaken):
        book(reception, actor=actor, token=new_token("book"), slot_at=reception.starts_at)
    with time_machine.travel(reception.ends_at + timedelta(minutes=1)), pytest.raises(BookingClosed):
        book(reception, actor=actor, token=new_token("book"), slot_at=reception.starts_at)
    Reception.objects.update(takes_bookings=False)
    with pytest.raises(BookingClosed):
        booked(Reception.objects.get())


def test_a_row_of_receptions_goes_round_holidays(district: District):
    days = planning.days_of(timezone.localdate().replace(year=2026, month=9, day=3), every="weekly", times=6)
    assert [f"{d:%m%d}" for d in days] == ["0903", "0910", "0917", "0924", "1008", "1008"][:5]
    monthly = planning.days_of(
        timezone.localdate().replace(year=2027, month=1, day=29), every="monthly", times=2
    )
    assert f"{monthly[1]:%m%d}" in {"0226", "0228", "0301"}


def test_planning_twice_plans_once_and_who_may(district: District):
    made = planning.plan_receptions(plan(district), actor=district.actor("liaison"), every="weekly", times=3)
    assert len(made) == 3
    assert {r.number[0] for r in made} == {"R"}
    with pytest.raises(planning.AlreadyPlanned):
        planning.plan_receptions(plan(district), actor=district.actor("liaison"))
    with pytest.raises(NotYours):
        planning.plan_receptions(plan(district, kind="chair"), actor=district.actor("liaison"))
    with pytest.raises(NotYours):
        planning.plan_receptions(plan(district), actor=other_liaison(district))
    for name in ("member", "unit", "principal"):
        with pytest.raises(NotYours):
            planning.plan_receptions(plan(district), actor=district.actor(name))
    chair = planning.plan_receptions(
        plan(district, kind="chair", host_label="区政协主席", topics="老旧小区改造"),
        actor=district.actor("office"),
    )[0]
    page = Client().get(reverse("reception", args=[chair.number])).content.decode()
    assert "区政协主席" in page
    assert "老旧小区改造" in page
    assert "主席接待日" in page
    told = Notice.objects.filter(template="reception.planned", user=district.users["member"])
    assert told.count() == 4


def test_a_changed_time_moves_every_booking_and_tells_its_holder(district: District):
    reception = planned(district)
    tickets = [booked(reception, n).ticket for n in (0, 2, 7)]
    later = plan(district, starts_at=reception.starts_at + timedelta(days=1), hours=1.5)
    changed = planning.change_reception(
        reception, later, actor=district.actor("liaison"), seen_version=reception.version
    )
    assert changed.version == 2
    at = [Ticket.objects.get(pk=t.pk).slot_at for t in tickets]
    assert at == [
        later.starts_at,
        later.starts_at + timedelta(minutes=30),
        later.starts_at + timedelta(minutes=75),
    ]
    assert Notice.objects.filter(template="reception.moved").count() == 3
    with pytest.raises(planning.ReceptionChanged):
        planning.change_reception(reception, later, actor=district.actor("liaison"), seen_version=1)
    with pytest.raises(planning.TooFewSlots):
        planning.change_reception(
            reception, plan(district, hours=0.5), actor=district.actor("liaison"), seen_version=2
        )


def test_cancelling_tells_the_bookers_the_reason_without_personal_data(district: District):
    reception = planned(district)
    ticket = booked(reception, 0, topic="家里的私事").ticket
    office = client_of(district, "office")
    url = reverse("work_reception_cancel", args=[reception.number])
    refused = office.post(url, {"reason": "王主任电话13800000000", "version": reception.version})
    assert refused.status_code == 422
    assert office.post(url, {"reason": "台风停工", "version": reception.version}).status_code == 302
    ticket.refresh_from_db()
    assert ticket.state == "cancelled"
    notice = Notice.objects.get(template="reception.cancelled")
    assert notice.receipt_id == ticket.receipt_id
    assert notice.data["reason"] == "台风停工"
    assert "私事" not in str(notice.data)
    assert "台风停工" in Client().get(reverse("reception", args=[reception.number])).content.decode()
    assert office.post(url, {"reason": "再来", "version": reception.version}).status_code == 409


def test_the_reminder_comes_once_the_day_before(district: District):
    reception = planned(district, starts_at=tomorrow(days=5))
    booked(reception, 0)
    booked(reception, 1, contact=None)
    before = reception.starts_at - timedelta(days=1)
    with time_machine.travel(before.replace(hour=0, minute=30)):
        assert remind_of_bookings() == 0
    with time_machine.travel(reception.starts_at - timedelta(days=2)):
        assert remind_of_bookings() == 0
    with time_machine.travel(before + timedelta(hours=3)):
        assert remind_of_bookings() == 1
        assert remind_of_bookings() == 0
        move_booking(Ticket.objects.get(number=1), slot_at=reception.starts_at + timedelta(hours=1))
        assert remind_of_bookings() == 1


def test_the_public_list_filters_and_asks_little(district: District, django_assert_max_num_queries):
    for n in range(33):
        planned(district, starts_at=tomorrow(days=2 + n))
    planned(district, kind="chair", host_label="区政协主席", starts_at=tomorrow(14))
    first = Client().get(reverse("receptions"))
    with django_assert_max_num_queries(6):
        first = Client().get(reverse("receptions") + "?street=T1")
    assert len(first.context["rows"]) == 30
    second = Client().get(reverse("receptions"), {"after": first.context["next_cursor"]})
    assert len(second.context["rows"]) == 4
    chair = Client().get(reverse("receptions"), {"kind": "chair"})
    assert [row["reception"].kind for row in chair.context["rows"]] == ["chair"]
    assert not Client().get(reverse("receptions"), {"street": "T999"}).context["rows"]
    with django_assert_max_num_queries(8):
        Client().get(reverse("reception", args=[chair.context["rows"][0]["reception"].number]))
    office = client_of(district, "office")
    office.get(reverse("work_receptions"))
    with django_assert_max_num_queries(10):
        office.get(reverse("work_receptions"))


def test_the_station_page_leads_to_the_booking(district: District):
    reception = planned(district)
    page = Client().get(reverse("station", args=[district.station.code])).content.decode()
    assert reverse("reception_book", args=[reception.number]) in page


def test_every_booking_clears_cached_pages(district: District):
    reception = planned(district)
    before = LedgerEntry.objects.count()
    booked(reception)
    assert LedgerEntry.objects.count() == before + 1
    assert booking.takes_bookings(reception, timezone.now())
    assert opened(district, kind="chair", host_label="区政协主席").state == "open"
