"""Deliberation: comments, meetings, views, for any instrument."""

from django.apps import AppConfig


class DeliberationConfig(AppConfig):
    """The application."""

    name = "tongxin.deliberation"

    def ready(self) -> None:
        """Say what its events are called in the ledger."""
        from tongxin.deliberation import ledger_words

        ledger_words.register()
