"""Reads of visits. Each says how many queries it takes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Q, QuerySet

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.directory.models import Area, Member, Posting
from tongxin.duty.actions.reception.visits import token_digest
from tongxin.duty.models import Visit
from tongxin.duty.rules_reception import is_office, may_see_visit, own_stations
from tongxin.matters.models import Matter

PAGE = 30
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def cursor_of(at: datetime, pk: int) -> str:
    """The cursor of the last row seen in a list by time."""
    return f"{(at - EPOCH) // timedelta(microseconds=1)}-{pk}"


def read_cursor(cursor: str) -> tuple[datetime, int] | None:
    """The moment and key of a cursor; None for one that is none of ours."""
    stamp, _dash, last = cursor.partition("-")
    if not (stamp.isdecimal() and last.isdecimal() and len(stamp) < 19 and len(last) < 18):
        return None
    try:
        return EPOCH + timedelta(microseconds=int(stamp)), int(last)
    except OverflowError:
        return None


@dataclass(frozen=True, slots=True)
class VisitPage:
    """A page of visits, newest first; ``after`` opens the next one, empty at the end."""

    visits: list[Visit]
    after: str


def own_member(actor: Actor) -> Member | None:
    """The member in office that the actor is. One query."""
    if not actor.has(Role.MEMBER) or actor.user_id is None:
        return None
    return Member.objects.filter(user_id=actor.user_id, is_active=True).first()


def members_to_record_for(actor: Actor) -> QuerySet[Member]:
    """Members in office whose visits the actor may write down."""
    members = Member.objects.filter(is_active=True).order_by("code")
    if is_office(actor):
        return members
    scope = Q(postings__station_id__in=own_stations(actor))
    if actor.has(Role.MEMBER):
        scope |= Q(user_id=actor.user_id)
    return members.filter(scope).distinct()


def home_area(actor: Actor, member: Member | None) -> Area | None:
    """Where a visit most likely was: the area of the liaison's station, or of the member's. One query."""
    scope = Q(pk__in=[])
    if own_stations(actor):
        scope = Q(workstation__pk__in=own_stations(actor))
    elif member is not None:
        scope = Q(workstation__postings__member=member)
    return Area.objects.filter(scope).first()


def members_by_names(names: list[str]) -> tuple[list[Member], list[str], list[str]]:
    """Members in office by name or number (证号): found, unknown, and names that several have. One query."""
    wanted = list(dict.fromkeys(names))
    rows = Member.objects.filter(Q(name__in=wanted) | Q(code__in=wanted), is_active=True)
    by_name: dict[str, list[Member]] = {}
    for member in rows:
        by_name.setdefault(member.name, []).append(member)
        by_name.setdefault(member.code, []).append(member)
    found = [by_name[name][0] for name in wanted if len(by_name.get(name, [])) == 1]
    unknown = [name for name in wanted if not by_name.get(name)]
    shared = [name for name in wanted if len(by_name.get(name, [])) > 1]
    return found, unknown, shared


def visible_visits(actor: Actor) -> QuerySet[Visit]:
    """Visits as :func:`may_see_visit` has it."""
    visits = Visit.objects.all()
    if is_office(actor):
        return visits
    scope = Q(pk__in=[])
    stations = own_stations(actor)
    if stations:
        posted = Posting.objects.filter(station_id__in=stations).values("member_id")
        scope |= Q(area__workstation__pk__in=stations) | Q(member_id__in=posted)
    if actor.has(Role.MEMBER) and actor.user_id is not None:
        joined = Visit.companions.through.objects.filter(member__user_id=actor.user_id).values("visit_id")
        scope |= Q(member__user_id=actor.user_id) | Q(pk__in=joined)
    return visits.filter(scope)


def visits_page(actor: Actor, *, after: str = "", size: int = PAGE) -> VisitPage:
    """Visits the actor may see, newest first, with how many concerns each gave. One query."""
    visits = visible_visits(actor)
    seen = read_cursor(after)
    if seen:
        visits = visits.filter(Q(visited_at__lt=seen[0]) | Q(visited_at=seen[0], pk__lt=seen[1]))
    rows = list(
        visits.select_related("member", "area__parent")
        .annotate(concern_count=Count("concerns"))
        .order_by("-visited_at", "-pk")[: size + 1]
    )
    more = len(rows) > size
    rows = rows[:size]
    return VisitPage(rows, cursor_of(rows[-1].visited_at, rows[-1].pk) if more else "")


def visit_for(actor: Actor, pk: int) -> Visit | None:
    """One visit as far as the actor may see it. At most five queries."""
    visit = (
        Visit.objects.filter(pk=pk)
        .select_related("member", "area__parent", "entered_by")
        .prefetch_related("companions")
        .first()
    )
    return visit if visit is not None and may_see_visit(actor, visit) else None


def visit_by_token(token: str) -> Visit | None:
    """The visit that a form made. One query."""
    return Visit.objects.filter(token_digest=token_digest(token)).select_related("member", "area").first()


def matters_of_visit(visit: Visit) -> list[Matter]:
    """The matters that came of a visit, in the order they were written. One query."""
    return list(
        Matter.objects.filter(dossier__visit_concern__visit=visit)
        .select_related("area", "category", "lead_unit", "decider", "convener")
        .order_by("dossier__visit_concern__position")
    )
