"""Accounts: users, roles in scopes, sign-in, consent."""

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """The application."""

    name = "tongxin.accounts"

    def ready(self) -> None:
        """Let the library count tries for all processes together, name what it keeps sealed and its event in the ledger."""
        from allauth.core.internal import ratelimit
        from allauth.mfa.totp.internal import auth
        from django.core.cache import caches
        from django.utils.connection import ConnectionProxy

        from tongxin.core.ledger_words import register_words
        from tongxin.core.sealed import register_sealed_elsewhere

        register_words({"calendar.changed": _("改了工作日历")})

        # It counts in the default cache, which is each process's own, and has no setting for another.
        ratelimit.cache = auth.cache = ConnectionProxy(caches, "shared")
        register_sealed_elsewhere("mfa.Authenticator", "data", _reseal_second_factor)


SEALED_IN_SECOND_FACTOR = ("secret", "seed")


def _reseal_second_factor(data: Any, reseal: Any) -> Any:
    """The library's JSON with its sealed parts sealed anew."""
    return {key: reseal(value) if key in SEALED_IN_SECOND_FACTOR else value for key, value in data.items()}
