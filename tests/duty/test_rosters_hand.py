"""Rosters by hand, leave and swaps: who may, what is refused, who is told, and two people at the same moment."""

import json
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.duty.test_rosters_pages import NEXT, second, weekly
from tests.testing.district import build_district
from tests.testing.threads import at_once
from tongxin.core.models import LedgerEntry
from tongxin.directory.models import DutyShift, Posting, Workstation
from tongxin.duty.actions.rosters import drafts, handover, leave, publishing, slots, swaps
from tongxin.duty.actions.rosters.common import NotAllowed, Refused, RosterChanged, hold_rosters
from tongxin.duty.actions.rosters.slots import SlotGiven
from tongxin.duty.models import Leave, Roster, RosterSlot, Swap
from tongxin.duty.problems import problems_of
from tongxin.notices.models import Notice

pytestmark = pytest.mark.django_db


def hour(hours: float):
    return timezone.now() + timedelta(hours=hours)


def add(district, actor, start=1.0, end=3.0, station=None, member=None, weeks=1):
    return slots.add_slots(
        station or district.station,
        SlotGiven("online", hour(start), hour(end), member or district.member),
        actor=actor,
        weeks=weeks,
    )


def publish_everything(district):
    for roster in Roster.objects.filter(state="draft").select_related("station"):
        publishing.publish_roster(roster, actor=district.actor("office"))


def street_station(district) -> Workstation:
    return Workstation.objects.create(code="TW0", name="示例街道工作站", area=district.street)


