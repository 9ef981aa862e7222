"""Reads of what did not leave: how much by channel and reason, since when, and each message given up. Nobody's address."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Case, Count, Max, Min, QuerySet, When
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.core.contacts import sealer
from tongxin.core.crypto import UnsealFailed
from tongxin.notices.channels import Kind, masked
from tongxin.notices.models import Channel, Message
from tongxin.notices.times import AT_ANY_HOUR, is_waking, waking_hours

PAGE = 50
WAITING = (Message.Status.QUEUED, Message.Status.SENDING)


def reason_label(kind: str) -> str:
    """Why, in words."""
    if not kind:
        return _("等着发")
    return str(Kind(kind).label) if kind in Kind.values else kind


def channel_label(channel: str) -> str:
    """The channel, in words."""
    return str(Channel(channel).label) if channel in Channel.values else channel


@dataclass(frozen=True, slots=True)
class Group:
    """How many messages of one channel wait or died for one reason, and when the oldest and the newest were written."""

    channel: str
    kind: str
    count: int
    oldest_at: datetime
    newest_at: datetime
    is_held: bool = False  # for the morning: nobody's telephone rings at night

    @property
    def channel_label(self) -> str:
        """The channel, in words."""
        return channel_label(self.channel)

    @property
    def reason(self) -> str:
        """Why, in words."""
        return _("夜里不发，等到早上") if self.is_held else reason_label(self.kind)

    @property
    def minutes(self) -> int:
        """Age of the oldest, in whole minutes; none for what is held for the morning."""
        return 0 if self.is_held else int((timezone.now() - self.oldest_at).total_seconds() // 60)


def _groups(rows: QuerySet[Message], since: Case | str = "created_at") -> list[Group]:
    counted = (
        rows.order_by()
        .values("channel", "error_kind")
        .annotate(count=Count("pk"), oldest=Min(since), newest=Max("created_at"))
        .order_by("channel", "error_kind")
    )
    return [
        Group(row["channel"], row["error_kind"], row["count"], row["oldest"], row["newest"])
        for row in counted
    ]


def waiting_by_reason() -> list[Group]:
    """Messages that are to leave and have not. One query.

    What failed before is as old as the message. What nobody has tried yet waits since it may leave, nights not counted.
    """
    now = timezone.now()
    may_leave = Greatest("created_at", Coalesce("send_after", "created_at"))
    since = Case(When(error_kind="", then=may_leave), default="created_at")
    groups = _groups(Message.objects.filter(status__in=WAITING), since)
    return [_by_day(group, now) if not group.kind else group for group in groups]


def _by_day(group: Group, now: datetime) -> Group:
    if group.channel in AT_ANY_HOUR:
        return group
    if not is_waking(now):
        return replace(group, is_held=True)
    local = timezone.localtime(now)
    woke = datetime.combine(local.date(), waking_hours()[0], tzinfo=local.tzinfo)
    return replace(group, oldest_at=min(now, max(group.oldest_at, woke)))


def dead_by_reason() -> list[Group]:
    """Messages given up. One query."""
    return _groups(Message.objects.filter(status=Message.Status.DEAD))


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message given up, as the office sees it."""

    pk: int
    channel_label: str
    address: str
    subject: str
    reason: str
    error: str
    provider: str
    tries: int
    created_at: datetime
    number: str


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """One page, newest first; ``next_before`` is the last number on it when there are more."""

    letters: Sequence[DeadLetter]
    next_before: int | None


def _chosen(channel: str, kind: str | None) -> QuerySet[Message]:
    rows = Message.objects.filter(status=Message.Status.DEAD)
    if channel:
        rows = rows.filter(channel=channel)
    return rows if kind is None else rows.filter(error_kind=kind)


def dead_letters(*, channel: str = "", kind: str | None = None, before: int | None = None) -> DeadLetters:
    """Messages given up, newest first. Two queries."""
    rows = _chosen(channel, kind).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    numbers = _numbers([message.pk for message in found[:PAGE]])
    letters = [
        DeadLetter(
            pk=message.pk,
            channel_label=channel_label(message.channel),
            address=_masked(message),
            subject=message.subject,
            reason=reason_label(message.error_kind),
            error=message.error,
            provider=message.provider,
            tries=message.tries,
            created_at=message.created_at,
            number=numbers.get(message.pk, ""),
        )
        for message in found[:PAGE]
    ]
    return DeadLetters(letters, found[PAGE - 1].pk if len(found) > PAGE else None)


def dead_letter_ids(*, channel: str = "", kind: str | None = None, limit: int) -> list[int]:
    """The numbers of the oldest messages given up, ``limit`` at most."""
    return list(_chosen(channel, kind).order_by("pk").values_list("pk", flat=True)[:limit])


def _numbers(message_ids: list[int]) -> dict[int, str]:
    """The public number of the record each message speaks of, where it speaks of one."""
    from tongxin.core.models import RecordNumber
    from tongxin.notices.models import Delivery

    dossiers = dict(
        Delivery.objects.filter(message_id__in=message_ids, notice__dossier__isnull=False)
        .order_by("-pk")
        .values_list("message_id", "notice__dossier_id")
    )
    if not dossiers:
        return {}
    slugs = dict(
        RecordNumber.objects.filter(dossier_id__in=set(dossiers.values()))
        .order_by("pk")
        .values_list("dossier_id", "slug")
    )
    return {message_id: slugs.get(dossier_id, "") for message_id, dossier_id in dossiers.items()}


def _masked(message: Message) -> str:
    try:
        return masked(message.channel, sealer().unseal(message.sealed_address))
    except UnsealFailed:
        return "****"
