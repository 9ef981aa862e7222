"""The demo district: directory, accounts, and matters played through the real actions in the order they happened."""

import json
import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from tongxin.accounts.demo import load_accounts
from tongxin.directory.demo.load import load_directory
from tongxin.directory.models import Area, Member, Unit, Workstation
from tongxin.matters.categories import CATEGORIES
from tongxin.matters.demo.story import Story, World
from tongxin.matters.models import Category, Matter

FOLDER = Path(__file__).parent


def is_loaded() -> bool:
    """Whether the demo (or anything else) is there already."""
    return Matter.objects.exists()


def load_categories() -> dict[str, Category]:
    """The default categories."""
    for order, (code, name, name_en) in enumerate(CATEGORIES):
        Category.objects.get_or_create(code=code, defaults={"name": name, "name_en": name_en, "order": order})
    return {c.code: c for c in Category.objects.all()}


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
        )
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
