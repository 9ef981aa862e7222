"""Outcomes: links between instruments."""

from django.apps import AppConfig


class OutcomesConfig(AppConfig):
    """The application."""

    name = "tongxin.outcomes"
