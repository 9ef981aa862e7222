"""Who follows what in the demo, and where people are reached: all addresses are invented and nothing leaves."""

import random
from datetime import datetime, time, timedelta

from django.utils import timezone

from tongxin.accounts.models import RoleAssignment
from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.core.clocks import local_calendar
from tongxin.directory.models import Area
from tongxin.matters.following import category_target, matter_target
from tongxin.matters.models import Category, Matter
from tongxin.notices import actions
from tongxin.notices.actions.choosing import choose, keep_address
from tongxin.notices.actions.following import follow, follow_by_address
from tongxin.notices.models import Channel, Concern, Delivery, Notice, Rhythm
from tongxin.notices.targets import Target, find_target

REACHED = {
    Role.OFFICE: 3,
    Role.PRINCIPAL: 3,
    Role.UNIT: 12,
    Role.DECIDER: 4,
    Role.LIAISON: 4,
    Role.CONVENER: 4,
}
"""How many of each role left an address."""
RESIDENTS = 24
FOLLOWING_MEMBERS = 12
RECENT_WORKDAYS = 3
"""So far back everything is told as if it had happened here; what is older is history."""


def load_hearers(rng: random.Random) -> None:
    """Addresses and rhythms of some of those who work, and people who follow places, matters and kinds of matters."""
    serial = 0
    for role, count in REACHED.items():
        held = RoleAssignment.objects.filter(role=role, ended_at=None).order_by("pk").select_related("user")
        for assignment in held[:count]:
            serial += 1
            actor = Actor(role=role, label=str(assignment.user), user_id=assignment.user_id)
            keep_address(Channel.SMS, f"1380000{1000 + serial}", actor=actor)
            if serial % 2:
                keep_address(Channel.EMAIL, f"work{serial}@example.org", actor=actor)
            if serial % 5 == 0:
                choose({(Concern.DUTY, Channel.SMS): Rhythm.NOW}, actor=actor)
    targets = _targets(rng)
    members = RoleAssignment.objects.filter(role=Role.MEMBER, ended_at=None).order_by("pk")
    offices = RoleAssignment.objects.filter(role=Role.OFFICE, ended_at=None).order_by("pk")
    for assignment in [*members[:FOLLOWING_MEMBERS], *offices[:1]]:
        actor = Actor(role=assignment.role, label="", user_id=assignment.user_id)
        for target in rng.sample(targets, 3):
            follow(target, actor=actor)
    for number in range(RESIDENTS):
        by_mail = number % 3 != 0
        follow_by_address(
            rng.choice(targets),
            channel=Channel.EMAIL if by_mail else Channel.SMS,
            address=f"neighbour{number}@example.org" if by_mail else f"1380000{2000 + number}",
            rhythm=rng.choice([Rhythm.NOW, Rhythm.DAILY, Rhythm.DAILY, Rhythm.WEEKLY]),
        )


def _targets(rng: random.Random) -> list[Target]:
    areas = list(Area.objects.filter(level=Area.Level.STREET).order_by("code"))
    matters = list(Matter.objects.filter(publication="public").order_by("-updated_at")[:60])
    found = [find_target("area", area.code) for area in areas[:6]]
    found += [category_target(category) for category in Category.objects.order_by("order")[:6]]
    found += [matter_target(matter) for matter in rng.sample(matters, min(12, len(matters)))]
    return [target for target in found if target is not None]


def settle(now: datetime) -> None:
    """What the workers would have done by the last working morning: notices with people, messages of some days."""
    calendar = local_calendar()
    recent = calendar.add_workdays(timezone.localdate(now), -RECENT_WORKDAYS)
    Notice.objects.filter(at__date__gte=recent).update(is_past=False)
    day = timezone.localdate(now)
    morning = datetime.combine(day, time(8, 45), tzinfo=timezone.get_current_timezone())
    while morning > now or not calendar.is_workday(morning.date()):
        morning -= timedelta(days=1)
    before = morning - timedelta(minutes=30)
    while actions.dispatch(25, now=before):
        pass
    Delivery.objects.filter(
        channel=Channel.INBOX, notice__at__date__lt=calendar.add_workdays(morning.date(), -1)
    ).update(read_at=before)
    while actions.make_messages(morning):
        pass
