"""Gathering: deliveries that are due become messages, one by one or folded into a digest.

A digest says each thing once: several events on one record are one line with the latest and their count. Somebody who
would get more than ``TONGXIN["fold_over"]`` messages at once by one channel gets a digest instead. Nothing that rings
becomes a message outside waking hours; what is found due then is moved to the next morning.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tongxin.core.clocks import local_calendar
from tongxin.core.contacts import sealer
from tongxin.core.models import Receipt
from tongxin.core.workdays import WorkCalendar
from tongxin.notices.actions.dispatch import LOCK_GATHER, one_at_a_time
from tongxin.notices.actions.outbox import wake
from tongxin.notices.digests import DIGEST, Headings, Words, digest, headings_of, sections_of
from tongxin.notices.models import Address, Channel, Delivery, Message, Rhythm, Subscription, Webhook
from tongxin.notices.texts import absolute
from tongxin.notices.times import WORK, is_waking, next_digest, next_waking
from tongxin.notices.unsubscribing import short_code, unsubscribe_path

BATCH = 500
DIGESTS = 100
SEGMENT = 70
"""Characters of one text message; what is longer is paid and read as two."""
LANES = 2
"""Jobs that may work on one channel at once, so that two workers share it."""


_COLUMNS = (
    "pk",
    "channel",
    "purpose",
    "sealed_address",
    "subject",
    "text",
    "language",
    "status",
    "error_kind",
    "error",
)
_INSERT = """
INSERT INTO notices_message (created_at, send_after, is_urgent, tries, provider, provider_reference, id, channel, purpose,
                             sealed_address, subject, text, language, status, error_kind, error, data)
SELECT %s, %s, false, 0, '', '', m.*
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
            %s::text[], %s::jsonb[]) AS m
