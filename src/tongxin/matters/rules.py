"""Who may do what to a matter: small predicates that read aloud as role, scope and step."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.core.models import Entry
from tongxin.core.process import Transition
from tongxin.deliberation.models import View
from tongxin.matters.models import HandlingRole, Matter, Result
from tongxin.matters.process import SIX_STEPS

CONFERENCE_ROLES = (Role.OFFICE, Role.MEMBER, Role.LIAISON)
"""The conference is the platform for consultation, not the one who decides (政协是协商平台，不是协商主体)."""


def is_conference_account(actor: Actor) -> bool:
    """Whether the actor belongs to the conference, whatever else they hold."""
    return any(actor.has(role) for role in CONFERENCE_ROLES)


def is_office(actor: Actor, matter: Matter) -> bool:
    """The conference office, for the whole district; a special committee's (专委会) office account for its own matters."""
    return actor.has(Role.OFFICE, Scope.DISTRICT) or committee_of(actor, matter) is not None


def committee_of(actor: Actor, matter: Matter) -> int | None:
    """The actor's special committee whose matter it is: its member convenes, or the category is routed to it.

    Any other matter such an account only reads, as far as it is public.
    """
    own = actor.scope_ids(Role.OFFICE, Scope.COMMITTEE)
    if not own:
        return None
    routes = (
        matter.convener.committee_id if matter.convener is not None else None,
        matter.category.committee_id if matter.category is not None else None,
    )
    return next((pk for pk in routes if pk in own), None)


def is_liaison(actor: Actor, matter: Matter) -> bool:
    """The liaison of the workstation the matter came to."""
    return matter.station_id is not None and actor.has(Role.LIAISON, Scope.STATION, matter.station_id)


def is_convener(actor: Actor, matter: Matter) -> bool:
    """The convener of the matter's station or street, of the district, or the member named as acting convener."""
    return (
        actor.has(Role.CONVENER, Scope.DISTRICT)
        or (matter.street_id is not None and actor.has(Role.CONVENER, Scope.STREET, matter.street_id))
        or (matter.station_id is not None and actor.has(Role.CONVENER, Scope.STATION, matter.station_id))
        or (
            matter.convener is not None
            and matter.convener.user_id is not None
            and actor.user_id == matter.convener.user_id
        )
    )


def is_decider(actor: Actor, matter: Matter) -> bool:
    """An account of the deciding body itself, never one of the conference."""
    return (
        matter.decider_id is not None
        and actor.has(Role.DECIDER, Scope.UNIT, matter.decider_id)
        and not is_conference_account(actor)
    )


def is_lead_unit(actor: Actor, matter: Matter) -> bool:
    """Staff of the lead unit."""
    return matter.lead_unit_id is not None and actor.has(Role.UNIT, Scope.UNIT, matter.lead_unit_id)


def is_joint_unit(actor: Actor, matter: Matter) -> bool:
    """Staff of a unit that handles it jointly (会办) or separately (分办) now: they add their part, never the lead's acts."""
    return joint_unit_of(actor, matter) is not None


def joint_unit_of(actor: Actor, matter: Matter) -> int | None:
    """The actor's unit with a joint part in the matter. At most one query; none where a list read ``joint_ids`` along."""
    own = actor.scope_ids(Role.UNIT, Scope.UNIT)
    if not own:
        return None
    joint = getattr(matter, "joint_ids", None)
    if joint is None:
        parts = matter.handlings.filter(ended_at=None).exclude(role=HandlingRole.LEAD)
        joint = list(parts.values_list("unit_id", flat=True))
    return next((pk for pk in joint if pk in own), None)


def is_principal(actor: Actor, matter: Matter) -> bool:
    """A leader of the Party committee, the government or the conference."""
    return actor.has(Role.PRINCIPAL)


def is_raiser(actor: Actor, matter: Matter) -> bool:
    """The holder of the matter's own tracking code."""
    return actor.receipt_id is not None and actor.receipt_id == matter.receipt_id


def is_system(actor: Actor, matter: Matter) -> bool:
    """A scheduled job of this system, under its own name."""
    return actor.role == Role.SYSTEM


