"""Swaps: a member asks another to take a shift, alone or in exchange; accepted, the shifts change hands in one step."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.directory.models import DutyShift, Member, Posting, Workstation
from tongxin.duty.actions.rosters.common import (
    NotAllowed,
    Refused,
    bump,
    check_free,
    hold_rosters,
    shift_facts,
    tell_members,
    telling,
    void_swaps,
)
from tongxin.duty.models import RosterSlot, Swap
from tongxin.duty.rules_rosters import member_of


def may_stand_in(member: Member, station: Workstation) -> bool:
    """Whoever is posted to the station, or to another of its street, may take a shift there. One query."""
    street = station.area.parent_id if station.area.level == "community" else station.area_id
    return Posting.objects.filter(
        Q(station=station) | Q(station__area=street) | Q(station__area__parent=street), member=member
    ).exists()


@transaction.atomic
def ask_swap(
    shift: DutyShift,
    *,
    actor: Actor,
    asked_of: Member,
    in_return: DutyShift | None = None,
    words: str = "",
    at: datetime | None = None,
) -> Swap:
    """Ask another member to take a shift of one's own, or to exchange it for one of theirs; they are told.

    Raises :class:`Refused` when it began, is asked about already, the other can't come, or the exchange wouldn't work.
    """
    at = at or timezone.now()
    member = member_of(actor)
    if member is None:
        raise NotAllowed
    hold_rosters()
    found = _shift(shift.pk)
    if found is None or found.member_id != member.pk:
        raise NotAllowed
    returned = _shift(in_return.pk) if in_return is not None else None
    if found.starts_at <= at or (returned is not None and returned.starts_at <= at):
        raise Refused(_("已经开始的班不能换。"))
    if asked_of.pk == member.pk or (in_return is not None and returned is None):
        raise Refused(_("请换一位委员或者换一个班。"))
    if returned is not None and returned.member_id != asked_of.pk:
        raise Refused(_("这个班不是对方的。"))
    if Swap.objects.filter(shift=found, state=Swap.State.ASKED).exists():
        raise Refused(_("这个班已经请人换了，等答复，或者先撤回。"))
    if not may_stand_in(asked_of, found.station) or (
        returned is not None and not may_stand_in(member, returned.station)
    ):
        raise Refused(_("只能请本街道各工作站的委员换班。"))
    _check_exchange(found, returned, member, asked_of)
    swap = Swap.objects.create(
        shift=found,
        in_return=returned,
        asked_by=member,
        asked_of=asked_of,
        words=words[:200],
        asked_at=at,
    )
    _record("swap.asked", swap, found, at)
    tell_members(
        telling(
            "swap.asked",
            [asked_of],
            cause=f"swap:{swap.pk}:asked",
            data=shift_facts(found.station, found.starts_at, found.ends_at),
            at=at,
            by=actor.user_id,
        )
    )
    return swap


def _shift(pk: int | None) -> DutyShift | None:
    if pk is None:
        return None
    return (
        DutyShift.objects.select_for_update(of=("self",))
        .select_related("station__area", "member")
        .filter(pk=pk)
        .first()
    )


def _check_exchange(shift: DutyShift, returned: DutyShift | None, giver: Member, taker: Member) -> None:
    """Both must be free for what they take, what they give apart."""
    both = [shift.pk, *([returned.pk] if returned is not None else [])]
    check_free(taker, shift.starts_at, shift.ends_at, besides_shifts=both)
    if returned is not None:
        check_free(giver, returned.starts_at, returned.ends_at, besides_shifts=both)


@transaction.atomic
def answer_swap(
    swap_id: int, *, actor: Actor, is_accepted: bool, answer: str = "", at: datetime | None = None
) -> Swap:
    """Whoever was asked accepts or declines; who asked is told. Accepted, the shifts change hands at once.

    Returns the swap: its state is void, and ``answer`` says why, when a shift began, was moved or removed, or somebody
    isn't free any more. Raises :class:`Refused` when it was answered or withdrawn before.
    """
    at = at or timezone.now()
    member = member_of(actor)
    hold_rosters()
    swap = _locked(swap_id)
    if member is None or swap.asked_of_id != member.pk:
        raise NotAllowed
    if swap.state != Swap.State.ASKED:
        raise Refused(_("这次换班已经是“%(state)s”了。") % {"state": swap.get_state_display()})
    shift, returned = _shift(swap.shift_id), _shift(swap.in_return_id)
    swap.answered_at, swap.answer = at, answer[:200]
    if not is_accepted:
        swap.state = Swap.State.DECLINED
    elif why := _hindrance(swap, shift, returned, at):
        swap.state, swap.answer = Swap.State.VOID, why[:200]
    else:
        assert shift is not None  # a swap without its shift is hindered
        swap.state = Swap.State.ACCEPTED
    swap.save()
    if swap.state == Swap.State.ACCEPTED:
        _change_hands(swap, shift, returned, at)
    if shift is not None:
        _record(f"swap.{swap.state}", swap, shift, at)
        tell_members(
            telling(
                f"swap.{swap.state}",
                [swap.asked_by],
                cause=f"swap:{swap.pk}:answered",
                data=shift_facts(shift.station, shift.starts_at, shift.ends_at),
                at=at,
                by=actor.user_id,
            )
        )
    return swap


def _hindrance(swap: Swap, shift: DutyShift | None, returned: DutyShift | None, at: datetime) -> str:
    """Why the shifts can't change hands now; "" when they can."""
    if shift is None or shift.member_id != swap.asked_by_id:
        return _("这个班已经变动了，不用再换。")
    if returned is not None and returned.member_id != swap.asked_of_id:
        return _("用来交换的班已经变动了。")
    if shift.starts_at <= at or (returned is not None and returned.starts_at <= at):
        return _("班已经开始，换不成了。")
    try:
        _check_exchange(shift, returned, swap.asked_by, swap.asked_of)
    except Refused as refused:
        return refused.reason
    return ""


