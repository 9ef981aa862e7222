"""Delivering: a message is claimed, handed to a channel, and its result written, each committed by itself.

The message table is the queue; jobs only wake whoever works on it. A claim is a lease: the messages of a killed worker
can be claimed again when it is over, and are tried again under their old key, before what came later. Delivery is at
least once; the key lets the receiving side make it exactly once.
"""

import random
import re
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from tongxin.core.contacts import sealer
from tongxin.core.crypto import UnsealFailed
from tongxin.notices.channels import ChannelError, Kind, Misconfigured, Parcel, Refused, Sent, send_by
from tongxin.notices.models import Channel, Delivery, Message
from tongxin.notices.times import AT_ANY_HOUR, is_waking

log = structlog.get_logger(__name__)

BATCH = 100
LEASE = timedelta(seconds=50)
BEGIN_WITHIN = 15.0
"""Seconds after a claim in which a message may still be begun. With the longest a provider may take, and a second
provider after it, this stays inside the lease."""
FLUSH = 0.2
"""Seconds between writing results down: what a killed worker sent since is sent again."""
PATIENCE = 3
"""So many messages in a row that no provider took end a batch; the others wait untouched."""
FIRST_WAIT, LONGEST_WAIT = 30.0, 3600.0
URGENT_WAIT = 5.0
PAUSE = timedelta(seconds=60)
URGENT_FOR = timedelta(minutes=5)
"""A one-time code is of no use later."""
STATUS = Message.Status
WAITING = [STATUS.QUEUED, STATUS.SENDING]
_MOBILE = re.compile(r"1\d{10}")
_UNCOUNTED = {Kind.RATE_LIMITED.value}


class _NoMobile(Refused):
    """Somebody gave a landline: they are called, not texted. No fault that the office could mend."""


@dataclass(frozen=True, slots=True)
class _Result:
    """What became of one try."""

    message: Message
    sent: Sent | None = None
    error: ChannelError | None = None


def deliver_message(message_id: int, *, now: datetime | None = None) -> bool:
    """Hand one message over; delivering twice sends once. Returns whether it is done with.

    Done with is also what is dead, dropped, unknown or in somebody else's hands. Don't call it inside a transaction
    that may be undone.
    """
    found = _claim(Q(pk=message_id), 1, now)
    for message in found:
        _settle([_try(message)], now)
    return not found or not Message.objects.filter(pk=message_id, status__in=WAITING).exists()


def deliver_waiting(
    channel: str, *, limit: int = BATCH, threads: int | None = None, now: datetime | None = None
) -> int:
    """Claim up to ``limit`` messages of a channel that may leave now, and hand them over; returns how many were claimed.

    0 also when the channel's providers take nothing: what is left is looked at again a minute later. With several
    ``threads`` (the setting's number by default) as many are under way at once.
    """
    at = now or timezone.now()
    due = Q(channel=channel, send_after__lte=at)
    if channel not in AT_ANY_HOUR and not is_waking(at):
        due &= Q(is_urgent=True)
    messages = _claim(due, limit, now)
    if not messages:
        return 0
    took_none = _hand_over(messages, threads or settings.TONGXIN["delivery_threads"], now)
    return 0 if took_none else len(messages)


def _is_free(at: datetime) -> Q:
    return Q(status=STATUS.QUEUED) | Q(claimed_at__lte=at - LEASE)


@transaction.atomic
def _claim(which: Q, limit: int, now: datetime | None) -> list[Message]:
    """Mark messages as being sent, for as long as the lease; those that must not be sent any more end here."""
    at = now or timezone.now()
    found = list(
        Message.objects.filter(which, _is_free(at), status__in=WAITING)
        .select_for_update(skip_locked=True)
        .order_by("send_after")[:limit]
    )
    if not found:
        return []
    ending = _withdrawn(found)
    claimed, ended = [], []
    for message in found:
        if message.pk in ending:
            _end(message, STATUS.DROPPED, Kind.ADDRESS, "consent was withdrawn")
        elif message.is_urgent and at - message.created_at > URGENT_FOR:
            _end(message, STATUS.DROPPED, "expired", "the code had expired")
        elif message.tries >= settings.TONGXIN["delivery_tries"]:
            _end(
                message,
                STATUS.DEAD,
                message.error_kind or "lost",
                message.error or "its worker ended each time",
            )
        else:
            message.tries += 1
            claimed.append(message)
            continue
        ended.append(message)
    if ended:
        fields = ["status", "error_kind", "error", "sealed_address", "text", "subject", "data"]
        Message.objects.bulk_update(ended, fields)
    Message.objects.filter(pk__in=[message.pk for message in claimed]).update(
        status=STATUS.SENDING, claimed_at=at, tries=F("tries") + 1
    )
    return claimed


