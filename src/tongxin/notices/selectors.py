"""Reads of notices: a person's inbox, their addresses and rhythms, what they follow, what a receipt was told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Max, Q, QuerySet

from tongxin.core.contacts import sealer
from tongxin.core.crypto import UnsealFailed
from tongxin.notices.channels import is_open, masked
from tongxin.notices.models import (
    Address,
    Channel,
    Concern,
    Delivery,
    Notice,
    Preference,
    Rhythm,
    Silence,
    Subscription,
)
from tongxin.notices.texts import render

PAGE = 20
COUNTED = 100
"""Unread notices are counted so far: a longer row says no more."""
RECEIPT_MOST = 30


@dataclass(frozen=True, slots=True)
class InboxItem:
    """One notice as its reader sees it."""

    pk: int
    line: str
    body: str
    url: str
    concern: str
    is_read: bool
    at: datetime

    @property
    def concern_label(self) -> str:
        """Why they are told, in words."""
        return str(Concern(self.concern).label)


@dataclass(frozen=True, slots=True)
class InboxPage:
    """One page: unread first, then the newest. ``newest`` is the latest notice there is, for "mark all read"."""

    items: list[InboxItem]
    next_cursor: str
    newest: int


def _inbox(user_id: int) -> QuerySet[Delivery]:
    return Delivery.objects.filter(user_id=user_id, channel=Channel.INBOX)


def inbox_page(
    user_id: int, *, language: str, concern: str = "", unread_only: bool = False, after: str = ""
) -> InboxPage:
    """A page of somebody's inbox; ``after`` is the cursor of the page before. At most three queries."""
    rows = _inbox(user_id).select_related("notice").order_by("-pk")
    if concern:
        rows = rows.filter(notice__concern=concern)
    part, before = _cursor(after)
    found: list[Delivery] = []
    if part == "u":
        unread = rows.filter(read_at=None)
        found = list((unread.filter(pk__lt=before) if before else unread)[: PAGE + 1])
    if len(found) <= PAGE and not unread_only:
        read = rows.filter(read_at__isnull=False)
        if part == "r" and before:
            read = read.filter(pk__lt=before)
        found += list(read[: PAGE + 1 - len(found)])
    newest = _inbox(user_id).aggregate(newest=Max("pk"))["newest"] or 0
    cursor = ""
    if len(found) > PAGE:
        last, following = found[PAGE - 1], found[PAGE]
        # When the read ones begin with the next page, its cursor has none of them yet.
        if last.read_at is None and following.read_at is not None:
            cursor = "r"
        else:
            cursor = f"{'u' if last.read_at is None else 'r'}{last.pk}"
    return InboxPage([_item(row, language) for row in found[:PAGE]], cursor, newest)


def _cursor(after: str) -> tuple[str, int | None]:
    part, figure = after[:1] or "u", after[1:]
    if part not in {"u", "r"}:
        return "u", None
    return part, int(figure) if figure.isascii() and figure.isdecimal() and len(figure) < 19 else None


def _item(row: Delivery, language: str) -> InboxItem:
    notice = row.notice
    said = render(notice.template, notice.data, language)
    path = said.url.removeprefix(settings.TONGXIN.get("base_url", "").rstrip("/"))
    return InboxItem(row.pk, said.line, said.body, path, notice.concern, row.read_at is not None, notice.at)


def inbox_item(user_id: int, pk: int, *, language: str) -> InboxItem | None:
    """One notice of somebody's inbox. One query."""
    row = _inbox(user_id).select_related("notice").filter(pk=pk).first()
    return _item(row, language) if row else None


def unread_count(user_id: int) -> int:
    """How many notices wait unread, counted up to :data:`COUNTED`. One query on an index that holds nothing else."""
    return _inbox(user_id).filter(read_at=None).order_by()[:COUNTED].count()


# how somebody wants to be told


