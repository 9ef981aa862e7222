"""Leave: asked for by the member, answered by the liaison of a station of theirs or the office."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.accounts.roles import Role, Scope
from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.directory.models import Member, Posting
from tongxin.duty.actions.rosters.common import NotAllowed, Refused, hold_rosters, tell_members, telling
from tongxin.duty.models import Leave
from tongxin.duty.rules_rosters import may_answer_leave, member_of
from tongxin.notices.actions.outbox import tell, to_role
from tongxin.notices.models import Concern

LONGEST = timedelta(days=366)


@transaction.atomic
def ask_leave(
    *, actor: Actor, starts_on: date, ends_on: date, reason: str = "", at: datetime | None = None
) -> Leave:
    """Ask for leave from one day to another. The member may, for themselves; their stations' liaisons are told.

    Raises :class:`Refused` when the days are over, too many, or asked for already.
    """
    at = at or timezone.now()
    member = member_of(actor)
    if member is None:
        raise NotAllowed
    Member.objects.select_for_update().get(pk=member.pk)
    if ends_on < starts_on:
        raise Refused(_("最后一天不能早于第一天。"))
    if ends_on < timezone.localdate(at):
        raise Refused(_("这些天已经过去了。"))
    if ends_on - starts_on > LONGEST or starts_on > timezone.localdate(at) + LONGEST:
        raise Refused(_("请假最长一年，也只能请一年以内的。"))
    held = Leave.objects.filter(
        member=member,
        state__in=[Leave.State.ASKED, Leave.State.GRANTED],
        starts_on__lte=ends_on,
        ends_on__gte=starts_on,
    ).first()
    if held is not None:
        raise Refused(_("这些天里已经请过假了；要改，请先撤回原来的。"))
    leave = Leave.objects.create(
        member=member, starts_on=starts_on, ends_on=ends_on, reason=reason[:200], asked_at=at
    )
    _record("leave.asked", leave, at)
    stations = Posting.objects.filter(member=member).values_list("station_id", flat=True)
    tell(
        cause=f"leave:{leave.pk}:asked",
        template="leave.asked",
        to=[to_role(Role.LIAISON, Scope.STATION, pk) for pk in stations] or [to_role(Role.OFFICE)],
        concern=Concern.DUTY,
        data={"from_on": starts_on.isoformat(), "to_on": ends_on.isoformat(), "code": member.code},
        dossier_id=None,
        at=at,
        by=actor.user_id,
    )
    return leave


@transaction.atomic
def answer_leave(
    leave_id: int, *, actor: Actor, is_granted: bool, answer: str = "", at: datetime | None = None
) -> Leave:
    """Grant leave or not; the member is told. Shifts published in those days stay until somebody is put in place.

    Raises :class:`NotAllowed` (a station of others, one's own leave), :class:`Refused` when it was answered or
    withdrawn meanwhile, or is declined without a word why.
    """
    at = at or timezone.now()
    hold_rosters()
    leave = _locked(leave_id)
    if not may_answer_leave(actor, leave):
        raise NotAllowed
    if leave.state != Leave.State.ASKED:
        raise Refused(_("这次请假已经是“%(state)s”了。") % {"state": leave.get_state_display()})
    if not is_granted and not answer.strip():
        raise Refused(_("不同意请写明理由。"))
    leave.state = Leave.State.GRANTED if is_granted else Leave.State.DECLINED
    leave.answer, leave.answered_at, leave.answered_by_label = answer[:200], at, actor.label
    leave.save()
    _record("leave.granted" if is_granted else "leave.declined", leave, at)
    tell_members(
        telling(
            "leave.granted" if is_granted else "leave.declined",
            [leave.member],
            cause=f"leave:{leave.pk}:answered",
            data={"from_on": leave.starts_on.isoformat(), "to_on": leave.ends_on.isoformat()},
            at=at,
            by=actor.user_id,
        )
    )
    return leave


@transaction.atomic
def withdraw_leave(leave_id: int, *, actor: Actor, at: datetime | None = None) -> Leave:
    """Take one's own leave back, before its last day is over. Twice changes nothing."""
    at = at or timezone.now()
    hold_rosters()
    leave = _locked(leave_id)
    if leave.member.user_id is None or leave.member.user_id != actor.user_id:
        raise NotAllowed
    if leave.state == Leave.State.WITHDRAWN:
        return leave
    if leave.state == Leave.State.DECLINED or leave.ends_on < timezone.localdate(at):
        raise Refused(_("这次请假已经了结，不用撤回。"))
    leave.state, leave.answered_at = Leave.State.WITHDRAWN, at
    leave.save()
    _record("leave.withdrawn", leave, at)
    return leave


def _locked(leave_id: int) -> Leave:
    leave = Leave.objects.select_for_update(of=("self",)).select_related("member").filter(pk=leave_id).first()
    if leave is None:
        raise NotAllowed
    return leave


def _record(event: str, leave: Leave, at: datetime) -> None:
    """The leave's own number and nothing of who or why: being away is the member's own affair."""
    ledger.append(event, body={"leave": leave.pk}, at=at, is_public=False)
