"""How django-allauth works here: no sign-up, no mail, secrets of the second factor sealed."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_credentials
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.rules import first_page, is_staff
from tongxin.core.contacts import sealer

MESSAGES = {
    "account/messages/password_changed.txt": _("密码已经改好。"),
    "mfa/messages/totp_activated.txt": _("两步验证已经开启。"),
    "mfa/messages/totp_deactivated.txt": _("两步验证已经关闭。"),
    "mfa/messages/recovery_codes_generated.txt": _("新的备用码已经生成，旧的作废。"),
}
"""What we say in place of the library's messages; those not listed say nothing the page doesn't show."""


def client_address(request: HttpRequest) -> str:
    """The client's address: the server's word, which already knows whether a proxy is to be believed.

    No header is read here: what a client claims of itself in X-Forwarded-For must not move a lock-out.
    """
    return str(request.META.get("REMOTE_ADDR") or "0.0.0.0")  # noqa: S104  (no address is bound)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the library has no types
    """Accounts are made by the security administrator; whoever signs in goes to their work list."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: residents need no account, staff get one."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Where this person's work begins."""
        return first_page(getattr(request.user, "held_roles", ()))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to work after a new password."""
        return self.get_login_redirect_url(request)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """No mail: addresses are not kept."""

    def add_message(  # noqa: PLR0917  (the library calls it by position)
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Show our words."""
        text = message or MESSAGES.get(message_template or "")
        if text:
            messages.add_message(request, level, str(text), extra_tags=extra_tags)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # By address too: somebody who guesses from elsewhere must not shut the owner out.
        return (
            f"{super()._get_login_attempts_cache_key(request, **credentials)}:{self.get_client_ip(request)}"
        )

    def get_client_ip(self, request: HttpRequest) -> str:
        """Limits count by the same address as the lock-out does."""
        return client_address(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Leave somebody locked out to the lock-out page, which says how long; otherwise limit per address too."""
        if AxesProxyHandler.is_allowed(request, get_credentials(**credentials)):
            super().pre_authenticate(request, **credentials)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # the library has no types
    """Secrets of the second factor are sealed at rest, and staff can't do without one."""

    def encrypt(self, text: str) -> str:
        """Seal."""
        return sealer().seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Unseal."""
        return sealer().unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not while a role asks for it."""
        return not (settings.TONGXIN["staff_second_factor"] and is_staff(authenticator.user.held_roles))