HOLDS: Mapping[str, Callable[[Actor, Matter], bool]] = {
    Role.OFFICE: is_office,
    Role.LIAISON: is_liaison,
    Role.CONVENER: is_convener,
    Role.DECIDER: is_decider,
    Role.UNIT: is_lead_unit,
    Role.PRINCIPAL: is_principal,
    Role.RAISER: is_raiser,
    Role.SYSTEM: is_system,
}


HOLDS_FOR: Mapping[str, Mapping[str, Callable[[Actor, Matter], bool]]] = {
    "report_joint": {Role.UNIT: is_joint_unit},
}
"""Transitions that are not the lead unit's but another part's."""


def holds(actor: Actor, role: str, transition: Transition, matter: Matter) -> bool:
    """Whether the actor holds that role of the transition for this matter."""
    return HOLDS_FOR.get(transition.name, HOLDS).get(role, HOLDS[role])(actor, matter)


def may_take(actor: Actor, transition: Transition, matter: Matter) -> bool:
    """Whether the actor holds one of the transition's roles for this matter. Nobody urges themselves."""
    if transition.name == "urge" and has_the_turn(actor, matter):
        return False
    return any(holds(actor, role, transition, matter) for role in transition.roles)


def capacity(actor: Actor, transition: Transition, matter: Matter) -> str:
    """The role in which the actor takes the transition: the first of the table's roles that they hold."""
    return next(role for role in transition.roles if holds(actor, role, transition, matter))


def has_the_turn(actor: Actor, matter: Matter) -> bool:
    """Whether it is the actor who has to do something now, by the process table."""
    return HOLDS[SIX_STEPS.state(matter.state).owner](actor, matter)


def offered(actor: Actor, matter: Matter) -> list[Transition]:
    """What the actor can do with the matter now, in the table's order: the buttons of its page."""
    return [t for t in SIX_STEPS.available(matter) if may_take(actor, t, matter)]


def may_read_raiser(actor: Actor, matter: Matter) -> bool:
    """The raiser's own words and contact are for the office and the station's liaison only."""
    return is_office(actor, matter) or is_liaison(actor, matter)


def may_moderate(actor: Actor, matter: Matter) -> bool:
    """Comments are moderated by the office or the convener, visibly."""
    return is_office(actor, matter) or is_convener(actor, matter)


def may_discuss(matter: Matter) -> bool:
    """People may comment while the matter is deliberated, decided on, published or acted on."""
    return matter.publication == "public" and matter.state in {
        "deliberating",
        "deciding",
        "decided",
        "published",
        "assigned",
        "handed_over",
        "objected",
        "acting",
        "promised",
    }


def may_object(matter: Matter, today: date) -> bool:
    """Objections are taken while the decision is published and its period runs."""
    return (
        matter.state == "published"
        and matter.objections_until is not None
        and today <= matter.objections_until
    )


def may_offer_help(matter: Matter) -> bool:
    """Help is welcome while somebody acts or has promised to."""
    return matter.publication == "public" and matter.state in {"handed_over", "acting", "promised"}


def may_be_rated(matter: Matter) -> bool:
    """Ratings are taken in the rating step and at the follow-up."""
    return matter.state in {"rating", "following_up"}


# Guards: each returns None when it holds, else the reason for the reader.


def has_minutes(matter: Matter) -> str | None:
    """Step 2 must leave minutes: no decision without a record of what was said."""
    if matter.dossier.meetings.filter(minutes_at__isnull=False, cancelled_at=None).exists():
        return None
    return _("还没有会议纪要。协商这一步必须留下纪要，才能送责任单位研究。")


def views_answered(matter: Matter) -> str | None:
    """A decision must answer every consensus and every dissent that the deliberation left."""
    if matter.dossier.views.filter(kind__in=View.TO_ANSWER, answer="").exists():
        return _("还有共识或不同意见没有答复。请逐条答复后再作决定。")
    return None