class TestByHand:
    """One slot after another."""

    def test_liaison_adds_weekly_and_the_ledger_names_nobody(self, district):
        add(district, district.actor("liaison"), weeks=3)
        assert RosterSlot.objects.count() == 3
        publish_everything(district)
        assert DutyShift.objects.count() == 3
        for entry in LedgerEntry.objects.all():
            assert district.member.name not in entry.body
            assert "M1" not in entry.body

    def test_double_booking_is_refused_with_where_and_when(self, district):
        office, other = district.actor("office"), street_station(district)
        Posting.objects.create(member=district.member, station=other)
        add(district, office, 1 + 7 * 24, 3 + 7 * 24)
        with pytest.raises(Refused) as refused:
            add(district, office, 2, 4, station=other, weeks=2)
        assert district.station.name in refused.value.reason
        assert RosterSlot.objects.count() == 1
        add(district, office, 3.01 + 7 * 24, 4 + 7 * 24, station=other)

    @pytest.mark.parametrize(
        ("start", "end", "weeks"),
        [(3, 1, 1), (1, 20, 1), (-5, -3, 1), (24 * 400, 24 * 400 + 1, 1), (1, 2, 13), (1, 2, 0)],
    )
    def test_impossible_times_are_refused(self, district, start, end, weeks):
        with pytest.raises(Refused):
            add(district, district.actor("office"), start, end, weeks=weeks)
        assert not RosterSlot.objects.exists()

    def test_only_members_of_the_station_who_are_not_away(self, district):
        with pytest.raises(Refused):
            add(district, district.actor("office"), station=street_station(district))
        today = timezone.localdate()
        asked = leave.ask_leave(
            actor=district.actor("member"), starts_on=today, ends_on=today + timedelta(days=2)
        )
        add(district, district.actor("office"), 1, 2)  # asked is not granted
        leave.answer_leave(asked.pk, actor=district.actor("liaison"), is_granted=True)
        with pytest.raises(Refused, match="请了假"):
            add(district, district.actor("office"), 24, 25)

    @pytest.mark.parametrize("name", ["member", "unit", "convener", "system_admin"])
    def test_others_may_not_touch_the_roster(self, district, name):
        actor = district.actor(name)
        with pytest.raises(NotAllowed):
            add(district, actor)
        [slot] = add(district, district.actor("office"))
        with pytest.raises(NotAllowed):
            slots.remove_slot(slot.pk, actor=actor)
        with pytest.raises(NotAllowed):
            slots.change_slot(slot.pk, SlotGiven("online", hour(1), hour(2)), actor=actor)
        with pytest.raises(NotAllowed):
            drafts.draft_month(district.station, NEXT, actor=actor)
        with pytest.raises(NotAllowed):
            drafts.draft_all(NEXT, actor=actor)
        with pytest.raises(NotAllowed):
            publishing.publish_roster(slot.roster, actor=actor)
        with pytest.raises(NotAllowed):
            publishing.publish_all(NEXT, actor=actor)

    def test_a_liaison_keeps_only_their_own_roster(self, district):
        other = street_station(district)
        Posting.objects.create(member=district.member, station=other)
        [slot] = add(district, district.actor("office"), station=other)
        with pytest.raises(NotAllowed):
            slots.remove_slot(slot.pk, actor=district.actor("liaison"))

    def test_a_shift_that_is_over_is_a_record(self, district):
        office = district.actor("office")
        [slot] = add(district, office, 1, 2)
        publish_everything(district)
        late = timezone.now() + timedelta(hours=5)
        with pytest.raises(Refused):
            slots.remove_slot(slot.pk, actor=office, at=late)
        slots.remove_slot(slot.pk, actor=office)
        assert slots.remove_slot(slot.pk, actor=office) is None
        assert not DutyShift.objects.exists()

    def test_after_publication_each_change_reaches_who_it_concerns(self, district):
        office, other = district.actor("office"), second(district)
        start = timezone.make_aware(timezone.datetime(NEXT.year, NEXT.month, 3, 9))
        end = start + timedelta(hours=2)
        [slot] = slots.add_slots(
            district.station, SlotGiven("online", start, end, district.member), actor=office
        )
        publish_everything(district)
        told = lambda user: set(  # noqa: E731
            Notice.objects.filter(user=district.users[user]).values_list("template", flat=True)
        )
        assert told("member") == {"roster.published"}
        slots.change_slot(slot.pk, SlotGiven("online", start, end, other), actor=office)
        assert told("member") == {"roster.published", "shift.taken"}
        assert told("M2") == {"shift.given"}
        later = end + timedelta(hours=4)
        slots.change_slot(slot.pk, SlotGiven("offline", end, later, other), actor=office)
        assert "shift.moved" in told("M2")
        shift = DutyShift.objects.get()
        assert (shift.member, shift.mode, shift.starts_at) == (other, "offline", end)
        slots.change_slot(slot.pk, SlotGiven("offline", end, later, None), actor=office)
        assert "shift.taken" in told("M2")
        assert not DutyShift.objects.exists()
        roster = Roster.objects.select_related("station").get()
        assert drafts.fill_gaps(roster, actor=office) == (1, 0)
        assert DutyShift.objects.count() == 1
        slots.remove_slot(slot.pk, actor=office)
        everybody = told("member") | told("M2")
        assert "shift.cancelled" in everybody
        for notice in Notice.objects.all():
            assert "测试委员" not in json.dumps(notice.data, ensure_ascii=False)


