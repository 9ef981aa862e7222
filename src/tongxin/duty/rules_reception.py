"""Who may do what about receptions and visits. Each reads aloud as role & scope."""

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.directory.models import Member, Posting, Workstation
from tongxin.duty.models import Reception, Visit


class NotYours(Exception):
    """The actor may not do this; the page doesn't exist for them."""


def is_office(actor: Actor) -> bool:
    """The conference office of the district."""
    return actor.has(Role.OFFICE, Scope.DISTRICT)


def own_stations(actor: Actor) -> set[int]:
    """The stations the actor is liaison of."""
    return actor.scope_ids(Role.LIAISON, Scope.STATION)


# Visits


def is_own_record(actor: Actor, member: Member) -> bool:
    """The actor is that member."""
    return actor.has(Role.MEMBER) and actor.user_id is not None and member.user_id == actor.user_id


def may_record_visits(actor: Actor) -> bool:
    """Members for themselves, liaisons and the office for members."""
    return actor.has(Role.MEMBER) or bool(own_stations(actor)) or is_office(actor)


def may_record_visit_of(actor: Actor, member: Member) -> bool:
    """Oneself, a member posted to one's station, or anybody for the office."""
    if is_office(actor) or is_own_record(actor, member):
        return True
    stations = own_stations(actor)
    return bool(stations) and Posting.objects.filter(member=member, station_id__in=stations).exists()


def may_see_visit(actor: Actor, visit: Visit) -> bool:
    """Who went, the liaison of a station in whose area it was or to which the member is posted, the office."""
    if is_office(actor) or is_own_record(actor, visit.member):
        return True
    if actor.has(Role.MEMBER) and visit.companions.filter(user_id=actor.user_id).exists():
        return True
    stations = own_stations(actor)
    if not stations:
        return False
    if Workstation.objects.filter(pk__in=stations, area_id=visit.area_id).exists():
        return True
    return Posting.objects.filter(member_id=visit.member_id, station_id__in=stations).exists()


# Receptions


def is_desk_of(actor: Actor, reception: Reception) -> bool:
    """The liaison of the reception's station."""
    return reception.station_id in own_stations(actor)


def is_host(actor: Actor, reception: Reception) -> bool:
    """A member who receives people there."""
    return (
        actor.has(Role.MEMBER)
        and actor.user_id is not None
        and reception.hosts.filter(user_id=actor.user_id).exists()
    )


def may_plan(actor: Actor) -> bool:
    """Liaisons for their station, the office for any."""
    return bool(own_stations(actor)) or is_office(actor)


def may_list(actor: Actor) -> bool:
    """The staff's list of receptions: liaisons, the office, and members, who may be hosts."""
    return may_plan(actor) or actor.has(Role.MEMBER)


def may_plan_at(actor: Actor, station: Workstation, kind: str) -> bool:
    """Chairpersons' reception days (主席接待日) are the office's alone."""
    if is_office(actor):
        return True
    return kind == Reception.Kind.STATION and station.pk in own_stations(actor)


def may_manage(actor: Actor, reception: Reception) -> bool:
    """Change, cancel: as for planning it."""
    return may_plan_at(actor, reception.station, reception.kind)


def may_work_at(actor: Actor, reception: Reception) -> bool:
    """The desk on the day: the station's liaison, whoever receives, the office. Also on chairpersons' days."""
    return is_office(actor) or is_desk_of(actor, reception) or is_host(actor, reception)
