"""Whatever is killed, repeated, doubled or late: each side effect once by its key, none lost, none at night."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.notices.outbox_tools import WORKDAY_NOON, Killed, Receiver, dossier, receipt_of, told, user_with
from tongxin.accounts.models import RoleAssignment
from tongxin.accounts.roles import Role
from tongxin.notices import actions
from tongxin.notices.actions import deliver
from tongxin.notices.channels import Kind, Misconfigured, Temporary
from tongxin.notices.models import Channel, Concern, Delivery, Message, Notice

ACCIDENTS = {
    "ok": lambda: "ok",
    "killed before": Killed,
    "killed after": lambda: "killed after",
    "timeout": lambda: Temporary("late", kind=Kind.TIMEOUT),
    "too fast": lambda: Temporary("slow down", kind=Kind.RATE_LIMITED, retry_after=90),
    "garbage": lambda: Temporary("garbage", kind=Kind.MALFORMED),
    "credentials": lambda: Misconfigured("bad key"),
    "ours": lambda: ValueError("bug"),
}
steps = st.one_of(
    st.tuples(st.just("tell"), st.integers(0, 7)),
    st.tuples(st.just("dispatch"), st.integers(1, 4)),
    st.tuples(st.just("gather"), st.integers(1, 4)),
    st.tuples(st.just("deliver"), st.lists(st.sampled_from(sorted(ACCIDENTS)), min_size=1, max_size=4)),
    st.tuples(
        st.just("tell and deliver"), st.lists(st.sampled_from(sorted(ACCIDENTS)), min_size=1, max_size=4)
    ),
    st.tuples(st.just("resend"), st.just(0)),
    st.tuples(st.just("wait"), st.sampled_from([1, 20, 76, 600, 7_200, 40_000])),
)


class TestKept(TestCase):
    """Random lives of an outbox. Each ends by working until nothing is left, and then the receiver is counted."""

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(life=st.lists(steps, max_size=40))
    def test_each_side_effect_once_and_none_lost(self, life: list[tuple[str, object]]) -> None:
        receiver, moments = Receiver(), []

        def send_by(channel: Channel, parcel: object) -> object:
            moments.append((channel, timezone.localtime()))
            return receiver.send_by(channel, parcel)  # type: ignore[arg-type]

        monkeypatch = pytest.MonkeyPatch()
        with monkeypatch.context() as patch, time_machine.travel(WORKDAY_NOON, tick=False) as clock:
            patch.setattr(deliver, "send_by", send_by)
            expected = self._live(life, receiver, clock)
            self._finish(receiver, clock)
        assert not Notice.objects.filter(dispatched_at=None).exists()
        assert not Message.objects.exclude(status=Message.Status.SENT).exists()
        told_of = Counter(
            (d.notice.key.partition(">")[0], d.person_key)
            for d in Delivery.objects.exclude(channel=Channel.INBOX).select_related("notice", "message")
        )
        assert told_of == Counter(expected)
        keys = [str(d.message.key) for d in Delivery.objects.exclude(message=None).select_related("message")]
        # Many at once for one person leave as one: every delivery is in exactly one message, and that arrived.
        assert len(keys) == len(expected)
        assert set(receiver.by_key) == set(keys)
        assert all(8 <= moment.hour < 20 for _channel, moment in moments)

    def _live(
        self, life: list[tuple[str, object]], receiver: Receiver, clock: time_machine.Traveller
    ) -> list[object]:
        users = [user_with(Channel.SMS) for _ in range(3)]
        RoleAssignment.objects.create(user=users[2], role=Role.OFFICE)
        record = dossier()
        receipt = receipt_of(record, "13900001234")
        told_causes: set[int] = set()
        everybody = (
            actions.to_user(users[0].pk),
            actions.to_receipt(receipt.pk),
            actions.to_role(Role.OFFICE),
        )
        for act, value in life:
            if act in {"tell", "tell and deliver"}:
                cause = value if act == "tell" else 100 + len(told_causes)
                told_causes.add(cause)  # type: ignore[arg-type]
                told(f"cause {cause}", *everybody, concern=Concern.CLOCK, record=record)
            if act in {"dispatch", "tell and deliver"}:
                actions.dispatch(limit=value if act == "dispatch" else 100)  # type: ignore[arg-type]
            if act in {"gather", "tell and deliver"}:
                actions.make_messages(limit=value if act == "gather" else 100)  # type: ignore[arg-type]
            if act in {"deliver", "tell and deliver"}:
                receiver.plan = [ACCIDENTS[name]() for name in value]  # type: ignore[attr-defined]
                self._deliver()
                receiver.plan = []
            if act == "resend":
                dead = Message.objects.exclude(status=Message.Status.SENT).values_list("pk", flat=True)
                actions.resend_messages(list(dead), actor=_office())
            if act == "wait":
                clock.shift(timedelta(seconds=value))  # type: ignore[arg-type]
        people = (f"u{users[0].pk}", f"r{receipt.pk}", f"u{users[2].pk}")
        return [(f"cause {cause}", person) for cause in told_causes for person in people]

    def _deliver(self) -> None:
        with suppress(Killed):
            actions.deliver_waiting(Channel.SMS, limit=3, threads=1)

    def _finish(self, receiver: Receiver, clock: time_machine.Traveller) -> None:
        clock.move_to(timezone.localtime().replace(hour=9) + timedelta(days=1))
        for _round in range(200):
            while actions.dispatch():
                pass
            while actions.make_messages():
                pass
            dead = Message.objects.filter(status=Message.Status.DEAD).values_list("pk", flat=True)
            actions.resend_messages(list(dead), actor=_office())
            self._deliver()
            if (
                not Message.objects.exclude(status=Message.Status.SENT).exists()
                and not Delivery.objects.filter(message=None).exclude(channel=Channel.INBOX).exists()
            ):
                return
            clock.shift(timedelta(minutes=15))
            if not 8 <= timezone.localtime().hour < 20:
                clock.shift(timedelta(hours=12))
        raise AssertionError("still something left")


def _office() -> object:
    from tongxin.core.actor import Actor

    return Actor(role=Role.OFFICE, label="办公室")
