"""The demo district: directory, accounts, and matters played through the real actions in the order they happened."""

import json
import random
from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from tongxin.accounts.demo import load_accounts
from tongxin.core.clocks import local_calendar
from tongxin.core.demo import demo_parts
from tongxin.directory.demo.load import load_directory
from tongxin.directory.models import Area, Committee, Member, Unit, Workstation
from tongxin.matters.categories import CATEGORIES
from tongxin.matters.demo.hearers import load_hearers, settle
from tongxin.matters.demo.meetings import load_meetings
from tongxin.matters.demo.opinions import load_opinions
from tongxin.matters.demo.story import Story
from tongxin.matters.demo.world import World
from tongxin.matters.models import Category, Matter
from tongxin.matters.reminding import remind
from tongxin.notices.demo import load_dead_letters

FOLDER = Path(__file__).parent


def is_loaded() -> bool:
    """Whether the demo (or anything else) is there already."""
    return Matter.objects.exists()


def load_categories() -> dict[str, Category]:
    """The default categories."""
    for order, (code, name, name_en) in enumerate(CATEGORIES):
        Category.objects.get_or_create(code=code, defaults={"name": name, "name_en": name_en, "order": order})
    return {c.code: c for c in Category.objects.all()}


ROUTES = {
    "经济科技委员会": ("road_traffic", "business"),
    "文教卫体和文史委员会": ("education", "health", "culture"),
    "人口资源环境委员会": ("sanitation", "noise", "green"),
    "法制群团和民族宗教委员会": ("elderly", "accessibility"),
}
"""Which special committee looks after which categories in the demo; the others are the conference office's alone."""


def route_to_committees(categories: dict[str, Category]) -> None:
    """Route the demo's categories to its special committees."""
    for committee in Committee.objects.filter(name__in=ROUTES):
        for code in ROUTES[committee.name]:
            categories[code].committee = committee
            categories[code].save(update_fields=["committee"])


@transaction.atomic
def load_demo(say: Callable[[str], object] = print) -> None:
    """Load everything once, or nothing: killed half-way it leaves no trace. Takes under a minute."""
    rng = random.Random(20260304)
    categories = load_categories()
    if not Area.objects.exists():
        say("通讯录：街道、社区、工作站、委员、单位……")
        load_directory(rng)
        load_accounts(
            units=list(Unit.objects.select_related("area")),
            stations=list(Workstation.objects.select_related("area")),
            streets=list(Area.objects.filter(level=Area.Level.STREET)),
            members=list(Member.objects.order_by("pk")),
            committees=list(Committee.objects.all()),
        )
    route_to_committees(categories)
    world = World(
        communities={
            a.name: a for a in Area.objects.filter(level=Area.Level.COMMUNITY).select_related("parent")
        },
        stations={s.area_id: s for s in Workstation.objects.all()},
        units={u.name: u for u in Unit.objects.all()},
        street_units={u.area_id: u for u in Unit.objects.filter(kind=Unit.Kind.STREET)},
        categories=categories,
        members=list(Member.objects.exclude(user=None).order_by("pk")[:40])
        or list(Member.objects.all()[:40]),
        users={},
        rng=rng,
    )
    now = timezone.now()
    plan: list[tuple[datetime, int, Callable[[datetime], None]]] = []
    for name, is_full in (("consultations.json", True), ("suggestions.json", False)):
        for content in json.loads((FOLDER / name).read_text()):
            story = Story(world, content, is_full=is_full)
            for at, act in story.acts(now):
                plan.append((at, len(plan), act))
    say(f"事项：{len(plan)} 步……")
    for at, _order, act in sorted(plan, key=lambda item: item[:2]):
        act(at)
    load_meetings(now)
    load_opinions(now)
    for play in demo_parts:
        play(now)
    call_to_mind(now)
    load_hearers(rng)
    load_dead_letters(now)
    settle(now)


REMINDED_WORKDAYS = 10


def call_to_mind(now: datetime) -> None:
    """The reminders of the last working days, as the scheduled job would have told them each morning."""
    calendar, zone = local_calendar(), timezone.get_current_timezone()
    for back in range(REMINDED_WORKDAYS, -1, -1):
        day = calendar.add_workdays(timezone.localdate(now), -back)
        morning = datetime.combine(day, time(9), tzinfo=zone)
        if morning <= now:
            remind(morning)