class TestDrafts:
    """Drafting again, all at once, around what is there."""

    def test_drafting_again_keeps_what_was_put_by_hand(self, district):
        other, office = second(district), district.actor("office")
        weekly(district.station, days=(1, 4))
        drafts.draft_month(district.station, NEXT, actor=office)
        before = RosterSlot.objects.count()
        slot = RosterSlot.objects.order_by("starts_at").first()
        moved = slot.starts_at + timedelta(hours=5)
        slots.change_slot(
            slot.pk, SlotGiven("online", moved, moved + timedelta(hours=2), other), actor=office
        )
        drafts.draft_month(district.station, NEXT, actor=office)
        slot.refresh_from_db()
        assert (slot.starts_at, slot.member, slot.mode) == (moved, other, "online")
        assert RosterSlot.objects.count() == before
        counts = [RosterSlot.objects.filter(member=m).count() for m in (district.member, other)]
        assert max(counts) - min(counts) <= 1

    def test_leave_and_shifts_elsewhere_are_respected(self, district):
        other, elsewhere = second(district), street_station(district)
        weekly(district.station, days=(1, 2, 3, 4, 5))
        first, last = NEXT, NEXT + timedelta(days=9)
        asked = leave.ask_leave(actor=district.actor("member"), starts_on=first, ends_on=last)
        leave.answer_leave(asked.pk, actor=district.actor("office"), is_granted=True)
        start = timezone.make_aware(timezone.datetime(NEXT.year, NEXT.month, 1, 8))
        for day in range(28):
            DutyShift.objects.create(
                station=elsewhere,
                member=other,
                mode="online",
                starts_at=start + timedelta(days=day),
                ends_at=start + timedelta(days=day, hours=2),
            )
        drafts.draft_month(district.station, NEXT, actor=district.actor("liaison"))
        for slot in RosterSlot.objects.filter(roster__station=district.station):
            day = timezone.localtime(slot.starts_at).date()
            if day <= last:
                assert slot.member is None
            elif day <= NEXT + timedelta(days=27):
                assert slot.member == district.member

    def test_shifts_that_were_there_become_fixed_slots(self, district):
        start = timezone.make_aware(timezone.datetime(NEXT.year, NEXT.month, 7, 9))
        shift = DutyShift.objects.create(
            station=district.station,
            member=district.member,
            mode="offline",
            starts_at=start,
            ends_at=start + timedelta(hours=2),
        )
        weekly(district.station, days=(start.isoweekday(),))
        drafts.draft_month(district.station, NEXT, actor=district.actor("liaison"))
        adopted = RosterSlot.objects.get(shift=shift)
        assert adopted.is_fixed
        assert RosterSlot.objects.filter(starts_at=start).count() == 1
        publish_everything(district)
        assert DutyShift.objects.filter(starts_at=start).count() == 1

    def test_a_published_month_is_not_drafted_again_and_an_old_page_is_told(self, district):
        weekly(district.station)
        liaison = district.actor("liaison")
        drafts.draft_month(district.station, NEXT, actor=liaison)
        roster = Roster.objects.select_related("station").get()
        drafts.draft_month(district.station, NEXT, actor=liaison, seen_version=roster.version)
        with pytest.raises(RosterChanged):
            drafts.draft_month(district.station, NEXT, actor=liaison, seen_version=roster.version)
        with pytest.raises(RosterChanged):
            publishing.publish_roster(roster, actor=liaison, seen_version=roster.version)
        publish_everything(district)
        with pytest.raises(Refused):
            drafts.draft_month(district.station, NEXT, actor=liaison)
        before = set(RosterSlot.objects.values_list("pk", "member"))
        drafts.draft_all(NEXT, actor=district.actor("office"))
        assert set(RosterSlot.objects.values_list("pk", "member")) == before
        with pytest.raises(Refused):
            drafts.draft_month(district.station, date(2026, 1, 1), actor=liaison)

    def test_a_draft_with_somebody_on_leave_is_not_published(self, district):
        weekly(district.station)
        drafts.draft_month(district.station, NEXT, actor=district.actor("liaison"))
        asked = leave.ask_leave(
            actor=district.actor("member"), starts_on=NEXT, ends_on=NEXT + timedelta(days=20)
        )
        leave.answer_leave(asked.pk, actor=district.actor("liaison"), is_granted=True)
        found = problems_of(list(RosterSlot.objects.select_related("member")))
        assert set(found.values()) == {"leave"}
        with pytest.raises(Refused):
            publish_everything(district)
        left = publishing.publish_all(NEXT, actor=district.actor("office"))
        assert left.left == [district.station.name]
        assert not DutyShift.objects.exists()
        drafts.draft_month(district.station, NEXT, actor=district.actor("liaison"))
        assert not problems_of(list(RosterSlot.objects.select_related("member")))


