"""Who may administer what: small predicates that read aloud."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from tongxin.accounts.roles import ADMINISTRATORS, SCOPES_OF_ROLE, STAFF_ROLES, Role, Scope
from tongxin.core.actor import Actor, Assignment


def is_staff(assignments: Iterable[Assignment]) -> bool:
    """Whether somebody holds a role that needs a second factor."""
    return any(a.role in STAFF_ROLES for a in assignments)


def may_manage_people(actor: Actor) -> bool:
    """The security administrator grants and ends roles."""
    return actor.has(Role.SECURITY_ADMIN)


def may_audit(actor: Actor) -> bool:
    """The audit administrator reads who did and saw what."""
    return actor.has(Role.AUDIT_ADMIN)


def may_run_system(actor: Actor) -> bool:
    """The system administrator keeps the machine."""
    return actor.has(Role.SYSTEM_ADMIN)


def may_keep_calendar(actor: Actor) -> bool:
    """The office keeps the working-day calendar; the system administrator may too."""
    return actor.has(Role.OFFICE, Scope.DISTRICT) or may_run_system(actor)


def first_page(assignments: Iterable[Assignment]) -> str:
    """Where somebody's work begins: an administrator's own page, the work list of everybody else."""
    pages = {
        Role.SECURITY_ADMIN: "/work/people/",
        Role.AUDIT_ADMIN: "/work/audit/",
        Role.SYSTEM_ADMIN: "/work/system/",
    }
    held = {a.role for a in assignments}
    return next((page for role, page in pages.items() if role in held), "/work/")


def why_role_refused(
    actor: Actor, *, user_id: int, held: frozenset[Assignment], role: Role, scope: Scope, scope_id: int
) -> str | None:
    """Why a role can't be granted, in words for the reader, or None when it can.

    Three administrators are three people (domain rule: separate duties), nobody changes their own roles, and a role
    fits only the scopes of ``SCOPES_OF_ROLE``.
    """
    if actor.user_id == user_id:
        return _("自己的角色要由另一位安全管理员来改。")
    if scope not in SCOPES_OF_ROLE.get(role, set()):
        return _("这个角色不能放在这个范围里。")
    if Assignment(role.value, scope.value, scope_id) in held:
        return _("已经有这个角色了。")
    if role in ADMINISTRATORS and any(a.role in ADMINISTRATORS and a.role != role for a in held):
        return _("系统、安全、审计三项管理不能由一个人兼任。请先结束另一项，或者交给别人。")
    if role in ADMINISTRATORS and any(a.role not in ADMINISTRATORS and a.role in STAFF_ROLES for a in held):
        return _("管理员不办业务：这个人已经有业务角色，请另建一个账号。")
    if role in STAFF_ROLES and role not in ADMINISTRATORS and any(a.role in ADMINISTRATORS for a in held):
        return _("管理员不办业务：这个人是管理员，请另建一个账号。")
    return None
