"""Who carries messages outside, and how they are doing."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ProviderState(models.Model):
    """How a provider is doing. While it is unavailable the next one of its channel is asked."""

    name = models.CharField(max_length=40, primary_key=True)
    channel = models.CharField(max_length=8)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    unavailable_until = models.DateTimeField(null=True)
    last_error_kind = models.CharField(max_length=20, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    last_sent_at = models.DateTimeField(null=True)
    fingerprint = models.CharField(
        max_length=64, blank=True
    )  # of the settings under which all this was learnt

    def __str__(self) -> str:
        return self.name


class Webhook(models.Model):
    """Another system that is told of public events, signed with a secret that both know."""

    name = models.CharField(_("名称"), max_length=60)
    url = models.URLField(_("地址"), max_length=300)
    sealed_secret = models.TextField()
    templates = models.JSONField(_("事件"), default=list)  # empty: every public event
    is_active = models.BooleanField(_("在用"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
