"""Deliberation: comments, meetings, views, for any instrument."""

from django.apps import AppConfig


class DeliberationConfig(AppConfig):
    """The application."""

    name = "tongxin.deliberation"
