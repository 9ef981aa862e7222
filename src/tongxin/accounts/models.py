"""Users and the roles they hold."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor, Assignment

ROLE_CHOICES = [
    (Role.MEMBER.value, _("委员")),
    (Role.LIAISON.value, _("联络员")),
    (Role.CONVENER.value, _("召集人")),
    (Role.OFFICE.value, _("政协办公室")),
    (Role.DECIDER.value, _("定事单位")),
    (Role.UNIT.value, _("承办单位")),
    (Role.PRINCIPAL.value, _("党政领导")),
    (Role.SYSTEM_ADMIN.value, _("系统管理员")),
    (Role.SECURITY_ADMIN.value, _("安全管理员")),
    (Role.AUDIT_ADMIN.value, _("审计管理员")),
]
SCOPE_CHOICES = [
    (Scope.DISTRICT.value, _("全区")),
    (Scope.STREET.value, _("街道")),
    (Scope.STATION.value, _("工作站")),
    (Scope.COMMITTEE.value, _("专委会")),
    (Scope.UNIT.value, _("单位")),
]


class User(AbstractUser):
    """Somebody who signs in. Residents don't need to."""

    display_name = models.CharField(_("姓名"), max_length=40, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.display_name or self.username

    @cached_property
    def held_roles(self) -> frozenset[Assignment]:
        """The roles held, read once a request."""
        return frozenset(
            Assignment(r.role, r.scope, r.scope_id) for r in self.role_assignments.all() if r.ended_at is None
        )

    def as_actor(self, role: Role | None = None) -> Actor:
        """The user as an actor; the label is the public name of the capacity they act in."""
        assignments = self.held_roles
        return Actor(
            role=(role or next((a.role for a in sorted(assignments, key=lambda a: a.role)), Role.RESIDENT)),
            label=str(self),
            user_id=self.pk,
            assignments=assignments,
        )


class RoleAssignment(models.Model):
    """A role held by a user in a scope, from one day to another. Never deleted: ended."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_assignments")
    role = models.CharField(_("角色"), max_length=16, choices=ROLE_CHOICES)
    scope = models.CharField(_("范围"), max_length=12, choices=SCOPE_CHOICES, default=Scope.DISTRICT.value)
    scope_id = models.BigIntegerField(default=0)
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "scope", "scope_id"],
                condition=models.Q(ended_at=None),
                name="role_held_once_in_a_scope",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.scope}:{self.scope_id}"


class PhoneCode(models.Model):
    """A one-time code sent to a phone; only its digest is kept, five minutes, five tries."""

    phone_digest = models.CharField(max_length=64, db_index=True)
    code_digest = models.CharField(max_length=64)
    address_digest = models.CharField(max_length=64, blank=True, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"code {self.pk}"
