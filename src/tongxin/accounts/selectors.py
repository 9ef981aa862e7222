"""Reads of accounts and roles."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Prefetch, Q, QuerySet

from tongxin.accounts.models import RoleAssignment, User
from tongxin.accounts.scopes import place_names

PAGE = 30


def account_named(username: str) -> User | None:
    """The account with this user name."""
    return User.objects.filter(username=username).first()


def account(user_id: int) -> User | None:
    """One account with its roles, those that ended too."""
    return _with_roles().filter(pk=user_id).first()


def _with_roles() -> QuerySet[User]:
    roles = RoleAssignment.objects.order_by("ended_at", "pk")
    return User.objects.prefetch_related(Prefetch("role_assignments", queryset=roles))


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """One page of accounts; ``next_after`` is the last number on it when there are more."""

    people: Sequence[User]
    next_after: int | None


def people(*, words: str = "", role: str = "", after: int = 0) -> PeoplePage:
    """Accounts by user name, screen name and role held now, in the order they were made. Keyset paging."""
    rows = _with_roles().filter(pk__gt=after).order_by("pk")
    if words:
        rows = rows.filter(Q(username__icontains=words) | Q(display_name__icontains=words))
    if role:
        held = RoleAssignment.objects.filter(role=role, ended_at=None).values("user_id")
        rows = rows.filter(pk__in=held)
    found = list(rows[: PAGE + 1])
    return PeoplePage(found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None)


def scope_labels(users: Sequence[User]) -> dict[tuple[str, int], str]:
    """Names of the places these people's roles are attached to."""
    return place_names(r.scope for user in users for r in user.role_assignments.all())


def role_in_place(role: str, scope: str, scope_id: int) -> User | None:
    """Somebody who holds a role in a place now; for the demo."""
    held = RoleAssignment.objects.filter(
        role=role, scope=scope, scope_id=scope_id, ended_at=None, user__is_active=True
    )
    row = held.select_related("user").order_by("pk").first()
    return row.user if row else None
