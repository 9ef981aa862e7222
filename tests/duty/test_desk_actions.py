"""The desk's acts: ask, answer, close, transfer, convert, rate; clocks that follow the roster; who is told."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.duty.desk_world import Desk, build_desk, fresh, holder
from tests.testing.district import District
from tongxin.core.contacts import ContactGiven
from tongxin.core.history import Conflict
from tongxin.core.models import Attachment, Contact, Entry, LedgerEntry, Receipt
from tongxin.core.process import ArtefactMissing, GuardFailed, StepNotReached
from tongxin.core.receipts import TokenRefused, find_by_code, new_token
from tongxin.directory.models import DutyShift
from tongxin.duty.actions import desk
from tongxin.duty.models import CannedAnswer, DeskMessage, DeskThread, DiaryEntry
from tongxin.matters.models import Matter
from tongxin.notices.models import Notice

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(district: District) -> Desk:
    return build_desk(district)


def told(template: str) -> list[str]:
    """Who was told, by the addressee's part of the notice's key."""
    return sorted(
        key.rpartition(">")[2]
        for key in Notice.objects.filter(template=template).values_list("key", flat=True)
    )


def test_asking_gives_a_number_a_code_and_the_clock_of_who_is_on_line(world: Desk):
    world.on_line()
    asked = world.ask()
    assert asked.thread.number.startswith("D")
    assert find_by_code(asked.thread.pk, asked.issued.code) == asked.issued.receipt
    thread = fresh(asked)
    assert thread.state == "waiting"
    assert thread.answer_due_at == thread.clock_from + timedelta(minutes=30)
    assert thread.first_due_at == thread.answer_due_at
    user = world.district.users["member"].pk
    assert told("desk.asked") == sorted([f"u{user}", f"liaison@station:{world.district.station.pk}"])


def test_the_same_form_sent_twice_is_one_conversation(world: Desk):
    token = new_token("desk_ask")
    first, second = world.ask(token=token), world.ask(token=token)
    assert second.issued.is_repeat
    assert (first.thread.pk, first.issued.code) == (second.thread.pk, second.issued.code)
    assert DeskMessage.objects.count() == 1


def test_no_personal_data_in_ledger_history_and_notices(world: Desk):
    asked = world.ask("我叫张三丰，电话13800000000", contact=ContactGiven("张三丰", "13800000000", "同意"))
    world.write(asked.thread, world.actor("member"), "张三丰您好")
    bodies = [*LedgerEntry.objects.values_list("body", flat=True)]
    bodies += [str(entry.data) + entry.text for entry in Entry.objects.all()]
    bodies += [str(notice.data) for notice in Notice.objects.all()]
    assert bodies
    assert not any("张三丰" in body or "13800000000" in body for body in bodies)
    assert set(Entry.objects.values_list("publication", flat=True)) == {"internal"}


def test_an_answer_is_kept_told_and_noted_in_the_diary(world: Desk):
    world.on_line()
    asked = world.ask()
    message = world.write(asked.thread, world.actor("member"))
    thread = fresh(asked)
    assert (thread.state, thread.handler, thread.answer_due_at) == ("answered", world.district.member, None)
    assert message.by_label == "值班委员 测试委员甲"
    assert thread.answered_at is not None
    assert told("desk.answered") == [f"r{thread.receipt_id}"]
    assert Entry.objects.get(event="desk.answered").data["in_time"] is True
    assert DiaryEntry.objects.get().source_key == f"desk:{thread.pk}"
    world.write(asked.thread, world.actor("liaison"), "再补充一句")
    assert told("desk.answered") == [f"r{thread.receipt_id}"], "one answer in two lines rings once"


def test_asking_again_starts_a_clock_and_more_words_do_not(world: Desk):
    asked = world.ask()
    before = fresh(asked).answer_due_at
    world.write(asked.thread, holder(asked), "补充：是三号楼下的。")
    assert fresh(asked).answer_due_at == before
    world.write(asked.thread, world.actor("office"))
    world.write(asked.thread, holder(asked), "那什么时候来修？")
    thread = fresh(asked)
    assert thread.state == "waiting"
    assert thread.answer_due_at is not None
    assert thread.first_due_at == before


def test_the_same_message_sent_twice_is_written_once(world: Desk):
    asked, other = world.ask(), world.ask()
    token = new_token("desk_say")
    made = [
        desk.write_message(asked.thread, actor=holder(asked), token=token, text="还在吗？")
        for _once in range(2)
    ]
    assert made[0] == made[1]
    assert DeskMessage.objects.filter(thread=asked.thread).count() == 2
    with pytest.raises(TokenRefused):
        desk.write_message(other.thread, actor=holder(other), token=token, text="还在吗？")


@pytest.mark.parametrize(
    "name", ["other_member", "other_liaison", "street_member", "committee_office", "unit", "principal"]
)
def test_nobody_else_writes(world: Desk, name: str):
    asked = world.ask()
    with pytest.raises(desk.NotAllowed):
        world.write(asked.thread, world.actor(name))
    with pytest.raises(desk.NotAllowed):
        world.write(asked.thread, holder(world.ask("别人的事")))
    assert DeskMessage.objects.filter(thread=asked.thread).count() == 1


def test_a_colleagues_answer_is_read_before_another_is_sent(world: Desk):
    asked = world.ask()
    seen = DeskMessage.objects.get(thread=asked.thread).pk
    world.write(asked.thread, world.actor("member"), last_seen=seen)
    with pytest.raises(desk.AnsweredMeanwhile):
        world.write(asked.thread, world.actor("liaison"), last_seen=seen)
    last = DeskMessage.objects.latest("pk").pk
    world.write(asked.thread, world.actor("liaison"), last_seen=last)
    assert DeskMessage.objects.filter(thread=asked.thread).count() == 3


def test_closing_and_opening_again_by_writing(world: Desk):
    asked = world.ask()
    with pytest.raises(StepNotReached):
        desk.close_thread(asked.thread, actor=world.actor("member"), seen_version=None)
    world.write(asked.thread, world.actor("member"))
    with pytest.raises(Conflict):
        desk.close_thread(asked.thread, actor=world.actor("member"), seen_version=1)
    desk.close_thread(asked.thread, actor=world.actor("member"), seen_version=2)
    assert fresh(asked).state == "closed"
    assert told("desk.closed") == [f"r{asked.issued.receipt.pk}"]
    world.write(asked.thread, holder(asked), "又坏了")
    assert fresh(asked).state == "waiting"
    desk.close_thread(asked.thread, actor=holder(asked), seen_version=None)
    assert fresh(asked).state == "closed"
    world.write(asked.thread, world.actor("office"), "又修好了")
    assert fresh(asked).state == "answered"


def test_transfer_moves_sight_and_clock(world: Desk):
    world.on_line()
    asked = world.ask()
    with pytest.raises(ArtefactMissing):
        desk.transfer_thread(
            asked.thread,
            actor=world.actor("member"),
            to=world.district.station,
            reason="错",
            seen_version=None,
        )
    begins = timezone.now() + timedelta(days=1)
    world.on_line(world.other_station, at=begins)
    desk.transfer_thread(
        asked.thread, actor=world.actor("member"), to=world.other_station, reason="归乙社区", seen_version=1
    )
    thread = fresh(asked)
    assert thread.station == world.other_station
    assert thread.answer_due_at == begins + timedelta(minutes=30)
    for name in ("member", "liaison"):
        with pytest.raises(desk.NotAllowed):
            world.write(thread, world.actor(name))
    world.write(thread, world.actor("other_member"))
    entry = Entry.objects.get(event="desk.transferred")
    assert (entry.data["from"], entry.data["to"], entry.internal_note) == ("TW1", "TW2", "归乙社区")
    assert DeskMessage.objects.filter(
        side="system", text="transfer", by_label=world.other_station.name
    ).exists()


def test_the_streets_member_covers_for_a_station_without_a_watch(world: Desk):
    asked = world.ask()
    assert fresh(asked).covered_by is None
    world.on_line(world.street_station)
    assert desk.rework_answer_clocks(world.street_station.pk) == 1
    thread = fresh(asked)
    assert thread.covered_by == world.street_station
    assert thread.answer_due_at is not None
    assert thread.answer_due_at < timezone.now() + timedelta(minutes=31)
    world.write(thread, world.actor("street_member"))
    assert fresh(asked).handler is not None


def test_clocks_follow_the_roster_but_late_stays_late(world: Desk):
    shift = world.on_line(at=timezone.now() + timedelta(hours=5))
    asked = world.ask()
    before = fresh(asked).answer_due_at
    DutyShift.objects.filter(pk=shift.pk).update(
        starts_at=shift.starts_at + timedelta(hours=1), ends_at=shift.ends_at + timedelta(hours=1)
    )
    assert desk.rework_answer_clocks(world.district.station.pk) == 1
    assert desk.rework_answer_clocks(world.district.station.pk) == 0
    after = fresh(asked).answer_due_at
    assert before is not None
    assert after == before + timedelta(hours=1)
    DeskThread.objects.update(answer_due_at=timezone.now() - timedelta(minutes=1))
    assert desk.rework_answer_clocks() == 0


def test_late_is_told_once_to_liaison_and_office(world: Desk):
    asked = world.ask()
    assert desk.tell_late() == 0
    DeskThread.objects.update(answer_due_at=timezone.now() - timedelta(minutes=1))
    assert desk.tell_late() == 2
    assert desk.tell_late() == 0
    assert told("desk.late") == sorted(["office@district:0", f"liaison@station:{world.district.station.pk}"])
    world.write(asked.thread, world.actor("office"))
    assert Entry.objects.get(event="desk.answered").data["in_time"] is False


def test_what_stands_still_is_closed_by_the_system(world: Desk):
    asked = world.ask()
    world.write(asked.thread, world.actor("member"))
    assert desk.close_silent() == 0
    assert desk.close_silent(timezone.now() + timedelta(days=16)) == 1
    assert fresh(asked).state == "closed"
    assert Entry.objects.get(event="desk.closed").actor_role == "system"


def test_a_matter_keeps_words_photos_contact_and_raiser(world: Desk, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    asked = world.ask(
        "路灯坏了三天。",
        contact=ContactGiven("示例居民", "13800000000", "同意"),
        photos=[photo()],
        category=world.district.category,
    )
    world.write(asked.thread, world.actor("member"), "我帮您转成事项。")
    world.write(asked.thread, holder(asked), "在三号楼下。")
    raised = desk.convert_thread(
        asked.thread,
        actor=world.actor("member"),
        title="三号楼下路灯坏了",
        area=world.district.community,
        category=world.district.category,
        seen_version=3,
    )
    matter = Matter.objects.get(pk=raised.matter.pk)
    assert matter.original_text == "路灯坏了三天。\n在三号楼下。"
    assert (matter.source, matter.station, matter.state) == ("desk", world.district.station, "raised")
    assert matter.due_on is not None, "the same clock as any matter"
    receipt = Receipt.objects.get(pk=matter.receipt_id)
    assert receipt.contact_id == asked.issued.receipt.contact_id
    assert Contact.objects.count() == 1
    assert Attachment.objects.filter(dossier_id=matter.pk, stage="raised").count() == 1
    again = desk.matter_receipt(fresh(asked))
    assert again is not None
    assert find_by_code(matter.pk, again.code) == receipt
    assert fresh(asked).state == "converted"
    with pytest.raises(StepNotReached):
        world.write(asked.thread, holder(asked))
    assert told("desk.converted") == [f"r{asked.issued.receipt.pk}"]
    desk.erase_own_contact(fresh(asked), actor=holder(asked))
    receipt.refresh_from_db()
    assert receipt.contact_id is None
    assert Contact.objects.get().withdrawn_at is not None


def test_rating_goes_to_the_conference_and_again_only_after_something_new(world: Desk):
    asked = world.ask()
    with pytest.raises(StepNotReached):
        desk.rate_thread(asked.thread, actor=holder(asked), solved="yes", attitude=5)
    world.write(asked.thread, world.actor("member"))
    with pytest.raises(desk.NotAllowed):
        desk.rate_thread(asked.thread, actor=world.actor("member"), solved="yes", attitude=5)
    desk.rate_thread(asked.thread, actor=holder(asked), solved="no", attitude=2, words="没人来")
    assert told("desk.unsolved") == ["office@district:0"]
    with pytest.raises(GuardFailed):
        desk.rate_thread(asked.thread, actor=holder(asked), solved="yes", attitude=5)
    world.write(asked.thread, world.actor("member"), "今天修好了。")
    desk.rate_thread(asked.thread, actor=holder(asked), solved="yes", attitude=5)
    assert (fresh(asked).solved, fresh(asked).attitude) == ("yes", 5)


def test_ready_answers_are_kept_by_their_keepers(world: Desk):
    mine = desk.keep_canned(
        None,
        actor=world.actor("liaison"),
        title="路灯",
        text="报灯杆编号。",
        category=None,
        station=world.district.station,
    )
    for name, station in (
        ("liaison", None),
        ("liaison", world.other_station),
        ("member", world.district.station),
    ):
        with pytest.raises(desk.NotAllowed):
            desk.keep_canned(
                None, actor=world.actor(name), title="x", text="y", category=None, station=station
            )
    with pytest.raises(desk.CannedChanged):
        desk.keep_canned(
            mine, actor=world.actor("office"), title="x", text="y", category=None, station=None, seen="old"
        )
    assert CannedAnswer.objects.get().text == "报灯杆编号。"


@pytest.mark.django_db(transaction=True)
def test_both_sides_writing_at_once_lose_nothing(district: District):
    world = build_desk(district)
    asked = world.ask()
    member, resident = world.actor("member"), holder(asked)
    token = new_token("desk_say")
    faults: list[BaseException] = []

    def say(actor, count: int, shared: str = "") -> None:
        try:
            for n in range(count):
                desk.write_message(
                    asked.thread, actor=actor, token=shared or new_token("desk_say"), text=f"第{n}句"
                )
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=say, args=given)
        for given in ((member, 5), (resident, 5), (resident, 1, token), (resident, 1, token))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert DeskMessage.objects.filter(thread=asked.thread).count() == 1 + 5 + 5 + 1
    assert fresh(asked).version == 1 + 11
    assert Entry.objects.filter(dossier_id=asked.thread.pk).count() == 12


@pytest.mark.django_db(transaction=True)
def test_turned_into_a_matter_by_two_at_once_it_is_one(district: District):
    world = build_desk(district)
    asked = world.ask()
    results: list[str] = []

    def convert(name: str) -> None:
        try:
            desk.convert_thread(
                asked.thread,
                actor=world.actor(name),
                title="路灯",
                area=district.community,
                category=None,
                seen_version=1,
            )
            results.append("done")
        except Conflict:
            results.append("conflict")
        finally:
            connection.close()

    threads = [threading.Thread(target=convert, args=(name,)) for name in ("member", "liaison")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["conflict", "done"]
    assert Matter.objects.count() == 1


def photo():
    """A cleaned image."""
    import io

    from PIL import Image

    from tongxin.core.files import clean_image

    kept = io.BytesIO()
    Image.new("RGB", (64, 48), "steelblue").save(kept, "JPEG")
    return clean_image(kept.getvalue(), max_bytes=10**7, max_pixels=10**7)
