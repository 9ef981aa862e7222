"""Duty: workstations at work. Above the matters, because every concern heard becomes one; see ADR 10."""

from importlib import import_module

from django.apps import AppConfig

PARTS = ("rosters", "desk", "reception", "posters", "record", "offline")
"""Each has its own modules of one name under models, actions, selectors, views, urls and wiring."""


class DutyConfig(AppConfig):
    """The application."""

    name = "tongxin.duty"

    def ready(self) -> None:
        """Let each part register its kinds of record, its lines of the work page, its panels and its demo; name its events."""
        from tongxin.duty import ledger_words

        ledger_words.register()
        for part in PARTS:
            import_module(f"tongxin.duty.wiring.{part}").register()
