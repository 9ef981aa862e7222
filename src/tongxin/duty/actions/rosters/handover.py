"""Hand-over notes: what whoever was on duty leaves for whoever comes next."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.directory.models import DutyShift, Workstation
from tongxin.duty.actions.rosters.common import NotAllowed
from tongxin.duty.models import HandOver
from tongxin.duty.rules_rosters import may_hand_over

MOST_CHARACTERS = 1000
TWICE_WITHIN = timedelta(minutes=10)


@transaction.atomic
def write_hand_over(station: Workstation, text: str, *, actor: Actor, at: datetime | None = None) -> HandOver:
    """Leave a note at a station: its liaison, who is posted there or has a shift there about now, or the office.

    The same words by the same person within ten minutes are one note.
    """
    at = at or timezone.now()
    if actor.user_id is None or not may_hand_over(actor, station):
        raise NotAllowed
    Workstation.objects.select_for_update().get(pk=station.pk)
    text = text[:MOST_CHARACTERS]
    before = HandOver.objects.filter(
        station=station, user_id=actor.user_id, text=text, at__gt=at - TWICE_WITHIN
    ).first()
    if before is not None:
        return before
    shift = (
        DutyShift.objects.filter(
            station=station,
            member__user_id=actor.user_id,
            starts_at__lte=at,
            ends_at__gt=at - timedelta(days=2),
        )
        .order_by("-starts_at")
        .first()
    )
    note = HandOver.objects.create(
        station=station, shift=shift, user_id=actor.user_id, by_label=actor.label[:80], text=text, at=at
    )
    ledger.append("duty.handed_over", body={"station": station.code, "note": note.pk}, at=at, is_public=False)
    return note


@transaction.atomic
def tick_hand_over(
    note_id: int, *, actor: Actor, is_done: bool = True, at: datetime | None = None
) -> HandOver:
    """Mark a note as done, or as open again. Who may leave one there may."""
    note = (
        HandOver.objects.select_for_update(of=("self",)).select_related("station").filter(pk=note_id).first()
    )
    if note is None or not may_hand_over(actor, note.station):
        raise NotAllowed
    if (note.done_at is not None) != is_done:
        at = at or timezone.now()
        note.done_at = at if is_done else None
        note.done_by_label = actor.label[:80] if is_done else ""
        note.save(update_fields=["done_at", "done_by_label"])
        ledger.append(
            "duty.hand_over_done" if is_done else "duty.hand_over_reopened",
            body={"station": note.station.code, "note": note.pk},
            at=at,
            is_public=False,
        )
    return note
