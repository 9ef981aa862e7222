"""What all writes of the rosters share: one writer at a time, who is free when, and who is told."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.core.jobs import wake
from tongxin.directory.models import DutyShift, Member, Workstation
from tongxin.duty.models import Leave, Roster, RosterSlot, Swap
from tongxin.notices.actions.outbox import Telling, tell_many, to_user
from tongxin.notices.models import Concern


class NotAllowed(Exception):
    """The actor may not do this; for them it doesn't exist."""


class Refused(Exception):
    """The act breaks a rule; ``reason`` is text for the reader."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class RosterChanged(Exception):
    """Somebody else changed the roster since the page was opened; ``roster`` is it as it stands."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        super().__init__(f"roster {roster.pk} is at version {roster.version}")


def hold_rosters() -> None:
    """Let one writer of any roster in at a time until the transaction ends: nobody is put in two places at once.

    The lock is the directory's, because an imported table writes shifts as well. Once it is committed, the answer
    clocks of the online desk are worked out by the new roster.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('tongxin.directory', 0))")
    transaction.on_commit(_tend_the_desk, robust=True)


def _tend_the_desk() -> None:
    wake(
        "tongxin.duty.tasks.tend_desk", queue="clock", lock="desk", timestamp=int(timezone.now().timestamp())
    )


def locked_roster(pk: int, *, seen_version: int | None) -> Roster:
    """The roster, locked. Raises :class:`RosterChanged` when it moved on since ``seen_version``, ``DoesNotExist``."""
    roster = Roster.objects.select_for_update(of=("self",)).select_related("station__area").get(pk=pk)
    if seen_version is not None and roster.version != seen_version:
        raise RosterChanged(roster)
    return roster


def bump(roster: Roster) -> None:
    """The roster has changed: forms made before are told so."""
    roster.version += 1
    roster.save(update_fields=["version"])


def day_of(moment: datetime) -> date:
    """The local day of a moment."""
    return timezone.localtime(moment).date()


def span_words(starts_at: datetime, ends_at: datetime) -> str:
    """From when to when on a day, the same in every language: ``09:00–11:30``."""
    return f"{timezone.localtime(starts_at):%H:%M}–{timezone.localtime(ends_at):%H:%M}"


def leave_on(member_id: int, starts_at: datetime, ends_at: datetime) -> Leave | None:
    """Granted leave of the member on a day of this time. One query."""
    return Leave.objects.filter(
        member_id=member_id,
        state=Leave.State.GRANTED,
        starts_on__lte=day_of(ends_at),
        ends_on__gte=day_of(starts_at),
    ).first()


def check_free(
    member: Member,
    starts_at: datetime,
    ends_at: datetime,
    *,
    besides_slots: Iterable[int] = (),
    besides_shifts: Iterable[int] = (),
) -> None:
    """Raises :class:`Refused` when the member is away, on duty anywhere, or drafted anywhere at this time.

    ``besides`` are slots and shifts that don't count: those being changed. The caller holds the rosters.
    """
    if not member.is_active:
        raise Refused(_("这位委员已经不在任了。"))
    if leave_on(member.pk, starts_at, ends_at) is not None:
        raise Refused(_("%(member)s 这一天请了假。") % {"member": member.name})
    at_once = Q(starts_at__lt=ends_at, ends_at__gt=starts_at, member=member)
    shift = DutyShift.objects.filter(at_once).exclude(pk__in=besides_shifts).select_related("station").first()
    slot = None
    if shift is None:
        slot = (
            RosterSlot.objects.filter(at_once, shift=None)
            .exclude(pk__in=besides_slots)
            .select_related("roster__station")
            .first()
        )
    other: Any = shift or slot
    if other is not None:
        station = shift.station if shift is not None else other.roster.station
        raise Refused(
            _("%(member)s 在 %(date)s %(hours)s 已经在%(station)s值班，不能重排。")
            % {
                "member": member.name,
                "date": f"{day_of(other.starts_at):%Y-%m-%d}",
                "hours": span_words(other.starts_at, other.ends_at),
                "station": station.name,
            }
        )


def shift_facts(station: Workstation, starts_at: datetime, ends_at: datetime) -> dict[str, Any]:
    """What a notice says of a shift."""
    return {
        "station": station.name,
        "day_on": day_of(starts_at).isoformat(),
        "hours": span_words(starts_at, ends_at),
    }


def telling(
    template: str,
    members: Iterable[Member | None],
    *,
    cause: str,
    data: Mapping[str, Any],
    at: datetime,
    by: int | None,
) -> list[Telling]:
    """One event for the members among these who have an account."""
    users = sorted({m.user_id for m in members if m is not None and m.user_id is not None})
    if not users:
        return []
    return [
        Telling(
            cause=cause,
            template=template,
            to=[to_user(user) for user in users],
            concern=Concern.DUTY,
            data=dict(data),
            dossier_id=None,
            at=at,
            by=by,
        )
    ]


def tell_members(tellings: list[Telling]) -> None:
    """Tell all of it."""
    if tellings:
        tell_many(tellings)


def void_swaps(shift_ids: Iterable[int], *, at: datetime) -> None:
    """Swaps that wait for an answer about these shifts can't be answered any more."""
    ids = list(shift_ids)
    Swap.objects.filter(Q(shift__in=ids) | Q(in_return__in=ids), state=Swap.State.ASKED).update(
        state=Swap.State.VOID, answered_at=at
    )
