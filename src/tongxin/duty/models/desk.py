"""The online desk: a conversation between somebody and the station on duty, private to the two sides and the office."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tongxin.core.models import Instrument


class DeskThread(Instrument):
    """One conversation. Its state is the process table's; its publication stays internal for good.

    ``answer_due_at`` is the answer clock while the resident waits, worked out from the roster and counted from
    ``clock_from``; late is derived from it, never stored. ``first_due_at`` keeps what it was for the first answer.
    ``covered_by`` is the street's station whose members answer where the station itself has no shift.
    """

    station = models.ForeignKey(
        "directory.Workstation", on_delete=models.PROTECT, related_name="desk_threads"
    )
    category = models.ForeignKey("matters.Category", null=True, on_delete=models.PROTECT, related_name="+")
    receipt = models.OneToOneField("core.Receipt", on_delete=models.PROTECT, related_name="desk_thread")
    handler = models.ForeignKey("directory.Member", null=True, on_delete=models.PROTECT, related_name="+")
    covered_by = models.ForeignKey(
        "directory.Workstation", null=True, on_delete=models.PROTECT, related_name="desk_threads_covered"
    )
    clock_from = models.DateTimeField()
    first_due_at = models.DateTimeField(null=True)
    answer_due_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)  # the first answer
    last_at = models.DateTimeField()
    last_side = models.CharField(max_length=8)
    resident_saw = models.BigIntegerField(default=0)  # the last message shown to that side
    desk_saw = models.BigIntegerField(default=0)
    became = models.ForeignKey("core.Dossier", null=True, on_delete=models.PROTECT, related_name="+")
    solved = models.CharField(max_length=8, blank=True)
    attitude = models.PositiveSmallIntegerField(null=True)
    rating_words = models.CharField(max_length=300, blank=True)
    rated_at = models.DateTimeField(null=True)
    salt = models.CharField(max_length=32)

    class Meta:
        ordering = ["-last_at"]
        indexes = [
            models.Index(fields=["station", "state", "-last_at"], name="desk_of_station"),
            models.Index(fields=["state", "answer_due_at"], name="desk_by_clock"),
        ]


class DeskMessage(models.Model):
    """One message. ``token_digest`` makes the same message, sent again, count once."""

    class Side(models.TextChoices):
        RESIDENT = "resident", _("居民")
        DESK = "desk", _("工作站")
        OFFICE = "office", _("政协办公室")
        SYSTEM = "system", _("系统")

    thread = models.ForeignKey(DeskThread, on_delete=models.PROTECT, related_name="messages", db_index=False)
    side = models.CharField(max_length=8, choices=Side.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    by_label = models.CharField(max_length=80)
    text = models.TextField()
    photos = models.ManyToManyField("core.Attachment", related_name="+")
    at = models.DateTimeField()
    token_digest = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["thread", "id"], name="message_of_thread")]

    def __str__(self) -> str:
        return f"desk message {self.pk}"


class CannedAnswer(models.Model):
    """A ready answer for a category, of the whole district or of one station, to be edited before it is sent."""

    category = models.ForeignKey(
        "matters.Category", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    station = models.ForeignKey(
        "directory.Workstation", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    title = models.CharField(_("标题"), max_length=60)
    text = models.TextField(_("答复"))
    is_active = models.BooleanField(_("在用"), default=True)

    class Meta:
        ordering = ["category_id", "pk"]

    def __str__(self) -> str:
        return self.title