def _withdrawn(messages: Iterable[Message]) -> set[int]:
    """Which of them were for somebody who has since withdrawn consent. One query."""
    gone = Delivery.objects.filter(message=OuterRef("pk"), receipt__contact__withdrawn_at__isnull=False)
    chosen = Message.objects.filter(pk__in=[message.pk for message in messages])
    return set(chosen.filter(Exists(gone)).values_list("pk", flat=True))


def _end(message: Message, status: str, kind: str, error: str) -> None:
    message.status, message.error_kind, message.error = status, kind, error[:200]
    if status == STATUS.DROPPED:
        message.sealed_address = message.text = message.subject = ""
        message.data = {}


def _try(message: Message) -> _Result:
    """Hand one message to its channel. Whatever happens is a result, never an exception."""
    try:
        address = sealer().unseal(message.sealed_address)
        if message.channel == Channel.SMS and not _MOBILE.fullmatch(address):
            return _Result(message, error=_NoMobile("no mobile number", kind=Kind.ADDRESS))
        return _Result(message, sent=send_by(Channel(message.channel), _parcel(message, address)))
    except ChannelError as error:
        return _Result(message, error=error)
    except UnsealFailed:
        return _Result(message, error=Misconfigured("the key of this address is gone"))
    except Exception as error:
        # A fault of ours must not take the batch along; the message is tried again and shows it meanwhile.
        log.exception("delivery_failed", message=message.pk)
        return _Result(message, error=ChannelError(f"internal error: {type(error).__name__}"))


def _parcel(message: Message, address: str) -> Parcel:
    return Parcel(
        key=str(message.key),
        address=address,
        subject=message.subject,
        text=message.text,
        purpose=message.purpose,
        data=message.data,
        language=message.language,
    )


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """The process's senders, shared by whatever channels it works on."""
    return ThreadPoolExecutor(threads, thread_name_prefix="sender")


def _try_apart(message: Message) -> _Result:
    try:
        return _try(message)
    finally:
        connection.close()  # back to the pool: there are more senders than connections should be


@dataclass(slots=True)
class _Progress:
    """How a batch is going: since when, and how many in a row no provider took."""

    began: float
    failed: int = 0

    @property
    def is_worthwhile(self) -> bool:
        """Whether another message may be begun."""
        return self.failed < PATIENCE and time.monotonic() - self.began < BEGIN_WITHIN

    def note(self, result: _Result) -> None:
        """Count what concerns the channel; webhooks have a receiver each, and one says nothing of the others."""
        error = result.error
        if result.sent:
            self.failed = 0
        elif error and error.is_about_provider and not isinstance(error, Refused):
            self.failed += result.message.channel != Channel.WEBHOOK


def _hand_over(messages: list[Message], threads: int, now: datetime | None) -> bool:
    """Try them, writing results down as they come; whether the channel took none, so that going on is of no use."""
    results: list[_Result] = []
    progress = _Progress(time.monotonic())
    written = progress.began
    left = iter(messages)
    for result in _run(left, threads, progress):
        progress.note(result)
        results.append(result)
        if time.monotonic() - written > FLUSH:
            _settle(results, now)
            results, written = [], time.monotonic()
    _settle(results, now)
    stopped = progress.failed >= PATIENCE
    _release([message.pk for message in left], now, PAUSE if stopped else timedelta(0))
    return stopped