"""


@dataclass(frozen=True, slots=True)
class _Way:
    """Where one person is reached by one channel; nowhere when ``sealed`` is empty."""

    sealed: str = ""
    language: str = ""


@transaction.atomic
def make_messages(now: datetime | None = None, *, limit: int = BATCH) -> int:
    """Turn deliveries that are due into messages, and wake whoever sends them; returns how many deliveries were dealt with.

    A delivery whose person can no longer be reached (unsubscribed, consent withdrawn, address gone) gets a message
    that says so and is never sent. About ten queries for a whole batch. Raises :class:`Busy`.
    """
    now = now or timezone.now()
    one_at_a_time(LOCK_GATHER)
    calendar = local_calendar()
    single = list(_waiting(now).filter(rhythm=Rhythm.NOW).order_by("due_at")[:limit])
    single, late = _split(single, now, calendar)
    # They can wait until nothing is left that goes at once.
    digests = _digests(now) if len(single) + len(late) < limit else []
    if digests and not (is_waking(now) and calendar.is_workday(timezone.localtime(now).date())):
        late += [
            _moved(delivery, next_digest(Rhythm.DAILY, now, calendar))
            for group in digests
            for delivery in group
        ]
        digests = []
    if late:
        Delivery.objects.bulk_update(late, ["due_at"], batch_size=500)
    groups = _folded(single, now) + digests
    if groups:
        _write(groups, now)
    return sum(map(len, groups)) + len(late)


def _waiting(now: datetime) -> "QuerySet[Delivery]":
    return (
        Delivery.objects.filter(message=None, due_at__lte=now)
        .exclude(channel=Channel.INBOX)
        .select_related("notice")
        .select_for_update(of=("self",))
    )


def _moved(delivery: Delivery, to: datetime) -> Delivery:
    delivery.due_at = to
    return delivery


def _split(
    found: Sequence[Delivery], now: datetime, calendar: WorkCalendar
) -> tuple[list[Delivery], list[Delivery]]:
    """Those that may leave now, and those moved to when they may."""
    moments = {is_work: next_waking(now, calendar, is_work=is_work) for is_work in (True, False)}
    ready, late = [], []
    for delivery in found:
        moment = now if delivery.channel == Channel.WEBHOOK else moments[delivery.notice.concern in WORK]
        if moment <= now:
            ready.append(delivery)
        else:
            late.append(_moved(delivery, moment))
    return ready, late


def _folded(single: list[Delivery], now: datetime) -> list[list[Delivery]]:
    """A list for each message: one delivery each, but all together for somebody who would get too many at once."""
    most = int(settings.TONGXIN["fold_over"])
    by_person: dict[tuple[str, str], list[Delivery]] = defaultdict(list)
    for delivery in single:
        by_person[delivery.person_key, delivery.channel].append(delivery)
    crowded = {way for way, found in by_person.items() if 0 < most < len(found) and way[1] != Channel.WEBHOOK}
    groups = [[delivery] for way, found in by_person.items() if way not in crowded for delivery in found]
    if not crowded:
        return groups
    together: dict[tuple[str, str], list[Delivery]] = defaultdict(list)
    same = _waiting(now).filter(rhythm=Rhythm.NOW, person_key__in={key for key, _channel in crowded})
    concerns = {delivery.notice.concern in WORK for delivery in single}
    for delivery in same.order_by("notice__at", "pk"):
        way = (delivery.person_key, delivery.channel)
        if way in crowded and (delivery.notice.concern in WORK) in concerns:
            together[way].append(delivery)
    return groups + list(together.values())


def _digests(now: datetime) -> list[list[Delivery]]:
    """Everything due in digests for some people, a list for each person and channel, oldest first."""
    due = _waiting(now).exclude(rhythm=Rhythm.NOW)
    people = (
        Delivery.objects.filter(message=None, due_at__lte=now)
        .exclude(channel=Channel.INBOX)
        .exclude(rhythm=Rhythm.NOW)
        .order_by("person_key", "channel")
        .values_list("person_key", "channel")
        .distinct()[:DIGESTS]
    )
    chosen = set(people)
    if not chosen:
        return []
    groups: dict[tuple[str, str], list[Delivery]] = defaultdict(list)
    for delivery in due.filter(person_key__in={key for key, _channel in chosen}).order_by("notice__at", "pk"):
        if (delivery.person_key, delivery.channel) in chosen:
            groups[delivery.person_key, delivery.channel].append(delivery)
    return list(groups.values())


def _write(groups: list[list[Delivery]], now: datetime) -> None:
    ways = _ways([delivery for group in groups for delivery in group])
    groups = [part for group in groups for part in _parts(group, ways)]
    headings = headings_of({pk for group in groups for pk in sections_of(group)})
    words = Words()
    messages = []
    for group in groups:
        way = ways.get(_way_key(group[0]), _Way())
        messages.append(_message(group, way, words, headings) if way.sealed else _undeliverable(group[0]))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('notices_message', 'id')) FROM generate_series(1, %s)",
            [len(messages)],
        )
        for message, (pk,) in zip(messages, cursor.fetchall(), strict=True):
            message.pk = pk
        columns = [[getattr(message, name) for message in messages] for name in _COLUMNS]
        data = [json.dumps(message.data, ensure_ascii=False) for message in messages]
        cursor.execute(_INSERT, [now, now, *columns, data])
        pairs = [
            (delivery.pk, message.pk)
            for group, message in zip(groups, messages, strict=True)
            for delivery in group
        ]
        cursor.execute(
            "UPDATE notices_delivery d SET message_id = p.message "
            "FROM unnest(%s::bigint[], %s::bigint[]) AS p (delivery, message) WHERE d.id = p.delivery",
            [[delivery for delivery, _message in pairs], [message for _delivery, message in pairs]],
        )
    channels = {message.channel for message in messages if message.status == Message.Status.QUEUED}
    transaction.on_commit(lambda: wake_channels(channels), robust=True)


def _way_key(delivery: Delivery) -> tuple[str, str]:
    """What says where a delivery goes: one person has one address by a channel, but each subscription its own."""
    whom = f"s{delivery.subscription_id}" if delivery.subscription_id else delivery.person_key
    return whom, delivery.channel


def _parts(group: list[Delivery], ways: Mapping[tuple[str, str], _Way]) -> list[list[Delivery]]:
    """What still reaches somebody, and what was ended meanwhile (one of several subscriptions of an address)."""
    reached = [delivery for delivery in group if ways.get(_way_key(delivery), _Way()).sealed]
    if not reached or len(reached) == len(group):
        return [group]
    known = {delivery.pk for delivery in reached}
    return [reached, [delivery for delivery in group if delivery.pk not in known]]


def wake_channels(channels: Iterable[str]) -> None:
    """Queue the jobs that send what waits by these channels. Call it after the commit."""
    for channel in sorted(channels):
        for lane in range(LANES):
            wake("deliver_waiting", lock=f"deliver-{channel}-{lane}", channel=channel, lane=lane)


def _ways(deliveries: list[Delivery]) -> Mapping[tuple[str, str], _Way]:
    """Where each can be reached now, by person and channel. A query for each kind of person."""
    ways: dict[tuple[str, str], _Way] = {}
    kinds = (
        ("subscription_id", _ways_of_subscriptions),
        ("webhook_id", _ways_of_webhooks),
        ("receipt_id", _ways_of_receipts),
        ("user_id", _ways_of_users),
    )
    for name, read in kinds:
        if ids := {getattr(delivery, name) for delivery in deliveries} - {None}:
            ways |= read(ids)
    return ways


def _ways_of_users(ids: set[int]) -> dict[tuple[str, str], _Way]:
    known = Address.objects.filter(user__in=ids, user__is_active=True, verified_at__isnull=False)
    rows = known.values_list("user_id", "channel", "sealed_address", "language")
    return {(f"u{pk}", channel): _Way(sealed, language) for pk, channel, sealed, language in rows}


def _ways_of_receipts(ids: set[int]) -> dict[tuple[str, str], _Way]:
    held = Receipt.objects.filter(pk__in=ids, contact__withdrawn_at=None).exclude(
        silences__channel=Channel.SMS
    )
    rows = held.values_list("pk", "contact__sealed_phone")
    return {(f"r{pk}", Channel.SMS.value): _Way(sealed or "", settings.LANGUAGE_CODE) for pk, sealed in rows}


def _ways_of_subscriptions(ids: set[int]) -> dict[tuple[str, str], _Way]:
    running = Subscription.objects.filter(pk__in=ids, ended_at=None)
    rows = running.values_list("pk", "channel", "sealed_address", "language")
    return {(f"s{pk}", channel): _Way(sealed, language) for pk, channel, sealed, language in rows}


def _ways_of_webhooks(ids: set[int]) -> dict[tuple[str, str], _Way]:
    active = Webhook.objects.filter(pk__in=ids, is_active=True).values_list("pk", flat=True)
    return {
        (f"w{pk}", Channel.WEBHOOK.value): _Way(sealer().seal(str(pk)), settings.LANGUAGE_CODE)
        for pk in active
    }


def _undeliverable(delivery: Delivery) -> Message:
    return Message(
        channel=delivery.channel,
        purpose=delivery.notice.template,
        sealed_address="",
        text="",
        status=Message.Status.DROPPED,
        error_kind="address",
        error="no longer reachable by this channel",
    )


def _message(group: list[Delivery], way: _Way, words: Words, headings: Headings) -> Message:
    first = group[0]
    # What an address follows by itself ends by itself; where several meet, the message's link ends them all.
    sections = sections_of(group) if first.channel == Channel.EMAIL else []
    whom = first.person_key if sections or not first.subscription_id else f"s{first.subscription_id}"
    with translation.override(way.language or settings.LANGUAGE_CODE):
        stop = absolute(unsubscribe_path(whom, first.channel))
        if first.rhythm != Rhythm.NOW or len(group) > 1:
            subject, text, data = digest(group, way.language, words, headings if sections else None)
            purpose = DIGEST
        else:
            notice = first.notice
            rendered = words.of(notice, way.language)
            subject, text, purpose = rendered.subject, rendered.body, notice.template
            if first.channel == Channel.SMS:
                text = rendered.short
            values = notice.data if first.channel == Channel.WEBHOOK else rendered.values
            data = {**values, "line": rendered.line, "url": rendered.url}
        if first.channel == Channel.EMAIL:
            lines = [text, *([data["url"]] if data["url"] and data["url"] not in text else [])]
            if sections:
                lines.append(_("全部不再关注：%(url)s") % {"url": stop})
            elif stop:
                lines.append(_("不想再收到：%(url)s") % {"url": stop})
            text = "\n\n".join(lines)
        elif first.channel == Channel.SMS and (code := short_code(whom)):
            data = {**data, "stop": code}
            text = _with_stop(text, code)
        return Message(
            channel=first.channel,
            purpose=purpose,
            sealed_address=way.sealed,
            subject=subject[:200],
            text=text,
            data={**data, "unsubscribe_url": stop} if stop else data,
            language=way.language or settings.LANGUAGE_CODE,
        )


def _with_stop(text: str, code: str) -> str:
    """A text message with its short link, where the link can be opened and leaves it one message."""
    link = absolute(reverse("unsubscribe_short", args=[code]))
    longer = f"{text} {_('退订')} {link}"
    return longer if link.startswith("http") and len(longer) <= SEGMENT else text
