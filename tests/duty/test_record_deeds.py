"""Entries that the work makes: once for each source, whoever notes it, however many do so at once."""

from datetime import datetime, timedelta
from io import StringIO
from threading import Barrier, Thread

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from tests.testing.district import District, Journey, build_district
from tongxin.core.models import Dossier
from tongxin.core.receipts import new_token
from tongxin.deliberation.models import SignUp
from tongxin.directory.models import DutyShift, Member
from tongxin.duty.actions.record import Deed, note_deed, note_deeds
from tongxin.duty.actions.record.gathering import backfill, gather
from tongxin.duty.models import DiaryEntry, DutyRecord
from tongxin.duty.selectors.record import diary_page
from tongxin.matters.actions import deliberating


def shift(district: District, *, hours_ago: float = 5, member: Member | None = None) -> DutyShift:
    starts = timezone.now() - timedelta(hours=hours_ago)
    return DutyShift.objects.create(
        station=district.station,
        member=member or district.member,
        mode="online",
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
    )


def test_the_same_source_is_noted_once(district: District, django_assert_max_num_queries):
    at = timezone.now()
    one = note_deed(district.member.pk, "desk", "desk:1", at=at, data={"station": "甲"})
    with django_assert_max_num_queries(3):
        two = note_deed(
            district.member.pk, "desk", "desk:1", at=at + timedelta(days=1), data={"station": "乙"}
        )
    assert one == two
    assert two.data == {"station": "甲"}
    assert DiaryEntry.objects.count() == DutyRecord.objects.count() == 1
    assert one.publication == "internal"


def test_a_deed_belongs_to_the_year_of_its_local_day(district: District):
    zone = timezone.get_current_timezone()
    eve = note_deed(district.member.pk, "duty", "shift:1", at=datetime(2025, 12, 31, 23, 59, tzinfo=zone))
    day = note_deed(district.member.pk, "duty", "shift:2", at=datetime(2026, 1, 1, 0, 0, tzinfo=zone))
    assert (eve.record.year, day.record.year) == (2025, 2026)


def test_an_unknown_kind_is_refused(district: District):
    with pytest.raises(ValueError, match="login"):
        note_deed(district.member.pk, "login", "x:1", at=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_make_one_record_and_one_entry():
    district = build_district()
    at, barrier, made, failed = timezone.now(), Barrier(8), [], []

    def note(number: int) -> None:
        try:
            barrier.wait()
            made.append(note_deed(district.member.pk, "desk", f"desk:{number % 2}", at=at).pk)
        except Exception as problem:
            failed.append(problem)
        finally:
            connection.close()

    threads = [Thread(target=note, args=(number,)) for number in range(8)]
    [one.start() for one in threads]
    [one.join() for one in threads]
    assert not failed
    assert len(made) == 8
    assert len(set(made)) == 2
    record = DutyRecord.objects.get()
    assert record.entries.count() == 2
    assert Dossier.objects.filter(kind="duty_record").count() == 1  # nobody left one behind


def test_an_ended_shift_becomes_an_entry_of_whoever_had_it(district: District):
    other = Member.objects.create(code="M2", name="测试委员乙", sector=district.member.sector)
    held, swapped, removed = shift(district), shift(district), shift(district)
    running = shift(district, hours_ago=1)
    swapped.member = other
    swapped.save()
    removed.delete()
    assert gather() == 2
    assert gather() == 0
    entry = DiaryEntry.objects.get(source_key=f"shift:{held.pk}")
    assert (entry.record.member, entry.ends_at) == (district.member, held.ends_at)
    assert DiaryEntry.objects.get(source_key=f"shift:{swapped.pk}").record.member == other
    assert not DiaryEntry.objects.filter(source_key=f"shift:{running.pk}").exists()
    row = diary_page(district.actor("member"), district.member).rows[0]
    assert row.sentence == "在示例甲社区工作室值班（线上）"


def test_what_a_member_does_as_convener_is_noted_as_it_happens(district: District):
    journey = Journey(district, at=timezone.now() - timedelta(days=60)).to_deliberating()
    member = district.actor("member")  # the matter's acting convener
    meeting = deliberating.call_meeting(
        journey.fresh(),
        actor=member,
        starts_at=journey.at + timedelta(days=20),
        place="社区活动室",
        agenda="方案",
        seen_version=None,
        at=journey._now(),
    )
    entry = DiaryEntry.objects.get()
    assert (entry.kind, entry.source_id, entry.data) == (
        "matter",
        journey.matter.pk,
        {"event": "meeting.called"},
    )
    deliberating.sign_up(
        meeting, matter=journey.fresh(), actor=member, token=new_token("sign_up"), at=journey.at
    )
    SignUp.objects.update(checked_in_at=meeting.starts_at)
    assert backfill(meeting.starts_at.year) == 1  # the attendance; what was noted at once is not noted again
    attended = DiaryEntry.objects.get(kind="meeting")
    assert attended.source_key == f"meeting:{meeting.pk}:{district.member.pk}"
    sentences = [row.sentence for row in diary_page(member, district.member).rows]
    assert sorted(sentences) == ["为“村口装红绿灯”召集会议", "参加“村口装红绿灯”的协商会"]


def test_what_the_street_convener_does_is_nobodys_diary(district: District):
    Journey(district).to_deciding()
    assert not DiaryEntry.objects.exists()


def test_a_cancelled_meeting_was_not_attended(district: District):
    journey = Journey(district, at=timezone.now() - timedelta(days=60)).to_deliberating()
    meeting = deliberating.call_meeting(
        journey.fresh(),
        actor=district.actor("convener"),
        starts_at=journey.at + timedelta(days=20),
        place="社区活动室",
        agenda="方案",
        seen_version=None,
        at=journey._now(),
    )
    deliberating.sign_up(
        meeting,
        matter=journey.fresh(),
        actor=district.actor("member"),
        token=new_token("sign_up"),
        at=journey.at,
    )
    SignUp.objects.update(checked_in_at=meeting.starts_at)
    meeting.cancelled_at = journey.at
    meeting.save()
    assert backfill(meeting.starts_at.year) == 0


def test_many_deeds_take_a_handful_of_statements(district: District, django_assert_max_num_queries):
    at = timezone.now()
    deeds = [Deed(district.member.pk, "duty", f"shift:{n}", at - timedelta(days=n)) for n in range(400)]
    with django_assert_max_num_queries(12):
        assert note_deeds([*deeds, *deeds[:10]]) == 400
    assert note_deeds(deeds) == 0


def test_the_command_says_how_many_were_new(district: District):
    shift(district)
    out = StringIO()
    year = timezone.localdate(timezone.now() - timedelta(hours=5)).year
    call_command("backfill_diaries", str(year), stdout=out)
    assert out.getvalue() == f"{year}: 1\n"
