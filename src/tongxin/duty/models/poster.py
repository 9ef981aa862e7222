"""Posters made in a batch, with their progress."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PosterBatch(models.Model):
    """Posters of many stations as one PDF, drawn by a worker a few at a time."""

    class State(models.TextChoices):
        WAITING = "waiting", _("排队")
        RUNNING = "running", _("正在做")
        DONE = "done", _("做好了")
        FAILED = "failed", _("没做成")

    class Size(models.TextChoices):
        A4 = "a4", "A4"
        A3 = "a3", "A3"

    language = models.CharField(max_length=8)
    size = models.CharField(_("纸张"), max_length=2, choices=Size.choices, default=Size.A4)
    base_url = models.CharField(max_length=200)  # where the QR codes lead
    station_ids = models.JSONField(default=list)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    file_digest = models.CharField(max_length=64, blank=True)
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"posters {self.pk}"