def open_channels() -> list[Channel]:
    """Channels by which this district tells people, the inbox first."""
    return [channel for channel in Channel if channel != Channel.WEBHOOK and is_open(channel)]


def addresses_of(user_id: int) -> dict[str, str]:
    """Verified addresses by channel, masked. One query."""
    known = Address.objects.filter(user_id=user_id, verified_at__isnull=False)
    return {row.channel: mask(row.channel, row.sealed_address) for row in known}


def mask(channel: str, sealed: str) -> str:
    """A sealed address, so that its owner knows it and nobody else does."""
    try:
        return masked(channel, sealer().unseal(sealed))
    except UnsealFailed:
        return "****"


def rhythms_of(user_id: int) -> Mapping[tuple[str, str], str]:
    """The rhythm of every concern by every channel: the person's choice, else the district's default. One query."""
    chosen = {(row.concern, row.channel): row.rhythm for row in Preference.objects.filter(user_id=user_id)}
    defaults = settings.TONGXIN["notice_defaults"]
    return {
        (concern, channel): chosen.get(
            (concern, channel), defaults.get(concern, {}).get(channel, Rhythm.NEVER.value)
        )
        for concern in Concern.values
        for channel in Channel.values
    }


# what somebody follows


def followed_by(user_id: int, before: int | None = None) -> list[Subscription]:
    """What a signed-in person follows, the newest first, one more than a page. One query."""
    rows = Subscription.objects.filter(user_id=user_id, ended_at=None).order_by("-pk")
    return list((rows.filter(pk__lt=before) if before else rows)[: PAGE + 1])


def is_followed(user_id: int, kind: str, pk: int) -> Subscription | None:
    """The person's own subscription to something, if any."""
    return Subscription.objects.filter(user_id=user_id, target=kind, target_id=pk, ended_at=None).first()


def subscription_by_key(pk: int) -> Subscription | None:
    """A subscription, running or ended, for the holder of its link."""
    return Subscription.objects.filter(pk=pk).first()


def running_of_address(person_key: str) -> QuerySet[Subscription]:
    """What the proven address of a person's key (``a…``) follows, the oldest first."""
    return Subscription.objects.filter(address_digest__startswith=person_key[1:], ended_at=None).order_by(
        "pk"
    )


def runs(address_digest: str) -> int:
    """How much an address follows."""
    return (
        Subscription.objects.filter(address_digest=address_digest, ended_at=None).count()
        if address_digest
        else 0
    )


# what the holder of a tracking code was told


@dataclass(frozen=True, slots=True)
class ToldItem:
    """One notice to the holder of a receipt, and by which channels it left besides this page."""

    line: str
    at: datetime
    by: str


def told_to(receipt_id: int, *, language: str) -> list[ToldItem]:
    """What the holder of a receipt was told, the newest first. Two queries."""
    notices = list(Notice.objects.filter(receipt_id=receipt_id).order_by("-at", "-pk")[:RECEIPT_MOST])
    left = _left(notices) if notices else {}
    return [
        ToldItem(render(each.template, each.data, language).line, each.at, left.get(each.pk, ""))
        for each in notices
    ]


def _left(notices: Iterable[Notice]) -> dict[int, str]:
    sent = (
        Delivery.objects.filter(notice__in=[each.pk for each in notices], receipt__isnull=False)
        .filter(Q(message__status="sent"))
        .values_list("notice_id", "channel")
    )
    return {notice_id: str(Channel(channel).label) for notice_id, channel in sent}


def is_silent(receipt_id: int, channel: str = Channel.SMS) -> bool:
    """Whether the holder of a receipt asked for no more messages by a channel."""
    return Silence.objects.filter(receipt_id=receipt_id, channel=channel).exists()


def inbox_context(request: Any) -> dict[str, Any]:
    """What the header of staff pages needs: how much is unread, asked only where it is shown."""
    user = getattr(request, "user", None)
    return {"unread": lambda: unread_count(user.pk) if user is not None and user.is_authenticated else 0}
