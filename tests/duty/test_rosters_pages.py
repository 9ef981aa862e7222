"""Pages of rosters: the office's month, one station's month, by hand, patterns, leave, swaps, hand-over."""

from datetime import date, time, timedelta

import pytest
from django.utils import timezone

from tests.testing.clients import client_of
from tongxin.accounts.models import RoleAssignment, User
from tongxin.accounts.roles import Role
from tongxin.directory.models import DutyShift, Member, Posting, Sector, Workstation
from tongxin.duty.actions.rosters import drafts, leave, publishing, swaps
from tongxin.duty.models import HandOver, Leave, Roster, RosterPattern, RosterSlot, Swap
from tongxin.duty.opening import month_of, next_month

pytestmark = pytest.mark.django_db
NEXT = next_month(month_of(date.today()))
PAGE = f"/work/rosters/TW1/{NEXT:%Y-%m}/"


def second(district, code: str = "M2", name: str = "测试委员乙") -> Member:
    """Another member of the station, with an account of their own."""
    user = User.objects.create(username=f"member-{code}", display_name=name)
    RoleAssignment.objects.create(user=user, role=Role.MEMBER)
    district.users[code] = user
    member = Member.objects.create(code=code, name=name, sector=Sector.objects.first(), user=user)
    Posting.objects.create(member=member, station=district.station)
    return member


def weekly(station: Workstation, days=(1, 3), people: int = 1, **fields) -> RosterPattern:
    """A pattern held whatever the day."""
    return RosterPattern.objects.create(
        station=station,
        name="每周",
        mode="offline",
        rule="weekdays",
        days=list(days),
        starts=fields.pop("starts", time(9)),
        ends=fields.pop("ends", time(11)),
        people=people,
        on_holiday="hold",
        **fields,
    )


def text_of(response) -> str:
    return response.content.decode()


class TestOneStation:
    """The liaison drafts, changes and publishes the month of their station."""

    def test_from_pattern_to_published_shift(self, district):
        other = second(district)
        liaison = client_of(district, "liaison")
        assert "还没有值班规律" in text_of(liaison.get(PAGE))
        given = {
            "name": "每周一",
            "mode": "offline",
            "rule": "weekdays",
            "weekdays": ["1"],
            "every_weeks": 1,
            "starts": "09:00",
            "ends": "11:30",
            "people": 1,
            "on_holiday": "hold",
        }
        assert liaison.post("/work/rosters/TW1/patterns/", given).status_code == 302
        assert liaison.post(PAGE, {"do": "draft", "version": ""}).status_code == 302
        page = text_of(liaison.get(PAGE))
        assert "草稿" in page
        assert "测试委员甲" in page
        assert "测试委员乙" in page
        assert not DutyShift.objects.exists()
        roster = Roster.objects.get()
        asked = liaison.post(PAGE, {"do": "publish", "version": roster.version})
        assert "有班的委员会收到通知" in text_of(asked)
        assert not DutyShift.objects.exists()
        liaison.post(PAGE, {"do": "publish", "version": roster.version, "sure": "yes"})
        slots = RosterSlot.objects.count()
        assert DutyShift.objects.count() == slots >= 4
        counts = [DutyShift.objects.filter(member=m).count() for m in (district.member, other)]
        assert max(counts) - min(counts) <= 1
        assert "已公布" in text_of(liaison.get(PAGE))

    def test_a_gap_is_said_in_words_with_its_reason(self, district):
        weekly(district.station, people=2)
        drafts.draft_month(district.station, NEXT, actor=district.actor("liaison"))
        page = text_of(client_of(district, "liaison").get(PAGE))
        assert "个空缺" in page
        assert "委员那时都有别的班" in page

    def test_by_hand_one_wins_and_the_other_is_told_with_the_text_kept(self, district):
        other = second(district)
        weekly(district.station, days=(1,))
        liaison = client_of(district, "liaison")
        drafts.draft_month(district.station, NEXT, actor=district.actor("liaison"))
        slot = RosterSlot.objects.select_related("roster").first()
        seen = slot.roster.version
        where = f"/work/rosters/slots/{slot.pk}/"
        day = timezone.localtime(slot.starts_at).date()
        given = {"member": other.pk, "mode": "online", "date": day, "start": "10:00", "end": "12:00"}
        assert liaison.post(where, {**given, "version": seen}).status_code == 302
        slot.refresh_from_db()
        assert (slot.member, slot.mode, slot.is_fixed) == (other, "online", True)
        late = client_of(district, "office").post(where, {**given, "start": "10:30", "version": seen})
        assert late.status_code == 409
        assert 'value="10:30' in text_of(late)
        again = late.context["form"]["version"].value()
        assert (
            client_of(district, "office")
            .post(where, {**given, "start": "10:30", "version": again})
            .status_code
            == 302
        )
        asked = liaison.post(where, {"do": "remove"})
        assert "要从值班表上去掉" in text_of(asked)
        liaison.post(where, {"do": "remove", "sure": "yes"})
        assert not RosterSlot.objects.filter(pk=slot.pk).exists()

    def test_add_for_three_weeks_and_what_is_refused_stays_in_the_form(self, district):
        liaison = client_of(district, "liaison")
        given = {
            "member": district.member.pk,
            "mode": "online",
            "date": NEXT + timedelta(days=1),
            "start": "19:00",
            "end": "21:00",
            "weeks": 3,
        }
        assert liaison.post(f"{PAGE}add/", given).status_code == 302
        assert RosterSlot.objects.filter(is_fixed=True).count() == 3
        refused = liaison.post(f"{PAGE}add/", given)
        assert refused.status_code == 422
        assert "已经在示例甲社区工作室值班" in text_of(refused)
        assert liaison.post(f"{PAGE}add/", {**given, "end": "18:00"}).status_code == 422

    def test_others_stations_do_not_exist(self, district):
        Workstation.objects.create(code="TW2", name="别的工作室", area=district.other_community)
        elsewhere = PAGE.replace("TW1", "TW2")
        assert client_of(district, "liaison").get(elsewhere).status_code == 404
        assert client_of(district, "liaison").post(elsewhere, {"do": "draft"}).status_code == 404
        assert client_of(district, "member").get(PAGE).status_code == 404
        assert client_of(district, "office").get(elsewhere).status_code == 200
        for month in ("2026-13", "x", "1999-01"):
            assert client_of(district, "office").get(f"/work/rosters/TW1/{month}/").status_code == 404

    def test_hand_over_is_written_and_ticked(self, district):
        liaison = client_of(district, "liaison")
        assert liaison.post(PAGE, {"do": "hand_over", "text": ""}).status_code == 422
        liaison.post(PAGE, {"do": "hand_over", "text": "钥匙在服务台。"})
        liaison.post(PAGE, {"do": "hand_over", "text": "钥匙在服务台。"})
        note = HandOver.objects.get()
        member = client_of(district, "member")
        assert "钥匙在服务台。" in text_of(member.get("/work/shifts/"))
        member.post("/work/shifts/", {"do": "tick", "id": note.pk})
        note.refresh_from_db()
        assert note.done_by_label == "测试member"
        assert "办好了" in text_of(liaison.get(PAGE))

    def test_patterns_are_checked_changed_and_stopped(self, district):
        liaison = client_of(district, "liaison")
        given = {
            "name": "十号",
            "mode": "offline",
            "rule": "month_days",
            "month_days": "10，32",
            "every_weeks": 1,
            "starts": "11:00",
            "ends": "09:00",
            "people": 1,
            "on_holiday": "postpone",
        }
        wrong = liaison.post("/work/rosters/TW1/patterns/", given)
        assert wrong.status_code == 422
        assert {"month_days", "ends"} <= wrong.context["form"].errors.keys()
        liaison.post("/work/rosters/TW1/patterns/", given | {"month_days": "10, 20", "ends": "12:00"})
        pattern = RosterPattern.objects.get()
        assert pattern.days == [10, 20]
        where = f"/work/rosters/patterns/{pattern.pk}/"
        liaison.post(where, given | {"month_days": "5", "ends": "12:00"})
        pattern.refresh_from_db()
        assert pattern.days == [5]
        liaison.post(where, {"do": "stop"})
        assert liaison.get(where).status_code == 404


