"""Dispatch: from whom a notice is for to the people, and for each the channels and rhythms they want.

Preferences are the user's own (``Preference``); without a row the district's default holds,
``TONGXIN["notice_defaults"]``: for each concern the rhythm by channel. A channel that needs an address is used only
when there is a verified one. By default a text message is left out where the same goes by WeChat.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from tongxin.accounts.models import RoleAssignment, User
from tongxin.core.clocks import local_calendar
from tongxin.core.models import Receipt
from tongxin.notices.actions.outbox import MARK, WEBHOOKS, cause_of
from tongxin.notices.models import (
    Address,
    Channel,
    Concern,
    Notice,
    Preference,
    Rhythm,
    Silence,
    Subscription,
    Webhook,
)
from tongxin.notices.times import due_time
from tongxin.notices.unsubscribing import address_key

BATCH = 500
LOCK_DISPATCH, LOCK_GATHER = 7_301, 7_302
_INSERT = """
INSERT INTO notices_delivery
    (notice_id, channel, user_id, receipt_id, subscription_id, webhook_id, person_key, rhythm, due_at, read_at)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[],
                     %s::text[], %s::timestamptz[], %s::timestamptz[])
ON CONFLICT DO NOTHING
"""
_FIRST = [Concern.DUTY.value, Concern.CLOCK.value, Concern.OWN.value, Concern.FOLLOWED.value]


class Busy(Exception):
    """Somebody else is at it."""


def one_at_a_time(lock: int) -> None:
    """Take our turn, which ends with the transaction or with the process, or raise :class:`Busy`.

    Nobody waits here: those who are woken meanwhile would fill every place a worker has.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock])
        if not cursor.fetchone()[0]:
            raise Busy


@transaction.atomic
def dispatch(limit: int = BATCH, *, now: datetime | None = None) -> int:
    """Expand up to about ``limit`` notices into deliveries; returns how many notices. A dozen queries, whatever they are.

    Notices of one cause are taken together: somebody who is told the same thing twice over (as the one who acts and as
    a follower; by two receipts with one phone) is told once, for the weightier reason. Raises :class:`Busy`.
    """
    now = now or timezone.now()
    one_at_a_time(LOCK_DISPATCH)
    notices = _claim(limit)
    if not notices:
        return 0
    book = _look_up(notices)
    calendar = local_calendar()
    deliveries = []
    told: set[tuple[str, str]] = set()
    for notice in sorted(notices, key=lambda each: (_FIRST.index(each.concern), each.pk)):
        cause = cause_of(notice.key)
        for person in book.people(notice):
            marks = [(cause, mark) for mark in person.marks]
            if told.intersection(marks):
                continue
            told.update(marks)
            deliveries += [
                (
                    notice.pk,
                    channel,
                    person.user_id,
                    person.receipt_id,
                    person.subscription_id,
                    person.webhook_id,
                    person.key,
                    rhythm,
                    due_time(channel, rhythm, notice.concern, now, calendar),
                    now if notice.is_past else None,
                )
                for channel, rhythm in person.ways
                if channel == Channel.INBOX or not notice.is_past
            ]
    if deliveries:
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, [list(column) for column in zip(*deliveries, strict=True)])
    Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(dispatched_at=now)
    return len(notices)


def _claim(limit: int) -> list[Notice]:
    waiting = Notice.objects.filter(dispatched_at=None).select_for_update(skip_locked=True).order_by("pk")
    notices = list(waiting[:limit])
    if len(notices) < limit:
        return notices
    cause = cause_of(notices[-1].key)
    rest = waiting.filter(key__gte=cause + MARK, key__lt=cause + chr(ord(MARK) + 1))
    known = {notice.pk for notice in notices}
    return notices + [notice for notice in rest if notice.pk not in known]


@dataclass(frozen=True, slots=True)
class _Person:
    """Who is told, and how. ``marks`` are the names by which the same person is recognised in one cause."""

    key: str
    ways: list[tuple[str, str]]
    marks: tuple[str, ...]
    user_id: int | None = None
    receipt_id: int | None = None
    subscription_id: int | None = None
    webhook_id: int | None = None


