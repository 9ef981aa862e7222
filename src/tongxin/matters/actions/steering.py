"""Beside the steps: urge whoever is late (催办), take back an assignment not accepted yet, name another convener."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.core.clocks import local_calendar
from tongxin.core.models import Entry
from tongxin.core.process import GuardFailed
from tongxin.directory.models import Member
from tongxin.matters.actions.step import lock_matter, take
from tongxin.matters.models import Handling, Matter
from tongxin.matters.selectors import is_overdue


@transaction.atomic
def urge_matter(
    matter: Matter, *, actor: Actor, words: str = "", seen_version: int | None, at: datetime | None = None
) -> Entry:
    """Urge whoever has to do something now: the office and the principals with a word, once a day at most.

    The raiser may, without words, once it is overdue and then once in ``urge_days``. Raises ``GuardFailed`` before.
    """
    matter = lock_matter(matter, seen_version=seen_version)
    at = at or timezone.now()
    today = timezone.localtime(at).date()
    if actor.role == Role.RAISER:
        reason = why_raiser_waits(matter, at)
        if reason is not None:
            raise GuardFailed("raiser_waits", reason)
        words = ""
    late = 0
    if is_overdue(matter, today) and matter.due_on is not None:
        late = max(1, local_calendar().workdays_between(matter.due_on, today))
    said = words or (True if actor.role == Role.RAISER else None)
    return take(matter, "urge", actor=actor, at=at, artefact=said, text=words, data={"workdays_late": late})


def why_raiser_waits(matter: Matter, at: datetime) -> str | None:
    """Why the raiser can't urge now, or None: it isn't overdue, or they did within ``urge_days``. At most one query."""
    if not is_overdue(matter, timezone.localtime(at).date()):
        return _("还没有超期，不用催。")
    days = int(settings.TONGXIN["urge_days"])
    urged = Entry.objects.filter(
        dossier_id=matter.pk, event="matter.urged", actor_role=Role.RAISER, at__gt=at - timedelta(days=days)
    )
    if urged.exists():
        return _("您已经催过了，%(days)s天内只能催一次。") % {"days": days}
    return None


@transaction.atomic
def take_back_assignment(
    matter: Matter, *, actor: Actor, reason: str, seen_version: int | None, at: datetime | None = None
) -> Matter:
    """Take a micro-suggestion back from a unit that hasn't answered yet, to be triaged anew.

    What was public stays public; the units' parts end with the day they were taken back.
    """
    matter = lock_matter(matter, seen_version=seen_version)
    at = at or timezone.now()
    unit = matter.lead_unit
    entry_data = {"lead_unit": unit.name if unit else None}
    Handling.objects.filter(matter=matter, ended_at=None).update(ended_at=at)
    matter.lead_unit = matter.decider = None
    take(matter, "take_back", actor=actor, at=at, artefact=reason or None, text=reason, data=entry_data)
    return matter


@transaction.atomic
def appoint_convener(
    matter: Matter, *, actor: Actor, convener: Member, seen_version: int | None, at: datetime | None = None
) -> Matter:
    """Name the member who convenes; whoever convened before no longer does."""
    matter = lock_matter(matter, seen_version=seen_version)
    before, matter.convener = matter.convener_id, convener
    data = {"member": convener.pk, "before": before}
    take(matter, "appoint", actor=actor, at=at, artefact=convener, data=data)
    return matter
