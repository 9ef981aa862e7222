"""What is due becomes messages: one by one in waking hours, or a digest in which everything is said once."""

import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.notices.outbox_tools import (
    WORKDAY_NOON,
    dossier,
    follower,
    pass_through,
    receipt_of,
    told,
    user_with,
)
from tongxin.core.contacts import erase_contact, sealer
from tongxin.core.models import CalendarDay
from tongxin.directory.models import Area
from tongxin.notices import actions, texts
from tongxin.notices.models import Channel, Concern, Delivery, Message, Preference, Rhythm, Webhook
from tongxin.notices.unsubscribing import read_unsubscribe, short_code

pytestmark = pytest.mark.django_db
NEXT_MORNING = datetime.fromisoformat("2026-03-05T08:30:00+08:00")


def _gather(now: datetime) -> None:
    while actions.dispatch(now=now):
        pass
    while actions.make_messages(now):
        pass


def test_at_once_one_message_each() -> None:
    user = user_with(Channel.SMS)
    told("a", actions.to_user(user.pk), state="办理中")
    told("b", actions.to_user(user.pk), state="已办结")
    _gather(WORKDAY_NOON)
    assert sorted(Message.objects.values_list("text", flat=True)) == ["S2026-1 办理中", "S2026-1 已办结"]
    message = Message.objects.first()
    assert message.purpose == "test.event"
    assert message.data["url"] == "/matters/S2026-1/"
    assert sealer().unseal(message.sealed_address).startswith("138")
    _gather(WORKDAY_NOON)
    assert Message.objects.count() == 2


def test_the_inbox_needs_no_message() -> None:
    told("a", actions.to_user(user_with().pk))
    _gather(WORKDAY_NOON)
    assert Delivery.objects.count() == 1
    assert not Message.objects.exists()


def test_what_is_found_due_at_night_waits_for_the_morning() -> None:
    user = user_with(Channel.SMS)
    told("a", actions.to_user(user.pk))
    actions.dispatch(now=WORKDAY_NOON)
    late = WORKDAY_NOON.replace(hour=20, minute=0)
    _gather(late)
    assert not Message.objects.exists()
    _gather(late + timedelta(hours=11, minutes=59))
    assert not Message.objects.exists()
    _gather(late + timedelta(hours=12))
    assert Message.objects.count() == 1


def test_a_digest_folds_what_happened_to_one_record_into_one_line() -> None:
    user = user_with(Channel.EMAIL)
    Preference.objects.create(user=user, concern=Concern.OWN, channel=Channel.EMAIL, rhythm=Rhythm.DAILY)
    busy, quiet = dossier(), dossier()
    for number, state in enumerate(("分办", "办理", "办结")):
        told(f"busy {number}", actions.to_user(user.pk), record=busy, state=state)
    told("quiet", actions.to_user(user.pk), record=quiet, number="S2026-2", state="公示")
    _gather(WORKDAY_NOON)
    assert not Message.objects.exists()
    _gather(NEXT_MORNING)
    message = Message.objects.get()
    assert message.subject == "2件事有新进展"
    assert message.purpose == "digest"
    assert "S2026-1 办结（共3次）" in message.text
    assert "S2026-2 公示" in message.text
    assert "分办" not in message.text
    assert message.deliveries.count() == 4


def test_one_digest_a_person_and_channel() -> None:
    record = dossier()
    subscriptions = [follower("dossier", record.pk, email=f"{n}@example.org") for n in range(3)]
    for cause in ("a", "b"):
        told(cause, actions.to_followers(dossier=[record.pk]), record=record, concern=Concern.FOLLOWED)
    _gather(NEXT_MORNING - timedelta(hours=1))
    _gather(NEXT_MORNING)
    addresses = sorted(sealer().unseal(m.sealed_address) for m in Message.objects.all())
    assert addresses == [f"{n}@example.org" for n in range(len(subscriptions))]


def test_digests_leave_on_working_days_and_weekly_ones_on_the_first_of_the_week() -> None:
    user = user_with(Channel.EMAIL)
    Preference.objects.create(user=user, concern=Concern.OWN, channel=Channel.EMAIL, rhythm=Rhythm.WEEKLY)
    CalendarDay.objects.create(day="2026-03-09", is_workday=False)
    told("a", actions.to_user(user.pk), record=dossier())
    actions.dispatch(now=WORKDAY_NOON)
    due = timezone.localtime(Delivery.objects.get(channel=Channel.EMAIL).due_at)
    assert due.strftime("%F %H:%M") == "2026-03-10 08:30"


