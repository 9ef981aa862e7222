"""Core: what every instrument shares, without a domain word in it."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The application."""

    name = "tongxin.core"
