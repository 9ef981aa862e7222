"""Accounts: users, roles in scopes, sign-in, consent."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The application."""

    name = "tongxin.accounts"
