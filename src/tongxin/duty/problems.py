"""What is wrong with slots: somebody on leave, in two places, not posted there, no longer in office. Derived, never stored."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.directory.models import DutyShift, Posting
from tongxin.duty.models import Leave, Roster, RosterSlot

ON_LEAVE, TWICE, NOT_POSTED, NOT_IN_OFFICE, TAKEN_OFF = (
    "leave",
    "twice",
    "not_posted",
    "not_in_office",
    "taken_off",
)
WORDS = {
    ON_LEAVE: _("请了假，要换人"),
    TWICE: _("同一时间还有别的班"),
    NOT_POSTED: _("没有进这个工作站"),
    NOT_IN_OFFICE: _("已经不在任"),
    TAKEN_OFF: _("导入的表里去掉了，大家看不到；保存一次就放回去"),
}


def problems_of(slots: Sequence[RosterSlot]) -> dict[int, str]:
    """The first problem of each slot that has one, by its key. Five queries at most, however many slots.

    Takes slots with a member, fetched. A published slot may be served by somebody not posted there: they swapped.
    """
    slots = [slot for slot in slots if slot.member_id is not None]
    if not slots:
        return {}
    people = {slot.member_id for slot in slots}
    first, last = min(s.starts_at for s in slots), max(s.ends_at for s in slots)
    rosters = Roster.objects.in_bulk({slot.roster_id for slot in slots})
    posted = set(Posting.objects.filter(member__in=people).values_list("member_id", "station_id"))
    leaves: dict[int, list[tuple[object, object]]] = defaultdict(list)
    for member_id, starts_on, ends_on in Leave.objects.filter(
        member__in=people,
        state=Leave.State.GRANTED,
        ends_on__gte=timezone.localtime(first).date(),
        starts_on__lte=timezone.localtime(last).date(),
    ).values_list("member_id", "starts_on", "ends_on"):
        leaves[member_id].append((starts_on, ends_on))
    taken: dict[int, list[tuple[object, ...]]] = defaultdict(list)
    within = {"member__in": people, "starts_at__lt": last, "ends_at__gt": first - timedelta(hours=1)}
    for pk, member_id, starts_at, ends_at in DutyShift.objects.filter(**within).values_list(
        "pk", "member_id", "starts_at", "ends_at"
    ):
        taken[member_id].append(("shift", pk, starts_at, ends_at))
    for pk, member_id, starts_at, ends_at in RosterSlot.objects.filter(shift=None, **within).values_list(
        "pk", "member_id", "starts_at", "ends_at"
    ):
        taken[member_id].append(("slot", pk, starts_at, ends_at))
    return {
        slot.pk: found
        for slot in slots
        if (found := _problem(slot, rosters[slot.roster_id], posted, leaves, taken))
    }


def _problem(slot, roster, posted, leaves, taken) -> str:  # type: ignore[no-untyped-def]
    day, till = timezone.localtime(slot.starts_at).date(), timezone.localtime(slot.ends_at).date()
    own = ("shift", slot.shift_id) if slot.shift_id else ("slot", slot.pk)
    if not slot.member.is_active:
        return NOT_IN_OFFICE
    if any(starts_on <= till and ends_on >= day for starts_on, ends_on in leaves[slot.member_id]):
        return ON_LEAVE
    if any(
        starts_at < slot.ends_at and ends_at > slot.starts_at and (kind, pk) != own
        for kind, pk, starts_at, ends_at in taken[slot.member_id]
    ):
        return TWICE
    if slot.shift_id is None and roster.state == Roster.State.PUBLISHED:
        return TAKEN_OFF
    if slot.shift_id is None and (slot.member_id, roster.station_id) not in posted:
        return NOT_POSTED
    return ""
