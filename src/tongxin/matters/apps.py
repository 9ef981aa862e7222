"""Matters: the six-step method."""

from django.apps import AppConfig


class MattersConfig(AppConfig):
    """The application."""

    name = "tongxin.matters"
