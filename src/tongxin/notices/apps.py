"""Notices: messages to people."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """The application."""

    name = "tongxin.notices"
