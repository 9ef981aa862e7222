"""What tests of receptions begin with."""

import re
from datetime import datetime, timedelta

from django.utils import timezone

from tests.testing.district import District
from tongxin.core.actor import Actor
from tongxin.core.contacts import ContactGiven
from tongxin.core.receipts import new_token
from tongxin.directory.models import Workstation
from tongxin.duty.actions.reception.booking import Booked, book
from tongxin.duty.actions.reception.planning import Plan, plan_receptions
from tongxin.duty.models import Reception
from tongxin.matters.actions.raising import passer_by

CONTACT = ContactGiven("示例居民", "13800000000", "同意")


def tomorrow(hour: int = 9, days: int = 1) -> datetime:
    """A moment of a day to come, in local time."""
    at = timezone.localtime() + timedelta(days=days)
    return at.replace(hour=hour, minute=0, second=0, microsecond=0)


def plan(district: District, *, starts_at: datetime | None = None, hours: float = 2, **more: object) -> Plan:
    """A plan for the station, by the member."""
    at = starts_at or tomorrow()
    given = {
        "station": district.station,
        "kind": "station",
        "title": "委员接待日",
        "starts_at": at,
        "ends_at": at + timedelta(hours=hours),
        "hosts": [district.member],
        **more,
    }
    return Plan(**given)


def planned(district: District, *, by: str = "office", **more: object) -> Reception:
    """A reception."""
    return plan_receptions(plan(district, **more), actor=district.actor(by))[0]


def opened(district: District, **more: object) -> Reception:
    """One that receives people now: it began an hour ago."""
    from tongxin.duty.actions.reception.planning import open_reception

    start = timezone.localtime().replace(second=0, microsecond=0) + timedelta(minutes=10)
    reception = planned(district, starts_at=start, hours=1, **more)
    return open_reception(reception, actor=district.actor("office"))


def booked(
    reception: Reception, slot: int = 0, *, contact: ContactGiven | None = CONTACT, **more: object
) -> Booked:
    """A booking of the slot with this index."""
    at = reception.starts_at + slot * timedelta(minutes=reception.slot_minutes)
    return book(reception, actor=passer_by(), token=new_token("book"), slot_at=at, contact=contact, **more)


def other_liaison(district: District) -> Actor:
    """The liaison of another station, with a user of their own as ``district.users["other_liaison"]``."""
    from tests.testing.district import _user
    from tongxin.accounts.roles import Role, Scope

    station, _made = Workstation.objects.get_or_create(
        code="TW2", defaults={"name": "示例乙社区工作室", "area": district.other_community}
    )
    if "other_liaison" not in district.users:
        district.users["other_liaison"] = _user("other_liaison", Role.LIAISON, Scope.STATION, station.pk)
    return district.actor("other_liaison")


def codes_on(html: str) -> list[str]:
    """Tracking codes a page shows."""
    return re.findall(r'code" translate="no">([^<]+)<', html)