def _change_hands(swap: Swap, shift: DutyShift | None, returned: DutyShift | None, at: datetime) -> None:
    moved = [(shift, swap.asked_of), (returned, swap.asked_by)]
    for one, member in moved:
        if one is None:
            continue
        one.member = member
        one.save(update_fields=["member"])
        slot = RosterSlot.objects.filter(shift=one).select_related("roster").first()
        if slot is not None:
            slot.member, slot.is_fixed = member, True
            slot.save(update_fields=["member", "is_fixed"])
            bump(slot.roster)
    void_swaps([one.pk for one, _member in moved if one is not None], at=at)


@transaction.atomic
def withdraw_swap(swap_id: int, *, actor: Actor, at: datetime | None = None) -> Swap:
    """Who asked takes it back before an answer. Twice changes nothing; raises :class:`Refused` after an answer."""
    at = at or timezone.now()
    member = member_of(actor)
    hold_rosters()
    swap = _locked(swap_id)
    if member is None or swap.asked_by_id != member.pk:
        raise NotAllowed
    if swap.state == Swap.State.WITHDRAWN:
        return swap
    if swap.state != Swap.State.ASKED:
        raise Refused(_("这次换班已经是“%(state)s”了。") % {"state": swap.get_state_display()})
    swap.state, swap.answered_at = Swap.State.WITHDRAWN, at
    swap.save()
    shift = _shift(swap.shift_id)
    if shift is not None:
        _record("swap.withdrawn", swap, shift, at)
        tell_members(
            telling(
                "swap.withdrawn",
                [swap.asked_of],
                cause=f"swap:{swap.pk}:withdrawn",
                data=shift_facts(shift.station, shift.starts_at, shift.ends_at),
                at=at,
                by=actor.user_id,
            )
        )
    return swap


def _locked(swap_id: int) -> Swap:
    swap = (
        Swap.objects.select_for_update(of=("self",))
        .select_related("asked_by", "asked_of")
        .filter(pk=swap_id)
        .first()
    )
    if swap is None:
        raise NotAllowed
    return swap


def _record(event: str, swap: Swap, shift: DutyShift, at: datetime) -> None:
    ledger.append(event, body={"swap": swap.pk, "station": shift.station.code}, at=at, is_public=False)
