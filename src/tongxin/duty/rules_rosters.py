"""Who may do what with rosters, leave, swaps and hand-over notes; who keeps a roster is the directory's rule."""

from datetime import timedelta

from django.utils import timezone

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.directory.models import DutyShift, Member, Posting, Workstation
from tongxin.directory.rules import may_keep_any_roster, may_keep_roster
from tongxin.duty.models import Leave


def is_office(actor: Actor) -> bool:
    """The conference office drafts and publishes for all stations."""
    return actor.has(Role.OFFICE, Scope.DISTRICT)


def member_of(actor: Actor) -> Member | None:
    """The member in office whom the actor is, if any. One query."""
    if actor.user_id is None or not actor.has(Role.MEMBER):
        return None
    return Member.objects.filter(user_id=actor.user_id, is_active=True).first()


def may_answer_leave(actor: Actor, leave: Leave) -> bool:
    """The liaison of a station the member is posted to, or the office; nobody answers their own. One query."""
    if leave.member.user_id is not None and leave.member.user_id == actor.user_id:
        return False
    if is_office(actor):
        return True
    stations = actor.scope_ids(Role.LIAISON, Scope.STATION)
    return bool(stations) and Posting.objects.filter(member=leave.member, station__in=stations).exists()


def may_hand_over(actor: Actor, station: Workstation) -> bool:
    """Whoever keeps the roster, whoever is posted there, and whoever has a shift there about now. Two queries."""
    if may_keep_roster(actor, station):
        return True
    member = member_of(actor)
    if member is None:
        return False
    now = timezone.now()
    near = DutyShift.objects.filter(
        station=station,
        member=member,
        ends_at__gt=now - timedelta(days=2),
        starts_at__lt=now + timedelta(days=14),
    )
    return Posting.objects.filter(member=member, station=station).exists() or near.exists()


__all__ = [
    "is_office",
    "may_answer_leave",
    "may_hand_over",
    "may_keep_any_roster",
    "may_keep_roster",
    "member_of",
]
