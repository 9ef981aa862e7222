"""Matters: the six-step method."""

from django.apps import AppConfig


class MattersConfig(AppConfig):
    """The application."""

    name = "tongxin.matters"

    def ready(self) -> None:
        """Listen to what the layers below announce, and show matters on the pages of stations and units."""
        from tongxin.core.signals import calendar_changed
        from tongxin.directory import registry
        from tongxin.matters import panels
        from tongxin.matters.actions.clocks import rework_due_dates

        calendar_changed.connect(rework_due_dates, dispatch_uid="matters.rework_due_dates")
        registry.station_panels.append(panels.matters_of_station)
        registry.unit_panels.append(panels.matters_of_unit)
