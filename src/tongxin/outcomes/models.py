"""Links between instruments: what a matter became and where it came from."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Link(models.Model):
    """One dossier grew out of, was merged into or answers another."""

    class Kind(models.TextChoices):
        MERGED = "merged", _("并入")
        GREW_INTO = "grew_into", _("转为")
        ANSWERS = "answers", _("答复")

    source = models.ForeignKey("core.Dossier", on_delete=models.PROTECT, related_name="links_out")
    target = models.ForeignKey("core.Dossier", on_delete=models.PROTECT, related_name="links_in")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "target", "kind"], name="linked_once")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.kind} {self.target_id}"