@dataclass
class _Book:
    """Everything a batch needs to know of people, read in a few queries."""

    active: set[int] = field(default_factory=set)
    holders: dict[tuple[str, str, int], list[int]] = field(default_factory=lambda: defaultdict(list))
    receipts: dict[int, tuple[int | None, str]] = field(default_factory=dict)
    followers: dict[tuple[str, int], list[Mapping[str, Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    webhooks: list[Webhook] = field(default_factory=list)
    choices: dict[int, dict[tuple[str, str], str]] = field(default_factory=lambda: defaultdict(dict))
    addresses: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    defaults: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def people(self, notice: Notice) -> Iterator[_Person]:
        """Whom a notice is for, each with at least one way to be told."""
        for person in self._everybody(notice):
            if person.ways and (person.user_id is None or person.user_id != notice.by_user_id):
                yield person

    def _everybody(self, notice: Notice) -> Iterator[_Person]:
        if notice.user_id:
            yield from self._users([notice.user_id], notice.concern)
        elif notice.receipt_id:
            yield from self._holder(notice.receipt_id, notice.concern)
        elif notice.role:
            found = self.holders.get((notice.role, notice.scope, notice.scope_id), [])
            yield from self._users(dict.fromkeys(found), notice.concern)
        elif notice.targets is not None:
            yield from self._followers(notice.targets)
        elif notice.scope == WEBHOOKS:
            for hook in self.webhooks:
                if not hook.templates or notice.template in hook.templates:
                    key = f"w{hook.pk}"
                    yield _Person(key, [(Channel.WEBHOOK, Rhythm.NOW)], (key,), webhook_id=hook.pk)

    def _users(self, ids: Iterable[int], concern: str) -> Iterator[_Person]:
        for user_id in ids:
            if user_id in self.active:
                key = f"u{user_id}"
                yield _Person(key, self.ways(user_id, concern), (key,), user_id=user_id)

    def ways(
        self, user_id: int, concern: str, followed: Mapping[str, str] | None = None
    ) -> list[tuple[str, str]]:
        """Channels and rhythms of a user for a concern; ``followed`` are those asked for with a subscription."""
        chosen = {
            c: rhythm for (about, c), rhythm in self.choices.get(user_id, {}).items() if about == concern
        }
        wanted = {**self.defaults.get(concern, {}), **(followed or {}), **chosen}
        reachable = self.addresses.get(user_id, set()) | {Channel.INBOX.value}
        ways = {c: rhythm for c, rhythm in wanted.items() if rhythm != Rhythm.NEVER and c in reachable}
        if Channel.WECHAT in ways and Channel.SMS not in chosen:
            ways.pop(Channel.SMS, None)
        return list(ways.items())

    def _holder(self, receipt_id: int, concern: str) -> Iterator[_Person]:
        user_id, phone = self.receipts.get(receipt_id, (None, ""))
        by_phone = self.defaults.get(concern, {}).get(Channel.SMS, Rhythm.NEVER)
        if user_id in self.active and user_id is not None:
            person = next(self._users([user_id], concern))
            yield person
            by_phone = self.choices.get(user_id, {}).get((concern, Channel.SMS), by_phone)
            if {Channel.SMS, Channel.WECHAT} & {channel for channel, _rhythm in person.ways}:
                return
        if phone and by_phone != Rhythm.NEVER:
            key = f"r{receipt_id}"
            yield _Person(key, [(Channel.SMS, by_phone)], (key, f"phone {phone}"), receipt_id=receipt_id)

    def _followers(self, targets: Mapping[str, list[int]]) -> Iterator[_Person]:
        by_user: dict[int, dict[str, str]] = defaultdict(dict)
        for kind in Subscription.Target.values:  # the narrowest first
            for target_id in targets.get(kind, []):
                for row in self.followers.get((kind, target_id), []):
                    if row["user_id"]:
                        # Several subscriptions meet in one event; the narrowest says how.
                        by_user[row["user_id"]].setdefault(row["channel"], row["rhythm"])
                    else:
                        # What one proven address follows is one person's: it comes in one digest.
                        address = row["address_digest"]
                        key = address_key(address) if address else f"s{row['id']}"
                        ways = [(row["channel"], row["rhythm"])] if row["rhythm"] != Rhythm.NEVER else []
                        yield _Person(key, ways, (key,), subscription_id=row["id"])
        for user_id, asked in by_user.items():
            if user_id in self.active:
                key = f"u{user_id}"
                yield _Person(key, self.ways(user_id, Concern.FOLLOWED, asked), (key,), user_id=user_id)


def _look_up(notices: list[Notice]) -> _Book:
    book = _Book(defaults=settings.TONGXIN["notice_defaults"])
    users = {notice.user_id for notice in notices if notice.user_id}
    roles = {(n.role, n.scope, n.scope_id) for n in notices if n.role}
    if roles:
        held = RoleAssignment.objects.filter(
            ended_at=None,
            role__in={role for role, _scope, _id in roles},
            scope_id__in={id_ for *_, id_ in roles},
        )
        for role, scope, scope_id, user_id in held.order_by("pk").values_list(
            "role", "scope", "scope_id", "user_id"
        ):
            if (role, scope, scope_id) in roles:
                book.holders[role, scope, scope_id].append(user_id)
                users.add(user_id)
    receipts = {notice.receipt_id for notice in notices if notice.receipt_id}
    if receipts:
        asked = Silence.objects.filter(receipt__in=receipts, channel=Channel.SMS)
        silent = set(asked.values_list("receipt", flat=True))
        for receipt_id, user_id, phone, withdrawn in Receipt.objects.filter(pk__in=receipts).values_list(
            "pk", "user_id", "contact__phone_digest", "contact__withdrawn_at"
        ):
            reachable = phone and withdrawn is None and receipt_id not in silent
            book.receipts[receipt_id] = (user_id, phone if reachable else "")
            if user_id:
                users.add(user_id)
    users |= _read_followers(book, notices)
    if any(notice.scope == WEBHOOKS and not notice.role for notice in notices):
        book.webhooks = list(Webhook.objects.filter(is_active=True))
    if users:
        book.active = set(User.objects.filter(pk__in=users, is_active=True).values_list("pk", flat=True))
        for user_id, concern, channel, rhythm in Preference.objects.filter(user__in=users).values_list(
            "user_id", "concern", "channel", "rhythm"
        ):
            book.choices[user_id][concern, channel] = rhythm
        for user_id, channel in Address.objects.filter(user__in=users, verified_at__isnull=False).values_list(
            "user_id", "channel"
        ):
            book.addresses[user_id].add(channel)
    return book


def _read_followers(book: _Book, notices: list[Notice]) -> set[int]:
    wanted: dict[str, set[int]] = defaultdict(set)
    for notice in notices:
        for kind, ids in (notice.targets or {}).items():
            wanted[kind].update(ids)
    if not wanted:
        return set()
    condition = Q()
    for kind, ids in wanted.items():
        condition |= Q(target=kind, target_id__in=ids)
    users = set()
    running = Subscription.objects.filter(condition, ended_at=None, confirmed_at__isnull=False).order_by("pk")
    for row in running.values("id", "target", "target_id", "user_id", "channel", "rhythm", "address_digest"):
        book.followers[row["target"], row["target_id"]].append(row)
        if row["user_id"]:
            users.add(row["user_id"])
    return users