class TestLeave:
    """Asked, answered, withdrawn."""

    def ask(self, district, days=3):
        today = timezone.localdate()
        return leave.ask_leave(
            actor=district.actor("member"), starts_on=today, ends_on=today + timedelta(days=days)
        )

    def test_who_may_answer(self, district):
        asked = self.ask(district)
        for name in ("member", "convener", "unit", "system_admin"):
            with pytest.raises(NotAllowed):
                leave.answer_leave(asked.pk, actor=district.actor(name), is_granted=True)
        Posting.objects.all().delete()
        with pytest.raises(NotAllowed):
            leave.answer_leave(asked.pk, actor=district.actor("liaison"), is_granted=True)
        leave.answer_leave(asked.pk, actor=district.actor("office"), is_granted=True)
        with pytest.raises(Refused):
            leave.answer_leave(asked.pk, actor=district.actor("office"), is_granted=True)

    def test_the_ledger_says_nothing_of_who_and_why(self, district):
        today = timezone.localdate()
        asked = leave.ask_leave(actor=district.actor("member"), starts_on=today, ends_on=today, reason="住院")
        leave.answer_leave(asked.pk, actor=district.actor("office"), is_granted=False, answer="缺人")
        with pytest.raises(Refused):
            leave.withdraw_leave(asked.pk, actor=district.actor("member"))
        bodies = [json.loads(e.body) for e in LedgerEntry.objects.filter(event__startswith="leave.")]
        assert [sorted(body) for body in bodies] == [["dossier", "event", "leave"]] * 2
        assert all("住院" not in json.dumps(n.data, ensure_ascii=False) for n in Notice.objects.all())

    @pytest.mark.parametrize(("first", "last"), [(3, 1), (-9, -2), (1, 500), (400, 401)])
    def test_impossible_days_are_refused(self, district, first, last):
        today = timezone.localdate()
        with pytest.raises(Refused):
            leave.ask_leave(
                actor=district.actor("member"),
                starts_on=today + timedelta(days=first),
                ends_on=today + timedelta(days=last),
            )

    def test_only_members_ask_and_only_for_themselves(self, district):
        asked = self.ask(district)
        second(district)
        with pytest.raises(NotAllowed):
            leave.withdraw_leave(asked.pk, actor=district.actor("M2"))
        with pytest.raises(NotAllowed):
            leave.ask_leave(actor=district.actor("liaison"), starts_on=NEXT, ends_on=NEXT)
        leave.withdraw_leave(asked.pk, actor=district.actor("member"))
        assert leave.withdraw_leave(asked.pk, actor=district.actor("member")).state == "withdrawn"
        self.ask(district)
        assert Leave.objects.count() == 2


