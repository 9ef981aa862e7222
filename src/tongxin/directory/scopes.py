"""The places of this domain that roles are attached to, and who is on duty, for the layer below."""

from tongxin.accounts.demo import register_on_duty
from tongxin.accounts.roles import Scope
from tongxin.accounts.scopes import Place, register_scope
from tongxin.directory.models import Area, Committee, Unit, Workstation
from tongxin.directory.selectors import on_duty_now


def _streets() -> list[Place]:
    return [Place(a.pk, a.name) for a in Area.objects.filter(level=Area.Level.STREET)]


def _stations() -> list[Place]:
    return [Place(s.pk, s.name) for s in Workstation.objects.filter(is_active=True)]


def _committees() -> list[Place]:
    return [Place(c.pk, c.name) for c in Committee.objects.all()]


def _units() -> list[Place]:
    return [Place(u.pk, u.name, u.kind) for u in Unit.objects.filter(is_active=True)]


def username_on_duty() -> str | None:
    """User name of a member on duty now who has an account."""
    for shift in on_duty_now():
        if shift.member.user is not None:
            return shift.member.user.username
    return None


def register() -> None:
    """Called once when the application starts."""
    register_scope(Scope.STREET, _streets)
    register_scope(Scope.STATION, _stations)
    register_scope(Scope.COMMITTEE, _committees)
    register_scope(Scope.UNIT, _units)
    register_on_duty(username_on_duty)
