"""Who comes in: signed in, with a role, and the matter is theirs to work on. All else does not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from tongxin.accounts.models import User
from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.matters.models import Matter
from tongxin.matters.rules import (
    is_convener,
    is_decider,
    is_joint_unit,
    is_lead_unit,
    is_liaison,
    is_principal,
    may_read_raiser,
)
from tongxin.matters.selectors import matter_by_number


def staff_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Anonymous people are sent to sign in; the view gets the actor. An address with a NUL, which no filter of ours
    writes and the database takes nowhere, does not exist."""

    @wraps(view)
    @never_cache
    @login_required
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if any("\x00" in value for value in request.GET.values()):
            raise Http404
        user = cast(User, request.user)  # login_required has seen to it
        return view(request, user.as_actor(), *args, **kwargs)

    return guarded


def may_work_on(actor: Actor, matter: Matter) -> bool:
    """Whether the staff page of a matter exists for the actor.

    Before it is public only those who may read the raiser's words; then also whoever convenes, decides, acts or leads.
    """
    if may_read_raiser(actor, matter):
        return True
    if matter.publication != "public":
        return False
    return (
        actor.has(Role.OFFICE)
        or is_liaison(actor, matter)
        or is_convener(actor, matter)
        or is_decider(actor, matter)
        or is_lead_unit(actor, matter)
        or is_principal(actor, matter)
        or is_joint_unit(actor, matter)
    )


def work_matter(number: str, actor: Actor) -> Matter:
    """The matter with this number, for somebody who works on it. Raises Http404."""
    matter = matter_by_number(number, actor)
    if matter is None or not may_work_on(actor, matter):
        raise Http404
    return matter