def test_a_digest_that_was_missed_waits_for_the_next_working_morning() -> None:
    user = user_with(Channel.EMAIL)
    told("a", actions.to_user(user.pk), concern=Concern.DUTY)
    actions.dispatch(now=WORKDAY_NOON)
    _gather(datetime.fromisoformat("2026-03-07T12:00:00+08:00"))
    assert not Message.objects.exists()
    _gather(datetime.fromisoformat("2026-03-09T08:30:00+08:00"))
    assert Message.objects.count() == 1


def test_a_long_digest_counts_what_it_leaves_out() -> None:
    user = user_with(Channel.EMAIL)
    for number in range(43):
        told(
            f"a{number}",
            actions.to_user(user.pk),
            record=dossier(),
            concern=Concern.DUTY,
            number=f"S2026-{number}",
        )
    actions.dispatch(now=WORKDAY_NOON)
    _gather(NEXT_MORNING)
    text = Message.objects.get().text
    assert text.count("· ") == 40
    assert "还有3件" in text


def test_somebody_no_longer_reachable_gets_nothing_and_that_is_seen() -> None:
    record = dossier()
    receipt, subscription = receipt_of(record), follower("dossier", record.pk, email="a@example.org")
    told("a", actions.to_receipt(receipt.pk), record=record)
    told("b", actions.to_followers(dossier=[record.pk]), record=record, concern=Concern.FOLLOWED)
    actions.dispatch(now=WORKDAY_NOON)
    erase_contact(receipt.contact_id)
    subscription.ended_at = timezone.now()
    subscription.save()
    _gather(NEXT_MORNING)
    assert (
        list(Message.objects.values_list("status", "error_kind", "sealed_address"))
        == [("dropped", "address", "")] * 2
    )


def test_in_the_readers_language(monkeypatch) -> None:
    monkeypatch.setitem(texts._texts, "test.event", texts.NoticeText("x", "x", "%(heard_on)s", ""))
    user = user_with(Channel.SMS, language="en")
    told("a", actions.to_user(user.pk), heard_on="2026-03-04")
    _gather(WORKDAY_NOON)
    message = Message.objects.get()
    assert message.text == "March 4, 2026"
    assert message.language == "en"


def test_queries_do_not_grow_with_messages() -> None:
    def queries(count: int) -> int:
        for number in range(count):
            user = user_with(Channel.SMS, Channel.EMAIL)
            told(f"{count} {number}", actions.to_user(user.pk), concern=Concern.CLOCK)
            told(f"{count} {number} d", actions.to_user(user.pk), concern=Concern.DUTY)
        actions.dispatch(now=WORKDAY_NOON)
        with CaptureQueriesContext(connection) as asked:
            assert actions.make_messages(NEXT_MORNING) == 2 * count
        return len(asked)

    assert queries(2) == queries(20) <= 14


def test_a_whole_pass_ends_with_nothing_waiting(receiver) -> None:
    user = user_with(Channel.SMS)
    told("a", actions.to_user(user.pk))
    pass_through(WORKDAY_NOON)
    assert len(receiver.parcels) == 1
    assert actions.waiting_channels(WORKDAY_NOON + timedelta(days=1)) == []


def test_many_at_once_for_one_person_leave_as_one(settings) -> None:
    settings.TONGXIN = settings.TONGXIN | {"fold_over": 3}
    crowded, calm = user_with(Channel.SMS), user_with(Channel.SMS)
    for number in range(7):
        told(f"a{number}", actions.to_user(crowded.pk), record=dossier(), number=f"S2026-{number}")
    for number in range(3):
        told(f"b{number}", actions.to_user(calm.pk), record=dossier())
    actions.dispatch(now=WORKDAY_NOON)
    assert actions.make_messages(WORKDAY_NOON, limit=8) >= 8
    _gather(WORKDAY_NOON)
    sizes = sorted(message.deliveries.count() for message in Message.objects.all())
    assert sizes == [1, 1, 1, 7]
    digest = Message.objects.get(purpose="digest")
    assert digest.data["count"] == 7
    assert "7件事" in digest.text


