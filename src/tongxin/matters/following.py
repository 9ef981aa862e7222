"""What of matters can be followed: a public matter, a category."""

from collections.abc import Collection, Iterable

from django.utils import translation

from tongxin.core.process import Publication
from tongxin.matters.models import Category, Matter
from tongxin.matters.selectors import matter_by_number
from tongxin.notices.models import Subscription
from tongxin.notices.targets import Target, register_target

Kind = Subscription.Target


def matter_target(matter: Matter) -> Target:
    """A public matter, to be followed."""
    return Target(Kind.DOSSIER, matter.pk, matter.number, matter.title, f"/matters/{matter.number}/")


def category_target(category: Category) -> Target:
    """A category, to be followed."""
    name = category.name_en if translation.get_language() == "en" else category.name
    return Target(Kind.CATEGORY, category.pk, category.code, name, f"/matters/?category={category.code}")


def _matter_by_number(ref: str) -> Target | None:
    matter = matter_by_number(ref)
    return matter_target(matter) if matter else None


def _matters(ids: Collection[int]) -> Iterable[Target]:
    public = Matter.objects.filter(pk__in=ids, publication=Publication.PUBLIC)
    return map(matter_target, public.only("pk", "number", "title"))


def register() -> None:
    """Tell notices how matters and categories are found. Called once, when applications start."""
    categories = Category.objects.filter(is_active=True)
    register_target(Kind.DOSSIER, _matter_by_number, _matters)
    register_target(
        Kind.CATEGORY,
        lambda ref: next(map(category_target, categories.filter(code=ref)), None),
        lambda ids: map(category_target, Category.objects.filter(pk__in=ids)),
    )
