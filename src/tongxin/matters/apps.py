"""Matters: the six-step method."""

from importlib import import_module

from django.apps import AppConfig


class MattersConfig(AppConfig):
    """The application."""

    name = "tongxin.matters"

    def ready(self) -> None:
        """Listen to what the layers below announce, and show matters on the pages of stations and units."""
        from tongxin.accounts.demo import register_waiting
        from tongxin.core.records import register_kind
        from tongxin.core.signals import calendar_changed, calendar_weighed, entry_written
        from tongxin.deliberation.hosts import register_host
        from tongxin.directory import registry
        from tongxin.matters import clock_texts, following, ledger_words, notice_texts, panels
        from tongxin.matters.actions.clocks import rework_due_dates, weigh_calendar
        from tongxin.matters.hearing import entry_heard
        from tongxin.matters.hosting import MATTER_HOST
        from tongxin.matters.recording import MATTER_KIND
        from tongxin.matters.work_selectors import waiting_by_place

        for module in ("diagnosis", "gauges"):  # what is checked and measured registers itself
            import_module(f"tongxin.matters.{module}")
        calendar_changed.connect(rework_due_dates, dispatch_uid="matters.rework_due_dates")
        calendar_weighed.connect(weigh_calendar, dispatch_uid="matters.weigh_calendar")
        clock_texts.register()
        ledger_words.register()
        notice_texts.register()
        following.register()
        entry_written.connect(entry_heard, dispatch_uid="matters.entry_heard")
        register_host(MATTER_HOST)
        register_kind(MATTER_KIND)
        register_waiting(waiting_by_place)
        registry.station_panels.append(panels.figures_of_station)
        registry.station_panels.append(panels.matters_of_station)
        registry.unit_panels.append(panels.matters_of_unit)