def objection_period_over(matter: Matter) -> str | None:
    """At least the configured working days (default 5) must pass in public."""
    if matter.objections_until and timezone.localdate() <= matter.objections_until:
        return _("公示期到%(day)s止，还没有满。") % {"day": matter.objections_until.isoformat()}
    return None


def objections_answered(matter: Matter) -> str | None:
    """Every objection gets an answer."""
    left = matter.objections.filter(answered_at=None).count()
    if left:
        return _("还有%(count)s条公示意见没有答复。") % {"count": left}
    return None


def _result(matter: Matter) -> str:
    decision = matter.decisions.first()
    return decision.result if decision else ""


def is_to_be_done(matter: Matter) -> str | None:
    """The decision adopts the matter wholly or in part."""
    return None if _result(matter) in {Result.ADOPTED, Result.PARTLY} else _("决定不是“采纳”或“部分采纳”。")


def is_later(matter: Matter) -> str | None:
    """The decision promises to do it later."""
    return None if _result(matter) == Result.LATER else _("决定不是“以后办”。")


def is_not_to_be_done(matter: Matter) -> str | None:
    """The decision explains why it cannot be done here."""
    return (
        None
        if _result(matter) in {Result.NOT_POSSIBLE, Result.REFERRED}
        else _("决定不是“办不了”或“转有权机关”。")
    )


def no_open_extension(matter: Matter) -> str | None:
    """One extension at a time, answered before the end."""
    if matter.extensions.filter(is_granted=None).exists():
        return _("有一份延期申请还没有批复。")
    return None


def has_open_extension(matter: Matter) -> str | None:
    """There is an extension to answer."""
    return None if matter.extensions.filter(is_granted=None).exists() else _("没有等待批复的延期申请。")


def urged_today() -> Q:
    """Entries of today's urging by staff, of the matter outside."""
    begun = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return Q(event="matter.urged", at__gte=begun) & ~Q(actor_role=Role.RAISER)


def not_urged_today(matter: Matter) -> str | None:
    """Staff urge once a day at most, whoever they are: pressing twice tells nobody anything new.

    Asks nothing where a list read ``was_urged_today`` along.
    """
    urged = getattr(matter, "was_urged_today", None)
    if urged is None:
        urged = Entry.objects.filter(urged_today(), dossier_id=matter.pk).exists()
    return _("今天已经催过了，明天可以再催。") if urged else None


def may_reopen_by_right(matter: Matter) -> str | None:
    """Not solved, or a low score, reopens the matter once by right."""
    if matter.reopen_count < settings.TONGXIN["reopens_by_right"]:
        return None
    return _("这件事已经重新办理过一次，再没解决就提级督办。")


def right_used_up(matter: Matter) -> str | None:
    """After the right to reopen is used, it escalates."""
    if matter.reopen_count >= settings.TONGXIN["reopens_by_right"]:
        return None
    return _("还可以依规重新办理一次，先重新办理。")


def rating_period_over(matter: Matter) -> str | None:
    """Ratings stay open for their whole clock (default 15 working days)."""
    if matter.due_on is not None and timezone.localdate() <= matter.due_on:
        return _("评价到%(day)s截止，还没有到期。") % {"day": matter.due_on.isoformat()}
    return None


def follow_up_due(matter: Matter) -> str | None:
    """The follow-up begins when its clock (default 30 days) has run."""
    if matter.due_on is not None and timezone.localdate() < matter.due_on:
        return _("%(day)s起回访，还没有到。") % {"day": matter.due_on.isoformat()}
    return None


GUARDS: Mapping[str, Callable[[Any], str | None]] = {
    guard.__name__: guard
    for guard in (
        has_minutes,
        views_answered,
        objection_period_over,
        objections_answered,
        is_to_be_done,
        is_later,
        is_not_to_be_done,
        no_open_extension,
        has_open_extension,
        not_urged_today,
        may_reopen_by_right,
        right_used_up,
        rating_period_over,
        follow_up_due,
    )
}


def why_not(transition: Transition, matter: Matter) -> str | None:
    """The first reason why an offered transition can't be taken yet, or None."""
    for guard in transition.guards:
        reason = GUARDS[guard](matter)
        if reason is not None:
            return reason
    return None