class TestAllStations:
    """The office drafts and publishes a month everywhere at once."""

    def test_draft_all_and_publish_all(self, district):
        second(district)
        other = Workstation.objects.create(code="TW2", name="示例乙社区工作室", area=district.other_community)
        Posting.objects.create(member=district.member, station=other)
        weekly(district.station)
        weekly(other)
        office = client_of(district, "office")
        office.post("/work/rosters/", {"do": "draft_all", "month": f"{NEXT:%Y-%m}"})
        assert Roster.objects.filter(state="draft").count() == 2
        page = text_of(office.get(f"/work/rosters/?month={NEXT:%Y-%m}"))
        assert "示例乙社区工作室" in page
        office.post("/work/rosters/", {"do": "publish_all", "month": f"{NEXT:%Y-%m}", "sure": "yes"})
        assert Roster.objects.filter(state="published").count() == 2
        for shift in DutyShift.objects.all():
            overlapping = DutyShift.objects.filter(
                member=shift.member, starts_at__lt=shift.ends_at, ends_at__gt=shift.starts_at
            )
            assert overlapping.count() == 1

    def test_only_the_office(self, district):
        weekly(district.station)
        response = client_of(district, "liaison").post(
            "/work/rosters/", {"do": "draft_all", "month": f"{NEXT:%Y-%m}"}
        )
        assert response.status_code == 404

    def test_a_page_and_its_filters_take_few_queries(self, district, django_assert_max_num_queries):
        for n in range(45):
            area = type(district.community).objects.create(
                code=f"T1{n + 10:02}", name=f"社区{n}", level="community", parent=district.street
            )
            station = Workstation.objects.create(code=f"TX{n}", name=f"工作室{n}", area=area)
            Posting.objects.create(member=district.member, station=station)
            weekly(station, days=(1 + n % 5,), starts=time(9), ends=time(10))
        office = client_of(district, "office")
        drafts.draft_all(NEXT, actor=district.actor("office"))
        with django_assert_max_num_queries(32):
            first = office.get(f"/work/rosters/?month={NEXT:%Y-%m}")
        assert len(first.context["found"].lines) == 40
        after = first.context["found"].after
        rest = office.get(f"/work/rosters/?month={NEXT:%Y-%m}&after={after}")
        assert len(rest.context["found"].lines) == 6
        gaps = office.get(f"/work/rosters/?month={NEXT:%Y-%m}&only=gaps")
        assert all(line.gaps for line in gaps.context["found"].lines)
        assert gaps.context["found"].lines
        assert not office.get(f"/work/rosters/?month={NEXT:%Y-%m}&only=published").context["found"].lines
        with django_assert_max_num_queries(32):
            office.get(f"/work/rosters/TX3/{NEXT:%Y-%m}/")

    def test_the_old_address_leads_here(self, district):
        assert client_of(district, "liaison").get("/work/duty/")["Location"] == "/work/rosters/"