def _run(messages: Iterator[Message], threads: int, progress: _Progress) -> Iterator[_Result]:
    if threads == 1:
        while progress.is_worthwhile and (message := next(messages, None)):
            yield _try(message)
        return
    pool = _pool(threads)
    under_way: set[Future[_Result]] = set()
    while True:
        while len(under_way) < threads and progress.is_worthwhile and (message := next(messages, None)):
            under_way.add(pool.submit(_try_apart, message))
        if not under_way:
            return
        done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
        for future in done:
            yield future.result()


@transaction.atomic
def _settle(results: list[_Result], now: datetime | None) -> None:
    """Write down what became of some tries. A message that was sent is sent, whoever has claimed it since."""
    at = now or timezone.now()
    if sent := [(result.message.pk, result.sent) for result in results if result.sent]:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE notices_message m SET status = 'sent', sent_at = %s, provider = s.provider, "
                "provider_reference = s.reference, error = '', error_kind = '', "
                "text = CASE WHEN s.keeps THEN text ELSE '' END, subject = CASE WHEN s.keeps THEN subject ELSE '' END, "
                "data = CASE WHEN s.keeps THEN data ELSE '{}' END, "
                "sealed_address = CASE WHEN s.keeps THEN sealed_address ELSE '' END "
                "FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bool[]) AS s (id, provider, reference, keeps) "
                "WHERE m.id = s.id",
                [
                    at,
                    [pk for pk, _sent in sent],
                    [each.provider[:40] for _pk, each in sent],
                    [each.reference[:80] for _pk, each in sent],
                    [each.keeps_text for _pk, each in sent],
                ],
            )
    failed = [(result.message, result.error) for result in results if result.error]
    if not failed:
        return
    for message, error in failed:
        _postpone(message, error, at)
    # By now somebody else may have claimed it again, or sent it: then theirs counts.
    held = set(
        Message.objects.select_for_update()
        .filter(pk__in=[message.pk for message, _error in failed], status=STATUS.SENDING)
        .values_list("pk", "tries")
    )
    mine = [message for message, _error in failed if (message.pk, _tries_claimed(message)) in held]
    fields = [
        "status",
        "error_kind",
        "error",
        "tries",
        "send_after",
        "sealed_address",
        "text",
        "subject",
        "data",
    ]
    Message.objects.bulk_update(mine, fields)


def _tries_claimed(message: Message) -> int:
    return int(message.__dict__["tries_claimed"])


def _postpone(message: Message, error: ChannelError, at: datetime) -> None:
    """When it may be tried again, if ever. Waiting for somebody to mend the settings costs no try."""
    message.__dict__["tries_claimed"] = message.tries
    message.error_kind, message.error = str(error.kind), error.reason[:200]
    if isinstance(error, Refused):
        status = STATUS.DROPPED if isinstance(error, _NoMobile) else STATUS.DEAD
        _end(message, status, str(error.kind), error.reason)
        return
    message.status = STATUS.QUEUED
    seconds = _back_off(message)
    if isinstance(error, Misconfigured) or str(error.kind) in _UNCOUNTED or not error.was_tried:
        message.tries -= 1
        seconds = PAUSE.total_seconds() * random.uniform(1, 3)  # noqa: S311  (spreads load, keeps no secret)
    elif message.tries >= settings.TONGXIN["delivery_tries"]:
        message.status = STATUS.DEAD
        return
    message.send_after = at + timedelta(seconds=max(seconds, error.retry_after or 0))


def _back_off(message: Message) -> float:
    first = URGENT_WAIT if message.is_urgent else FIRST_WAIT
    wait_for = min(first * 2 ** (message.tries - 1), LONGEST_WAIT)
    return wait_for * random.uniform(0.8, 1.2)  # noqa: S311


def _release(ids: list[int], now: datetime | None, pause: timedelta) -> None:
    """Give back what was claimed and not begun."""
    if ids:
        Message.objects.filter(pk__in=ids, status=STATUS.SENDING).update(
            status=STATUS.QUEUED, tries=F("tries") - 1, send_after=(now or timezone.now()) + pause
        )


def waiting_channels(now: datetime | None = None) -> list[str]:
    """Channels by which something may leave now. One query."""
    at = now or timezone.now()
    return list(
        Message.objects.filter(_is_free(at), status__in=WAITING, send_after__lte=at)
        .order_by("channel")
        .values_list("channel", flat=True)
        .distinct()
    )
