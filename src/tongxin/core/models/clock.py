"""Clocks as events, and the working-day calendar's local changes."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ClockEvent(models.Model):
    """What happened to a clock: due dates are derived from these, never the other way round."""

    class Kind(models.TextChoices):
        START = "start", _("开始计时")
        PAUSE = "pause", _("暂停计时")
        RESUME = "resume", _("恢复计时")
        EXTEND = "extend", _("延长期限")
        STOP = "stop", _("停止计时")

    dossier = models.ForeignKey("core.Dossier", on_delete=models.PROTECT, related_name="clock_events")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    at = models.DateTimeField()
    state = models.CharField(max_length=24)
    days = models.PositiveSmallIntegerField(default=0)
    is_calendar_days = models.BooleanField(default=False)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class CalendarDay(models.Model):
    """A day that the office declares working or free: for years not yet announced, or local changes.

    ``settles_year`` marks the days of a list that holds its year's whole announcement: with one of them in the table
    that year is not provisional any more.
    """

    day = models.DateField(_("日期"), unique=True)
    is_workday = models.BooleanField(_("上班"))
    note = models.CharField(_("说明"), max_length=100, blank=True)
    settles_year = models.BooleanField(_("全年安排"), default=False)

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {'班' if self.is_workday else '休'}"
