"""Messages to people: written in the transaction of their cause, sent by a worker."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    """One message. The address is sealed; what is kept of the text carries no personal data but a one-time code."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("待发")
        SENT = "sent", _("已发")
        FAILED = "failed", _("失败")

    channel = models.CharField(max_length=10, default="sms")
    sealed_address = models.TextField()
    text = models.TextField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.QUEUED)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"