class TestSwaps:
    """A shift changes hands, alone or for another."""

    @pytest.fixture
    def two(self, district):
        """A member and a colleague with a shift each, two days apart."""
        other = second(district)
        [mine] = add(district, district.actor("office"), 24, 26)
        [theirs] = add(district, district.actor("office"), 72, 74, member=other)
        publish_everything(district)
        mine.refresh_from_db()
        theirs.refresh_from_db()
        return mine.shift, theirs.shift, other

    def ask(self, district, two, in_return=False):
        mine, theirs, other = two
        return swaps.ask_swap(
            mine, actor=district.actor("member"), asked_of=other, in_return=theirs if in_return else None
        )

    def test_in_exchange_both_change_hands(self, district, two):
        mine, theirs, other = two
        swap = self.ask(district, two, in_return=True)
        swaps.answer_swap(swap.pk, actor=district.actor("M2"), is_accepted=True)
        mine.refresh_from_db()
        theirs.refresh_from_db()
        assert (mine.member, theirs.member) == (other, district.member)
        assert (mine.roster_slot.member, theirs.roster_slot.member) == (other, district.member)
        with pytest.raises(Refused):
            swaps.answer_swap(swap.pk, actor=district.actor("M2"), is_accepted=False)

    def test_declined_and_withdrawn_leave_everything(self, district, two):
        mine, _theirs, _other = two
        swap = self.ask(district, two)
        with pytest.raises(Refused):
            self.ask(district, two)  # asked already
        swaps.answer_swap(swap.pk, actor=district.actor("M2"), is_accepted=False, answer="那天不行")
        again = self.ask(district, two)
        swaps.withdraw_swap(again.pk, actor=district.actor("member"))
        with pytest.raises(Refused):
            swaps.answer_swap(again.pk, actor=district.actor("M2"), is_accepted=True)
        mine.refresh_from_db()
        assert mine.member == district.member

    def test_void_when_the_other_is_not_free_any_more(self, district, two):
        mine, _theirs, other = two
        swap = self.ask(district, two)
        elsewhere = street_station(district)
        DutyShift.objects.create(
            station=elsewhere, member=other, mode="online", starts_at=mine.starts_at, ends_at=mine.ends_at
        )
        swap = swaps.answer_swap(swap.pk, actor=district.actor("M2"), is_accepted=True)
        assert swap.state == Swap.State.VOID
        assert "示例街道工作站" in swap.answer
        mine.refresh_from_db()
        assert mine.member == district.member

    def test_void_when_the_shift_began(self, district, two):
        swap = self.ask(district, two)
        late = timezone.now() + timedelta(hours=25)
        swap = swaps.answer_swap(swap.pk, actor=district.actor("M2"), is_accepted=True, at=late)
        assert swap.state == Swap.State.VOID

    def test_void_when_the_roster_is_changed_by_hand(self, district, two):
        mine, _theirs, _other = two
        swap = self.ask(district, two)
        slots.remove_slot(mine.roster_slot.pk, actor=district.actor("office"))
        swap.refresh_from_db()
        assert swap.state == Swap.State.VOID
        assert swap.shift is None

    def test_void_when_on_leave(self, district, two):
        swap = self.ask(district, two)
        day = timezone.localdate()
        asked = leave.ask_leave(actor=district.actor("M2"), starts_on=day, ends_on=day + timedelta(days=3))
        leave.answer_leave(asked.pk, actor=district.actor("office"), is_granted=True)
        assert swaps.answer_swap(swap.pk, actor=district.actor("M2"), is_accepted=True).state == "void"

    def test_who_may(self, district, two):
        mine, theirs, other = two
        with pytest.raises(NotAllowed):
            swaps.ask_swap(theirs, actor=district.actor("member"), asked_of=other)
        with pytest.raises(Refused):
            swaps.ask_swap(mine, actor=district.actor("member"), asked_of=district.member)
        third = second(district, "M3", "测试委员丙")
        Posting.objects.filter(member=third).delete()
        with pytest.raises(Refused):
            swaps.ask_swap(mine, actor=district.actor("member"), asked_of=third)
        swap = self.ask(district, two)
        for name in ("member", "M3", "liaison", "office"):
            with pytest.raises(NotAllowed):
                swaps.answer_swap(swap.pk, actor=district.actor(name), is_accepted=True)
        with pytest.raises(NotAllowed):
            swaps.withdraw_swap(swap.pk, actor=district.actor("M2"))


def test_hand_over_is_for_who_serves_there(district):
    other = second(district)
    Posting.objects.filter(member=other).delete()
    with pytest.raises(NotAllowed):
        handover.write_hand_over(district.station, "钥匙", actor=district.actor("M2"))
    DutyShift.objects.create(
        station=district.station, member=other, mode="online", starts_at=hour(-3), ends_at=hour(-1)
    )
    note = handover.write_hand_over(district.station, "钥匙", actor=district.actor("M2"))
    assert note.shift.member == other
    for name in ("unit", "convener"):
        with pytest.raises(NotAllowed):
            handover.tick_hand_over(note.pk, actor=district.actor(name))
    handover.tick_hand_over(note.pk, actor=district.actor("liaison"))
    handover.tick_hand_over(note.pk, actor=district.actor("liaison"), is_done=False)
    note.refresh_from_db()
    assert note.done_at is None


def together(jobs):
    return at_once(len(jobs), lambda index: jobs[index]())


