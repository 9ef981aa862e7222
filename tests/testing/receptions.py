"""A reception that is open, with somebody called and somebody who booked, and a visit: for tables of addresses and pages."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.testing.district import District
from tongxin.core.receipts import new_token
from tongxin.duty.actions.reception import desk
from tongxin.duty.actions.reception.booking import book
from tongxin.duty.actions.reception.planning import Plan, open_reception, plan_receptions
from tongxin.duty.actions.reception.visits import ConcernGiven, VisitGiven, record_visit
from tongxin.duty.models import Reception, Ticket, Visit
from tongxin.matters.actions.raising import passer_by


def receiving(district: District) -> tuple[Reception, Ticket]:
    """A reception of the station by its member, open; the ticket is at a desk."""
    office = district.actor("office")
    start = timezone.localtime().replace(second=0, microsecond=0) + timedelta(minutes=20)
    plan = Plan(
        district.station,
        "station",
        "委员接待日",
        start,
        start + timedelta(hours=3),
        "加装电梯",
        hosts=[district.member],
    )
    reception = open_reception(plan_receptions(plan, actor=office)[0], actor=office)
    book(reception, actor=passer_by(), token=new_token("book"), slot_at=start, topic="路灯", needs_help=True)
    for _n in range(3):
        desk.take_walk_in(reception, actor=office, topic="物业")
    desk.start_serving(desk.call_next(reception, actor=office, desk="1号窗口"), actor=office)
    desk.call_next(reception, actor=office, desk="2号窗口")
    return reception, Ticket.objects.get(reception=reception, state="serving")


def visited(district: District) -> tuple[Visit, str]:
    """A visit of the member with one concern, and the token of its form."""
    token = new_token("visit")
    given = VisitGiven(
        district.member, "household", district.community, timezone.now(), 2, words="老人独居。"
    )
    made = record_visit(
        actor=district.actor("member"), token=token, given=given, concerns=[ConcernGiven("楼道灯坏了。")]
    )
    return made.visit, token


def reception_arguments(district: District) -> dict[str, list[Any]]:
    """What the addresses of receptions and visits speak of."""
    reception, ticket = receiving(district)
    return {
        "reception": [reception.number],
        "reception_ticket": [reception.number, ticket.pk],
        "visit": [visited(district)[0].pk],
    }
