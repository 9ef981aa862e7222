"""The ledger: one chain of hashes over everything that was decided or done."""

import pgtrigger
from django.db import models


class LedgerEntry(models.Model):
    """One link. ``digest`` covers number, time, the digest of the body and the previous digest.

    ``body`` holds no personal data: people and texts appear as salted digests whose salts live beside the text they
    belong to, so that erasing a person leaves the chain whole. ``salt`` keeps the body of an internal entry from
    being guessed from its published digest.
    """

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    event = models.CharField(max_length=60)
    dossier = models.ForeignKey(
        "core.Dossier", null=True, on_delete=models.PROTECT, related_name="ledger", db_index=False
    )
    is_public = models.BooleanField(default=True)
    body = models.TextField()
    salt = models.CharField(max_length=32)
    body_digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["dossier", "seq"])]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"#{self.seq} {self.event}"


class LedgerHead(models.Model):
    """The last link, in one row: locked by whoever appends, so the chain has one order."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=64, db_default="")  # read by the statement that moves the head on

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="ledger_has_one_head")]
        triggers = [pgtrigger.Protect(name="head_stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"#{self.seq} {self.digest[:8]}"
