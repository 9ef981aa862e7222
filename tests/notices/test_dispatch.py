"""From whom a notice is for to people, channels and rhythms, in a dozen queries."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.contrib.django.utils import connector_params

from tests.notices.outbox_tools import WORKDAY_NOON, dossier, follower, receipt_of, told, user_with
from tongxin.accounts.models import RoleAssignment
from tongxin.accounts.roles import Role, Scope
from tongxin.core.contacts import erase_contact
from tongxin.notices import actions, tasks
from tongxin.notices.actions.dispatch import LOCK_DISPATCH
from tongxin.notices.models import Channel, Concern, Delivery, Notice, Preference, Rhythm, Webhook
from tongxin.notices.unsubscribing import address_key

pytestmark = pytest.mark.django_db


def _dispatch() -> None:
    while actions.dispatch(now=WORKDAY_NOON):
        pass


def _ways() -> set[tuple[str, str, str]]:
    return set(Delivery.objects.values_list("person_key", "channel", "rhythm"))


def test_a_user_is_told_as_the_district_usually_does() -> None:
    user = user_with(Channel.EMAIL, Channel.SMS)
    told("x", actions.to_user(user.pk), concern=Concern.DUTY)
    _dispatch()
    assert _ways() == {(f"u{user.pk}", "inbox", "now"), (f"u{user.pk}", "email", "daily")}


def test_a_channel_without_a_verified_address_is_not_used() -> None:
    user = user_with(Channel.SMS)
    user.addresses.update(verified_at=None)
    told("x", actions.to_user(user.pk), concern=Concern.CLOCK)
    _dispatch()
    assert _ways() == {(f"u{user.pk}", "inbox", "now")}


def test_wechat_takes_the_place_of_text_messages_unless_they_were_asked_for() -> None:
    user, keen = user_with(Channel.SMS, Channel.WECHAT), user_with(Channel.SMS, Channel.WECHAT)
    Preference.objects.create(user=keen, concern=Concern.CLOCK, channel=Channel.SMS, rhythm=Rhythm.NOW)
    told("x", actions.to_user(user.pk), actions.to_user(keen.pk), concern=Concern.CLOCK)
    _dispatch()
    assert {channel for key, channel, _r in _ways() if key == f"u{user.pk}"} == {"inbox", "wechat"}
    assert {channel for key, channel, _r in _ways() if key == f"u{keen.pk}"} == {"inbox", "wechat", "sms"}


def test_ones_own_choice_goes_before_the_usual() -> None:
    user = user_with(Channel.EMAIL)
    for channel, rhythm in ((Channel.EMAIL, Rhythm.WEEKLY), (Channel.INBOX, Rhythm.NEVER)):
        Preference.objects.create(user=user, concern=Concern.DUTY, channel=channel, rhythm=rhythm)
    told("x", actions.to_user(user.pk), concern=Concern.DUTY)
    told("y", actions.to_user(user.pk), concern=Concern.CLOCK)
    _dispatch()
    assert _ways() == {(f"u{user.pk}", "email", "weekly"), (f"u{user.pk}", "inbox", "now")}


def test_whoever_holds_the_role_in_the_scope_now() -> None:
    here, elsewhere, gone, left = user_with(), user_with(), user_with(), user_with()
    for user, scope_id in ((here, 7), (elsewhere, 8), (gone, 7), (left, 7)):
        RoleAssignment.objects.create(user=user, role=Role.UNIT, scope=Scope.UNIT, scope_id=scope_id)
    RoleAssignment.objects.filter(user=left).update(ended_at=timezone.now())
    gone.is_active = False
    gone.save()
    told("x", actions.to_role(Role.UNIT, Scope.UNIT, 7), concern=Concern.DUTY)
    told("y", actions.to_role(Role.OFFICE), concern=Concern.DUTY)
    _dispatch()
    assert {key for key, *_ in _ways()} == {f"u{here.pk}"}
    assert not Notice.objects.filter(dispatched_at=None).exists()


def test_the_raiser_by_the_phone_they_agreed_to_and_not_after_withdrawing() -> None:
    record = dossier()
    reached, withdrawn, silent = receipt_of(record), receipt_of(record, "13800005678"), receipt_of(record)
    erase_contact(withdrawn.contact_id)
    silent.contact = None
    silent.save()
    told("x", *(actions.to_receipt(r.pk) for r in (reached, withdrawn, silent)), record=record)
    _dispatch()
    assert _ways() == {(f"r{reached.pk}", "sms", "now")}


def test_two_receipts_with_one_phone_ring_once() -> None:
    record = dossier()
    told("x", *(actions.to_receipt(receipt_of(record).pk) for _ in range(3)), record=record)
    _dispatch()
    assert Delivery.objects.count() == 1


def test_a_raiser_who_signed_in_reads_it_in_the_inbox_and_by_phone_once() -> None:
    record = dossier()
    plain, by_wechat = receipt_of(record), receipt_of(record, "13800005678")
    plain.user, by_wechat.user = user_with(), user_with(Channel.WECHAT)
    plain.save()
    by_wechat.save()
    told("x", actions.to_receipt(plain.pk), actions.to_receipt(by_wechat.pk), record=record)
    _dispatch()
    assert {(key, channel) for key, channel, _r in _ways()} == {
        (f"u{plain.user_id}", "inbox"),
        (f"r{plain.pk}", "sms"),
        (f"u{by_wechat.user_id}", "inbox"),
        (f"u{by_wechat.user_id}", "wechat"),
    }


def test_followers_are_told_once_however_many_things_they_follow() -> None:
    record, user = dossier(), user_with(Channel.EMAIL)
    follower("dossier", record.pk, user=user)
    follower("area", 5, user=user)
    stranger = follower("area", 5, email="a@example.org", rhythm=Rhythm.WEEKLY)
    follower("category", 9, email="a@example.org")
    follower("area", 6, email="b@example.org")
    ended = follower("area", 5, email="c@example.org")
    ended.ended_at = timezone.now()
    ended.save()
    unconfirmed = follower("area", 5, email="d@example.org")
    unconfirmed.confirmed_at = None
    unconfirmed.save()
    told(
        "x",
        actions.to_followers(dossier=[record.pk], area=[5], category=[9]),
        concern=Concern.FOLLOWED,
        record=record,
    )
    _dispatch()
    assert _ways() == {
        (f"u{user.pk}", "inbox", "daily"),
        (address_key(stranger.address_digest), "email", "weekly"),
    }


def test_whoever_must_act_is_not_told_again_as_a_follower() -> None:
    record, user = dossier(), user_with()
    follower("dossier", record.pk, user=user)
    told("x", actions.to_followers(dossier=[record.pk]), concern=Concern.FOLLOWED, record=record)
    told("x", actions.to_user(user.pk), concern=Concern.DUTY, record=record)
    _dispatch()
    assert list(Delivery.objects.values_list("channel", "rhythm")) == [("inbox", "now")]


def test_the_same_cause_is_taken_together_across_the_edge_of_a_batch() -> None:
    record = dossier()
    for cause in ("a", "b"):
        told(cause, *(actions.to_receipt(receipt_of(record).pk) for _ in range(3)), record=record)
    assert actions.dispatch(limit=2, now=WORKDAY_NOON) == 3
    assert actions.dispatch(limit=2, now=WORKDAY_NOON) == 3
    assert Delivery.objects.count() == 2


def test_webhooks_hear_what_they_asked_for() -> None:
    every = Webhook.objects.create(name="a", url="https://example.org/a", sealed_secret="x")
    Webhook.objects.create(name="b", url="https://example.org/b", sealed_secret="x", templates=["other"])
    Webhook.objects.create(name="c", url="https://example.org/c", sealed_secret="x", is_active=False)
    told("x", actions.to_webhooks())
    _dispatch()
    assert _ways() == {(f"w{every.pk}", "webhook", "now")}


def test_dispatching_twice_writes_nothing_twice() -> None:
    user = user_with()
    told("x", actions.to_user(user.pk))
    _dispatch()
    Notice.objects.update(dispatched_at=None)
    _dispatch()
    assert Delivery.objects.count() == 1


def test_queries_do_not_grow_with_notices() -> None:
    def queries(count: int) -> int:
        record = dossier()
        for number in range(count):
            user = user_with(Channel.EMAIL)
            RoleAssignment.objects.create(user=user, role=Role.UNIT, scope=Scope.UNIT, scope_id=1000 + number)
            follower("area", 5, email=f"{record.pk}.{number}@example.org")
            to = [
                actions.to_user(user.pk),
                actions.to_receipt(receipt_of(record, f"139{number:08d}").pk),
                actions.to_role(Role.UNIT, Scope.UNIT, 1000 + number),
                actions.to_followers(area=[5]),
                actions.to_webhooks(),
            ]
            told(f"{record.pk} {number}", *to, record=record, concern=Concern.DUTY)
        with CaptureQueriesContext(connection) as asked:
            actions.dispatch(now=WORKDAY_NOON)
        return len(asked)

    few, many = queries(3), queries(20)
    assert few == many <= 17


def test_messages_of_the_night_wait_for_the_morning_and_work_for_the_working_day() -> None:
    friday_night = WORKDAY_NOON + timedelta(days=2, hours=11)
    user = user_with(Channel.SMS)
    told("own", actions.to_user(user.pk), concern=Concern.OWN)
    told("clock", actions.to_user(user.pk), concern=Concern.CLOCK)
    actions.dispatch(now=friday_night)
    due = {
        (d.notice.concern, d.channel): timezone.localtime(d.due_at).strftime("%a %H:%M")
        for d in Delivery.objects.select_related("notice")
    }
    assert due == {
        ("own", "inbox"): "Fri 23:00",
        ("own", "sms"): "Sat 08:00",
        ("clock", "inbox"): "Fri 23:00",
        ("clock", "sms"): "Mon 08:00",
    }


@pytest.mark.django_db(transaction=True)
def test_one_dispatcher_at_a_time_and_the_other_looks_again_shortly() -> None:
    told("x", actions.to_user(user_with().pk))
    with psycopg.connect(**connector_params()) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [LOCK_DISPATCH])
        with pytest.raises(actions.Busy):
            actions.dispatch()
        tasks.dispatch()
        assert Delivery.objects.count() == 0
        job = ProcrastinateJob.objects.get(queueing_lock="notices-dispatch")
        assert job.status == "todo"
    tasks.dispatch()
    assert Delivery.objects.count() == 1
