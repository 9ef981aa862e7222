"""Messages leave once, wait when they can't, and say why; nothing is lost and nobody is woken."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from tests.notices.outbox_tools import (
    WORKDAY_NOON,
    Killed,
    Receiver,
    dossier,
    receipt_of,
    told,
    user_with,
)
from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.core.contacts import erase_contact, sealer
from tongxin.core.models import LedgerEntry
from tongxin.notices import actions, tasks
from tongxin.notices.actions import deliver
from tongxin.notices.channels import Kind, Misconfigured, Refused, Sent, Temporary
from tongxin.notices.models import Channel, Message

pytestmark = pytest.mark.django_db
OFFICE = Actor(role=Role.OFFICE, label="办公室")


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(WORKDAY_NOON, tick=False) as clock:
        yield clock


def _message(**more: object) -> Message:
    return Message.objects.create(
        **{
            "channel": Channel.SMS,
            "purpose": "test.event",
            "sealed_address": sealer().seal("13800001234"),
            "subject": "题",
            "text": "文",
            "data": {"number": "S2026-1"},
            "send_after": timezone.now(),
            **more,
        }
    )


def _work(channel: str = Channel.SMS) -> int:
    return actions.deliver_waiting(channel, threads=1)


def test_sent_once_and_then_blank(receiver: Receiver) -> None:
    message = _message()
    assert _work() == 1
    assert _work() == 0
    message.refresh_from_db()
    assert (message.status, message.provider, message.provider_reference) == ("sent", "test", "ref-1")
    assert message.sent_at == WORKDAY_NOON
    assert (message.text, message.subject, message.data, message.sealed_address) == ("", "", {}, "")
    parcel = receiver.parcels[0]
    assert (parcel.key, parcel.address, parcel.text) == (str(message.key), "13800001234", "文")


def test_the_demo_keeps_what_was_sent(monkeypatch) -> None:
    monkeypatch.setattr(deliver, "send_by", lambda _channel, _parcel: Sent("demo", "1", keeps_text=True))
    message = _message()
    _work()
    message.refresh_from_db()
    assert (message.status, message.text) == ("sent", "文")


def test_a_killed_workers_messages_come_back_after_the_lease_under_their_old_key(
    receiver: Receiver, noon
) -> None:
    message = _message()
    receiver.plan = ["killed after"]
    with pytest.raises(Killed):
        _work()
    message.refresh_from_db()
    assert message.status == "sending"
    noon.shift(deliver.LEASE - timedelta(seconds=1))
    assert _work() == 0
    noon.shift(timedelta(seconds=1))
    assert _work() == 1
    assert receiver.by_key == {str(message.key): 2}
    assert (
        timedelta(minutes=2)
        >= deliver.LEASE + timedelta(minutes=1)
        >= timedelta(seconds=tasks.STALLED_AFTER + 60)
    )


def test_a_message_that_ends_its_worker_each_time_is_a_dead_letter(
    receiver: Receiver, settings, noon
) -> None:
    settings.TONGXIN = settings.TONGXIN | {"delivery_tries": 3}
    message = _message()
    for _try in range(3):
        receiver.plan = [Killed()]
        with pytest.raises(Killed):
            _work()
        noon.shift(deliver.LEASE)
    assert _work() == 0
    message.refresh_from_db()
    assert (message.status, message.error_kind, message.tries) == ("dead", "lost", 3)
    assert message.sealed_address


@pytest.mark.parametrize("kind", [Kind.TIMEOUT, Kind.SERVER_ERROR, Kind.MALFORMED, Kind.NETWORK])
def test_what_fails_for_now_is_tried_again_ever_later_and_then_is_dead(
    receiver: Receiver, settings, noon, kind: Kind
) -> None:
    settings.TONGXIN = settings.TONGXIN | {"delivery_tries": 4}
    message = _message()
    waits = []
    for _try in range(4):
        receiver.plan = [Temporary("not now", kind=kind)]
        assert _work() == 1
        message.refresh_from_db()
        waits.append((message.send_after - timezone.now()).total_seconds())
        noon.move_to(message.send_after)
    assert message.status == "dead"
    assert message.error_kind == kind
    assert 24 <= waits[0] <= 36
    assert 48 <= waits[1] <= 72
    assert 96 <= waits[2] <= 144
    assert not receiver.parcels


def test_a_provider_that_names_a_time_is_believed(receiver: Receiver) -> None:
    message = _message()
    receiver.plan = [Temporary("slow down", kind=Kind.RATE_LIMITED, retry_after=600)]
    _work()
    message.refresh_from_db()
    assert message.send_after >= timezone.now() + timedelta(seconds=600)
    assert message.tries == 0


@pytest.mark.parametrize(
    "error",
    [
        Misconfigured("bad key"),
        Temporary("all resting", was_tried=False),
        Temporary("too fast", kind=Kind.RATE_LIMITED),
    ],
)
def test_waiting_for_a_provider_costs_no_try_however_long_it_takes(receiver: Receiver, noon, error) -> None:
    message = _message()
    for _try in range(30):
        receiver.plan = [error]
        _work()
        message.refresh_from_db()
        assert (message.status, message.error) == ("queued", error.reason)
        noon.move_to(message.send_after)
        if not 8 <= timezone.localtime().hour < 20:
            noon.shift(timedelta(hours=12))
    assert _work() == 1
    message.refresh_from_db()
    assert (message.status, message.error) == ("sent", "")


def test_a_channel_that_takes_nothing_leaves_the_others_untouched(receiver: Receiver, noon) -> None:
    messages = [_message() for _ in range(10)]
    receiver.plan = [Misconfigured("bad key")] * 10
    assert _work() == 0
    assert len(receiver.plan) == 7
    assert Message.objects.filter(status="queued", tries=0).count() == len(messages)
    receiver.plan = []
    noon.shift(timedelta(minutes=4))
    assert _work() == 10


def test_what_will_never_work_is_dead_at_once_and_the_rest_goes_on(receiver: Receiver) -> None:
    bad, good = _message(), _message()
    receiver.plan = [Refused("blocked")]
    assert _work() == 2
    assert {m.pk: m.status for m in Message.objects.all()} == {bad.pk: "dead", good.pk: "sent"}


def test_a_landline_is_not_texted_and_is_no_fault(receiver: Receiver) -> None:
    message = _message(sealed_address=sealer().seal("0731-88886666"))
    _work()
    message.refresh_from_db()
    assert (message.status, message.error_kind, message.sealed_address) == ("dropped", "address", "")
    assert not receiver.parcels


def test_a_lost_key_waits_to_be_found(receiver: Receiver) -> None:
    message = _message(sealed_address="gibberish")
    _work()
    message.refresh_from_db()
    assert (message.status, message.error_kind) == ("queued", "credentials")


def test_a_fault_of_ours_is_one_messages_own(receiver: Receiver) -> None:
    bad, good = _message(), _message()
    receiver.plan = [KeyError("13800001234")]
    assert _work() == 2
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.status, good.status) == ("queued", "sent")
    assert "138" not in bad.error


def test_nothing_rings_at_night_but_a_code_and_other_systems(receiver: Receiver, noon) -> None:
    _message()
    _message(channel=Channel.EMAIL, sealed_address=sealer().seal("a@example.org"))
    code = _message(is_urgent=True)
    hook = _message(channel=Channel.WEBHOOK, sealed_address=sealer().seal("1"))
    noon.move_to(WORKDAY_NOON.replace(hour=20))
    Message.objects.filter(pk=code.pk).update(created_at=timezone.now())
    for channel in actions.waiting_channels():
        _work(channel)
    assert receiver.by_key == {str(code.key): 1, str(hook.key): 1}
    noon.move_to(WORKDAY_NOON.replace(hour=8) + timedelta(days=1))
    for channel in actions.waiting_channels():
        _work(channel)
    assert len(receiver.by_key) == 4


def test_a_code_that_comes_too_late_is_not_sent(receiver: Receiver, noon) -> None:
    message = actions.queue_message("13800001234", text="246810", data={"code": "246810"})
    noon.shift(timedelta(minutes=5, seconds=1))
    tasks.deliver(message_id=message.pk)
    message.refresh_from_db()
    assert (message.status, message.error_kind, message.text, message.data) == ("dropped", "expired", "", {})
    assert not receiver.parcels


def test_an_urgent_message_has_a_job_of_its_own_before_all_others(receiver: Receiver) -> None:
    message = actions.queue_message("13800001234", text="246810", data={"code": "246810"})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT priority, args FROM procrastinate_jobs WHERE task_name LIKE '%%notices.tasks.deliver'"
        )
        (priority, arguments) = cursor.fetchone()
    assert priority == 10
    tasks.deliver(**(arguments if isinstance(arguments, dict) else {"message_id": message.pk}))
    tasks.deliver(message_id=message.pk)
    assert receiver.parcels[0].purpose == "code"
    assert receiver.parcels[0].data == {"code": "246810"}
    assert len(receiver.parcels) == 1


def test_an_urgent_message_not_taken_is_asked_for_again_by_its_job(receiver: Receiver) -> None:
    message = actions.queue_message("13800001234", text="246810")
    receiver.plan = [Temporary("not now", kind=Kind.TIMEOUT)]
    with pytest.raises(tasks.NotDelivered):
        tasks.deliver(message_id=message.pk)
    tasks.deliver(message_id=message.pk)
    assert len(receiver.parcels) == 1


def test_a_message_that_is_gone_is_nothing_to_do(receiver: Receiver) -> None:
    tasks.deliver(message_id=999_999_999)
    assert not receiver.parcels


def test_withdrawn_consent_stops_what_was_on_its_way(receiver: Receiver) -> None:
    receipt = receipt_of(dossier())
    told("a", actions.to_receipt(receipt.pk))
    actions.dispatch()
    actions.make_messages()
    erase_contact(receipt.contact_id)
    _work()
    message = Message.objects.get()
    assert (message.status, message.sealed_address, message.text) == ("dropped", "", "")
    assert not receiver.parcels


def test_the_office_sends_a_dead_letter_again_or_gives_it_up(receiver: Receiver) -> None:
    one, other, sent = _message(status="dead", tries=10), _message(status="dead"), _message(status="sent")
    assert actions.resend_messages([one.pk, sent.pk], actor=OFFICE) == 1
    assert actions.drop_messages([other.pk, sent.pk], actor=OFFICE) == 1
    assert _work() == 1
    one.refresh_from_db()
    other.refresh_from_db()
    assert receiver.by_key == {str(one.key): 1}
    assert (one.status, other.status, other.text, other.sealed_address) == ("sent", "dropped", "", "")
    assert list(LedgerEntry.objects.order_by("seq").values_list("event", "is_public")) == [
        ("messages.resent", False),
        ("messages.dropped", False),
    ]


def test_a_message_is_not_looked_at_before_its_time(receiver: Receiver) -> None:
    _message(send_after=datetime.fromisoformat("2026-03-04T12:00:01+08:00"))
    assert _work() == 0
    user = user_with(Channel.SMS)
    told("a", actions.to_user(user.pk))
    assert actions.waiting_channels() == []
