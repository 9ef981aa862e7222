"""Contacts of people who gave them, sealed, and who looked at them."""

from django.conf import settings
from django.db import models


class Contact(models.Model):
    """How to reach somebody who agreed to be reached; sealed at rest, findable by a keyed digest of the phone."""

    sealed_name = models.TextField(blank=True)
    sealed_phone = models.TextField(blank=True)
    phone_digest = models.CharField(max_length=64, blank=True, db_index=True)
    consent_text = models.TextField()
    consented_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"contact {self.pk}"


class AccessLog(models.Model):
    """Who opened whose contact, when and on which record. Kept at least 184 days."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=40)
    dossier = models.ForeignKey("core.Dossier", null=True, on_delete=models.PROTECT, related_name="+")
    detail = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.action} {self.at:%F}"
