"""People who sign in: made, given roles, disabled. The security administrator's acts; each is in ledger and access log."""

from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from tongxin.accounts.models import RoleAssignment, User
from tongxin.accounts.roles import Role, Scope
from tongxin.accounts.rules import why_role_refused
from tongxin.accounts.scopes import places
from tongxin.core import ledger
from tongxin.core.actor import Actor, Assignment
from tongxin.core.crypto import lookup_digest
from tongxin.core.models import AccessLog

WELCOME_SALT = "tongxin.welcome"
WELCOME_MAX_AGE = 3 * 24 * 3600
"""Seconds for which a link to set a password holds."""


class AccountRefused(Exception):
    """An act on an account is against the rules; ``reason`` is text for the reader."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class NotAnAdministrator(Exception):
    """The actor doesn't hold the duty that the act belongs to."""


class WelcomeExpired(Exception):
    """The link to set a password was used, replaced, damaged or is too old."""


def person_digest(user_id: int) -> str:
    """What the ledger says instead of a person: a keyed digest of their number."""
    return lookup_digest(f"user {user_id}", settings.SECRET_KEY)[:32]


def _record(event: str, *, actor: Actor, user: User, detail: str, body: dict[str, Any] | None = None) -> None:
    now = timezone.now()
    AccessLog.objects.create(
        user_id=actor.user_id, action=event, detail=f"{user.username} {detail}".strip()[:200]
    )
    ledger.append(
        event,
        body={
            "person": person_digest(user.pk),
            "by": person_digest(actor.user_id) if actor.user_id else actor.role,
            **(body or {}),
        },
        at=now,
        is_public=False,
    )


def _authorise(actor: Actor) -> None:
    """Check the duty again under lock, so that two security administrators can't end each other at once."""
    if actor.role == Role.SYSTEM and actor.user_id is None:
        return
    held = (
        RoleAssignment.objects.select_for_update()
        .filter(role=Role.SECURITY_ADMIN, ended_at=None)
        .order_by("pk")
    )
    if actor.user_id not in {row.user_id for row in held}:
        raise NotAnAdministrator


@transaction.atomic
def create_user(*, actor: Actor, username: str, display_name: str) -> tuple[User, str]:
    """Make an account without password and return it with its one-time token. Raises :class:`AccountRefused`."""
    _authorise(actor)
    try:
        with transaction.atomic():
            user = User.objects.create(
                username=username, display_name=display_name, password=make_password(None)
            )
    except IntegrityError:
        raise AccountRefused(_("这个用户名已经有人用了。")) from None
    _record("account.created", actor=actor, user=user, detail="")
    return user, welcome_token(user)


@transaction.atomic
def grant_role(user_id: int, *, actor: Actor, role: Role, scope: Scope, scope_id: int = 0) -> RoleAssignment:
    """Give a role in a scope. Raises :class:`AccountRefused` when a rule forbids it."""
    _authorise(actor)
    user = User.objects.select_for_update().get(pk=user_id)
    held = frozenset(
        Assignment(r.role, r.scope, r.scope_id) for r in user.role_assignments.filter(ended_at=None)
    )
    reason = why_role_refused(actor, user_id=user.pk, held=held, role=role, scope=scope, scope_id=scope_id)
    if reason is None and scope_id not in {place.id for place in places(scope)}:
        reason = _("没有找到这个范围，请从列表里选。")
    if reason is None and not user.is_active:
        reason = _("账号已停用，不能再给角色。")
    if reason is not None:
        raise AccountRefused(reason)
    made = RoleAssignment.objects.create(
        user=user, role=role, scope=scope, scope_id=scope_id, granted_by_id=actor.user_id
    )
    where = {"role": role.value, "scope": scope.value, "scope_id": scope_id}
    _record(
        "role.granted", actor=actor, user=user, detail=f"{role.value} {scope.value}:{scope_id}", body=where
    )
    return made


@transaction.atomic
def end_role(assignment_id: int, *, actor: Actor) -> RoleAssignment:
    """End a role; the row stays. Ending it twice changes nothing. Raises :class:`AccountRefused` on one's own."""
    _authorise(actor)
    row = RoleAssignment.objects.select_for_update().select_related("user").get(pk=assignment_id)
    if row.user_id == actor.user_id:
        raise AccountRefused(_("自己的角色要由另一位安全管理员来改。"))
    if row.ended_at is None:
        row.ended_at = timezone.now()
        row.save(update_fields=["ended_at"])
        where = {"role": row.role, "scope": row.scope, "scope_id": row.scope_id}
        _record(
            "role.ended",
            actor=actor,
            user=row.user,
            detail=f"{row.role} {row.scope}:{row.scope_id}",
            body=where,
        )
    return row


@transaction.atomic
def set_active(user_id: int, *, actor: Actor, is_active: bool) -> User:
    """Disable an account (its sessions end with the next page) or let it in again. Never one's own."""
    _authorise(actor)
    user = User.objects.select_for_update().get(pk=user_id)
    if user.pk == actor.user_id:
        raise AccountRefused(_("不能停用自己的账号。"))
    if user.is_active != is_active:
        user.is_active = is_active
        user.save(update_fields=["is_active"])
        _record("account.enabled" if is_active else "account.disabled", actor=actor, user=user, detail="")
    return user


@transaction.atomic
def renew_sign_in(user_id: int, *, actor: Actor) -> tuple[User, str]:
    """Somebody lost their password or phone: end their sessions, forget both factors, return a new one-time token."""
    from allauth.mfa.models import Authenticator

    _authorise(actor)
    user = User.objects.select_for_update().get(pk=user_id)
    if user.pk == actor.user_id:
        raise AccountRefused(_("自己的登录方式要由另一位安全管理员来重设。"))
    user.password = make_password(None)
    user.save(update_fields=["password"])
    Authenticator.objects.filter(user=user).delete()
    _record("account.renewed", actor=actor, user=user, detail="")
    return user, welcome_token(user)


def _fingerprint(user: User) -> str:
    # The password's hash is part of it, so the link is dead as soon as it was used or replaced.
    return salted_hmac(WELCOME_SALT, f"{user.pk}\n{user.password}").hexdigest()[:24]


def welcome_token(user: User) -> str:
    """A one-time token with which the person sets their password; holds three days."""
    return signing.dumps([user.pk, _fingerprint(user)], salt=WELCOME_SALT)


def welcomed_user(token: str) -> User:
    """Whose token this is. Raises :class:`WelcomeExpired` when it no longer holds."""
    try:
        user_id, fingerprint = signing.loads(token, salt=WELCOME_SALT, max_age=WELCOME_MAX_AGE)
        user = User.objects.get(pk=user_id, is_active=True)
    except (signing.BadSignature, ValueError, TypeError, User.DoesNotExist):
        raise WelcomeExpired from None
    if not constant_time_compare(_fingerprint(user), fingerprint):
        raise WelcomeExpired
    return user


@transaction.atomic
def set_first_password(token: str, *, password: str) -> User:
    """Set the password with the one-time token; the caller has checked its strength. Raises :class:`WelcomeExpired`."""
    user = User.objects.select_for_update().get(pk=welcomed_user(token).pk)
    if not constant_time_compare(_fingerprint(user), signing.loads(token, salt=WELCOME_SALT)[1]):
        raise WelcomeExpired
    user.set_password(password)
    user.save(update_fields=["password"])
    _record("account.password_set", actor=user.as_actor(), user=user, detail="")
    return user


def note_visit(*, user_id: int) -> None:
    """Note that somebody is here; for the list of accounts nobody uses."""
    User.objects.filter(pk=user_id).update(last_seen_at=timezone.now())
