"""Which special committee works on which category of matter."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from tongxin.accounts.roles import Role, Scope
from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.matters.actions.step import NotAllowed
from tongxin.matters.models import Category


@transaction.atomic
def route_categories(routes: Mapping[int, int | None], *, actor: Actor) -> int:
    """Route categories to committees (None: the conference office alone); returns how many changed.

    Only the conference office may. Each change stands in the ledger.
    """
    if not actor.has(Role.OFFICE, Scope.DISTRICT):
        raise NotAllowed("route_categories")
    changed = 0
    for category in Category.objects.select_for_update().filter(pk__in=routes).order_by("pk"):
        if category.committee_id == routes[category.pk]:
            continue
        category.committee_id = routes[category.pk]
        category.save(update_fields=["committee"])
        changed += 1
        ledger.append(
            "category.routed",
            body={"category": category.code, "committee": category.committee_id, "by": actor.role},
            at=timezone.now(),
            dossier_id=None,
            is_public=False,
        )
    return changed