def test_other_systems_get_each_event_by_itself(settings) -> None:
    settings.TONGXIN = settings.TONGXIN | {"fold_over": 1}
    Webhook.objects.create(name="a", url="https://example.org/a", sealed_secret="x")
    for number in range(4):
        told(f"a{number}", actions.to_webhooks(), due_on="2026-03-04")
    _gather(WORKDAY_NOON.replace(hour=23))
    assert Message.objects.count() == 4
    assert Message.objects.first().data["due_on"] == "2026-03-04"


def street(name: str) -> Area:
    return Area.objects.create(code=name, name=name, level=Area.Level.STREET)


def links_in(text: str) -> list[tuple[str, str]]:
    """Whom the unsubscribe links of a text are for, in their order."""
    return [read_unsubscribe(token) for token in re.findall(r"/unsubscribe/([^/]+)/", text)]


def test_one_address_that_follows_three_things_gets_one_digest_in_three_sections() -> None:
    places = [street(name) for name in ("甲街道", "乙街道", "丙街道")]
    rows = [follower("area", place.pk, email="a@example.org") for place in places]
    follower("area", places[0].pk, email="b@example.org")
    for number, place in enumerate(places):
        told(
            f"c{number}",
            actions.to_followers(area=[place.pk]),
            concern=Concern.FOLLOWED,
            record=dossier(),
            number=f"S{number}",
        )
    actions.dispatch(now=WORKDAY_NOON)
    actions.make_messages(WORKDAY_NOON + timedelta(days=1))
    letters = {sealer().unseal(message.sealed_address): message for message in Message.objects.all()}
    assert set(letters) == {"a@example.org", "b@example.org"}
    text = letters["a@example.org"].text
    assert letters["a@example.org"].data["count"] == 3
    for row, place in zip(rows, places, strict=True):
        assert f"一个地方：{place.name}" in text
        assert (f"s{row.pk}", "email") in links_in(text)
    assert links_in(text)[-1][0][0] == "a"
    assert links_in(letters["a@example.org"].data["unsubscribe_url"]) == links_in(text)[-1:]
    theirs = letters["b@example.org"].text
    assert "乙街道" not in theirs
    assert "S1" not in theirs


def test_what_was_ended_before_the_digest_left_is_not_in_it() -> None:
    places = [street(name) for name in ("甲街道", "乙街道")]
    rows = [follower("area", place.pk, email="a@example.org") for place in places]
    for number, place in enumerate(places):
        told(
            f"c{number}", actions.to_followers(area=[place.pk]), concern=Concern.FOLLOWED, number=f"S{number}"
        )
    actions.dispatch(now=WORKDAY_NOON)
    rows[0].ended_at = WORKDAY_NOON
    rows[0].save()
    actions.make_messages(WORKDAY_NOON + timedelta(days=1))
    assert Message.objects.get(status=Message.Status.DROPPED).deliveries.get().subscription_id == rows[0].pk
    sent = Message.objects.get(status=Message.Status.QUEUED)
    assert "S1" in sent.text
    assert "S0" not in sent.text


def test_people_with_addresses_of_their_own_are_never_folded_together() -> None:
    place = street("甲街道")
    for name in "abc":
        follower("area", place.pk, email=f"{name}@example.org")
    bare = follower("area", place.pk, email="d@example.org")
    bare.address_digest = ""  # of an address that was never proven
    bare.save()
    for number in range(3):
        told(
            f"c{number}", actions.to_followers(area=[place.pk]), concern=Concern.FOLLOWED, number=f"S{number}"
        )
    actions.dispatch(now=WORKDAY_NOON)
    actions.make_messages(WORKDAY_NOON + timedelta(days=1))
    addresses = [sealer().unseal(message.sealed_address) for message in Message.objects.all()]
    assert sorted(addresses) == [f"{name}@example.org" for name in "abcd"]


@pytest.mark.parametrize("base_url", ["", "https://tongxin.example", f"https://{'long.' * 8}example"])
def test_a_text_message_has_its_short_link_where_there_is_room(settings, base_url: str) -> None:
    settings.TONGXIN = settings.TONGXIN | {"base_url": base_url}
    receipt = receipt_of(dossier())
    told("c", actions.to_receipt(receipt.pk), state="x")
    actions.dispatch(now=WORKDAY_NOON)
    actions.make_messages(WORKDAY_NOON)
    message = Message.objects.get()
    code = short_code(f"r{receipt.pk}")
    assert message.data["stop"] == code
    assert (f"/q/{code}/" in message.text) is (base_url == "https://tongxin.example")
    assert len(message.text) <= 70
