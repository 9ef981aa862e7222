"""The duty diary (履职日记) and the yearly duty record (履职档案)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tongxin.core.models.dossier import PUBLICATION_CHOICES
from tongxin.core.process import Publication


class DutyRecord(models.Model):
    """A member's record of one year. Its dossier holds the photos of the diary."""

    dossier = models.OneToOneField(
        "core.Dossier", primary_key=True, on_delete=models.PROTECT, related_name="duty_record"
    )
    member = models.ForeignKey("directory.Member", on_delete=models.PROTECT, related_name="duty_records")
    year = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["-year"]
        constraints = [models.UniqueConstraint(fields=["member", "year"], name="one_duty_record_a_year")]

    def __str__(self) -> str:
        return f"{self.member_id} {self.year}"


class DiaryEntry(models.Model):
    """One line of the diary: made by the work itself (``source_key`` names what, once), or the member's own words."""

    class Kind(models.TextChoices):
        DUTY = "duty", _("值班")
        DESK = "desk", _("线上答复")
        RECEPTION = "reception", _("接待")
        VISIT = "visit", _("走访")
        MATTER = "matter", _("牵头协商")
        MEETING = "meeting", _("参加会议")
        OWN = "own", _("自己写的")

    record = models.ForeignKey(DutyRecord, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    source_key = models.CharField(max_length=60, null=True, unique=True)
    source = models.ForeignKey("core.Dossier", null=True, on_delete=models.PROTECT, related_name="+")
    data = models.JSONField(
        default=dict
    )  # fills the kind's sentence: place, number, minutes; no personal data
    at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    words = models.TextField(_("自己的话"), blank=True)
    publication = models.CharField(
        max_length=10, choices=PUBLICATION_CHOICES, default=Publication.INTERNAL.value
    )
    photos = models.ManyToManyField("core.Attachment", related_name="+")
    written_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)  # taken out: by the member (own words), or after a contest
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["record", "-at"], name="diary_of_record")]

    def __str__(self) -> str:
        return f"diary entry {self.pk}"


class Contest(models.Model):
    """A member says that an entry is wrong or that one is missing; the office answers."""

    class State(models.TextChoices):
        OPEN = "open", _("待答复")
        UPHELD = "upheld", _("已更正")
        REFUSED = "refused", _("维持原样")
        WITHDRAWN = "withdrawn", _("已撤回")

    record = models.ForeignKey(DutyRecord, on_delete=models.PROTECT, related_name="contests")
    entry = models.ForeignKey(DiaryEntry, null=True, on_delete=models.PROTECT, related_name="contests")
    day = models.DateField(_("哪一天"), null=True)  # of what is missing
    reason = models.TextField(_("哪里不对"))
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    at = models.DateTimeField()
    answer = models.TextField(_("答复"), blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by_label = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry"],
                condition=models.Q(state="open", entry__isnull=False),
                name="one_open_contest_an_entry",
            )
        ]

    def __str__(self) -> str:
        return f"contest {self.pk}"