@pytest.mark.django_db(transaction=True)
def test_two_stations_putting_one_member_on_duty_at_once_book_them_once():
    district = build_district()
    other = street_station(district)
    Posting.objects.create(member=district.member, station=other)
    office = district.actor("office")
    given = SlotGiven("online", hour(5), hour(7), district.member)
    results = together(
        [
            lambda station=station: slots.add_slots(station, given, actor=office)
            for station in [district.station, other] * 4
        ]
    )
    assert sum(not isinstance(result, Exception) for result in results) == 1
    assert all(isinstance(r, Refused) for r in results if isinstance(r, Exception))
    assert RosterSlot.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_accepting_and_removing_at_once_leaves_one_outcome():
    district = build_district()
    other, office = second(district), district.actor("office")
    [slot] = add(district, office, 24, 26)
    publish_everything(district)
    slot.refresh_from_db()
    swap = swaps.ask_swap(slot.shift, actor=district.actor("member"), asked_of=other)
    taker = district.actor("M2")
    together(
        [
            lambda: swaps.answer_swap(swap.pk, actor=taker, is_accepted=True),
            lambda: slots.remove_slot(slot.pk, actor=office),
            lambda: swaps.answer_swap(swap.pk, actor=taker, is_accepted=True),
        ]
    )
    swap.refresh_from_db()
    assert swap.state in {"accepted", "void"}
    assert not DutyShift.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_member_accepts_two_overlapping_shifts_at_once_and_gets_one():
    district = build_district()
    taker_member, third = second(district), second(district, "M3", "测试委员丙")
    office = district.actor("office")
    [one] = add(district, office, 24, 26)
    [two] = add(district, office, 25, 27, member=third)
    publish_everything(district)
    one.refresh_from_db()
    two.refresh_from_db()
    asked = [
        swaps.ask_swap(one.shift, actor=district.actor("member"), asked_of=taker_member),
        swaps.ask_swap(two.shift, actor=district.actor("M3"), asked_of=taker_member),
    ]
    taker = district.actor("M2")
    results = together(
        [lambda pk=s.pk: swaps.answer_swap(pk, actor=taker, is_accepted=True).state for s in asked]
    )
    assert sorted(results) == ["accepted", "void"]
    assert DutyShift.objects.filter(member=taker_member).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_of_one_page_one_wins():
    district = build_district()
    other, office, liaison = second(district), district.actor("office"), district.actor("liaison")
    [slot] = add(district, office, 24, 26)
    seen = Roster.objects.get().version
    start, end = slot.starts_at, slot.ends_at
    results = together(
        [
            lambda: slots.change_slot(
                slot.pk, SlotGiven("online", start, end, other), actor=office, seen_version=seen
            ),
            lambda: slots.change_slot(
                slot.pk, SlotGiven("online", start, end, None), actor=liaison, seen_version=seen
            ),
        ]
    )
    assert sum(isinstance(result, RosterChanged) for result in results) == 1


@pytest.mark.django_db(transaction=True)
def test_everybody_drafting_and_publishing_at_once_ends_in_one_published_month():
    district = build_district()
    second(district)
    weekly(district.station, days=(1, 2, 3))
    office, liaison = district.actor("office"), district.actor("liaison")
    together(
        [
            lambda: drafts.draft_all(NEXT, actor=office),
            lambda: drafts.draft_month(district.station, NEXT, actor=liaison),
            lambda: publishing.publish_all(NEXT, actor=office),
            lambda: drafts.draft_all(NEXT, actor=office),
        ]
    )
    publishing.publish_all(NEXT, actor=office)
    assert Roster.objects.count() == 1
    times = list(RosterSlot.objects.values_list("starts_at", flat=True))
    assert len(times) == len(set(times)) == DutyShift.objects.count()


@pytest.mark.django_db(transaction=True)
def test_a_changed_roster_wakes_the_answer_clocks_of_the_desk() -> None:
    def waiting() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock = 'desk' AND status = 'todo'"
            )
            return cursor.fetchone()[0]

    with connection.cursor() as cursor:  # jobs of other tests: nothing empties their table
        cursor.execute("DELETE FROM procrastinate_jobs WHERE queueing_lock = 'desk' AND status = 'todo'")
    with transaction.atomic():
        hold_rosters()
        assert waiting() == 0
    assert waiting() == 1
    with transaction.atomic():
        hold_rosters()
    assert waiting() == 1  # one that waits is enough