class TestMembers:
    """Own shifts, leave and swaps."""

    def published(self, district):
        other = second(district)
        weekly(district.station, days=(1, 2, 4))
        office = district.actor("office")
        drafts.draft_month(district.station, NEXT, actor=office)
        publishing.publish_roster(Roster.objects.select_related("station").get(), actor=office)
        return other

    def test_leave_is_asked_granted_and_its_shifts_are_to_be_replaced(self, district):
        self.published(district)
        member, liaison = client_of(district, "member"), client_of(district, "liaison")
        days = {"starts_on": NEXT, "ends_on": NEXT + timedelta(days=27), "reason": "出差"}
        assert member.post("/work/shifts/", {"do": "ask_leave", **days}).status_code == 302
        again = member.post("/work/shifts/", {"do": "ask_leave", **days})
        assert again.status_code == 422
        assert "已经请过假了" in text_of(again)
        asked = Leave.objects.get()
        assert "有委员请假，等您答复" in text_of(liaison.get("/work/"))
        page = text_of(liaison.get("/work/rosters/leaves/"))
        assert "出差" in page
        refused = liaison.post("/work/rosters/leaves/", {"id": asked.pk, "do": "decline", "answer": ""})
        assert refused.status_code == 422
        liaison.post("/work/rosters/leaves/", {"id": asked.pk, "do": "grant"})
        assert "请了假，要换人" in text_of(liaison.get(PAGE))
        assert "要换人" in text_of(liaison.get("/work/rosters/leaves/"))
        member.post("/work/shifts/", {"do": "withdraw_leave", "id": asked.pk})
        assert "请了假，要换人" not in text_of(liaison.get(PAGE))

    def test_a_member_asks_and_the_other_takes_the_shift(self, district):
        other = self.published(district)
        shift = DutyShift.objects.filter(member=district.member).first()
        member, colleague = client_of(district, "member"), client_of(district, "M2")
        where = f"/work/shifts/{shift.pk}/swap/"
        assert colleague.get(where).status_code == 404
        assert "测试委员乙" in text_of(member.get(where))
        assert member.post(where, {"asked_of": other.pk, "words": "请代一次"}).status_code == 302
        swap = Swap.objects.get()
        assert "请代一次" in text_of(colleague.get("/work/shifts/"))
        assert "有委员请您换班" in text_of(colleague.get("/work/"))
        assert member.post("/work/shifts/", {"do": "accept_swap", "id": swap.pk}).status_code == 404
        colleague.post("/work/shifts/", {"do": "accept_swap", "id": swap.pk})
        shift.refresh_from_db()
        assert shift.member == other
        assert shift.roster_slot.member == other
        assert "已换班" in text_of(member.get("/work/shifts/"))

    def test_an_account_without_a_member_is_told(self, district):
        Member.objects.update(user=None)
        assert "还没有连上委员名册" in text_of(client_of(district, "member").get("/work/shifts/"))

    def test_todays_shift_stands_on_the_work_page(self, district):
        now = timezone.now()
        DutyShift.objects.create(
            station=district.station,
            member=district.member,
            mode="online",
            starts_at=now - timedelta(minutes=5),
            ends_at=now + timedelta(minutes=5),
        )
        assert "在示例甲社区工作室值班" in text_of(client_of(district, "member").get("/work/"))

    def test_my_page_takes_few_queries_however_many_shifts(self, district, django_assert_max_num_queries):
        self.published(district)
        client = client_of(district, "member")
        with django_assert_max_num_queries(28):
            client.get("/work/shifts/")
        soon = NEXT + timedelta(days=2)
        leave.ask_leave(actor=district.actor("member"), starts_on=soon, ends_on=soon)
        shift = DutyShift.objects.filter(member=district.member).first()
        swaps.ask_swap(shift, actor=district.actor("member"), asked_of=Member.objects.get(code="M2"))
        with django_assert_max_num_queries(28):
            page = client.get("/work/shifts/")
        assert "等对方答复" in text_of(page)
        with django_assert_max_num_queries(24):
            client.get(f"/work/shifts/{shift.pk}/swap/")
