"""What people say and agree on together, for any instrument. The opinion map will live in ``deliberation/opinion``."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ParticipantRole(models.TextChoices):
    """In which role somebody takes part."""

    CONVENER = "convener", _("召集人")
    MEMBER = "member", _("委员")
    RESIDENT = "resident", _("居民")
    UNIT = "unit", _("单位")
    EXPERT = "expert", _("专家")


class Comment(models.Model):
    """A comment by a resident (behind a receipt) or a signed-in person. Removal is visible: by whom and why."""

    class Stance(models.TextChoices):
        SUPPORT = "support", _("赞成")
        OPPOSE = "oppose", _("不赞成")
        SUGGEST = "suggest", _("建议")
        QUESTION = "question", _("疑问")

    dossier = models.ForeignKey(
        "core.Dossier", on_delete=models.PROTECT, related_name="comments", db_index=False
    )
    receipt = models.OneToOneField("core.Receipt", on_delete=models.PROTECT, related_name="comment")
    author_role = models.CharField(max_length=10, choices=ParticipantRole.choices)
    author_label = models.CharField(max_length=60)
    stance = models.CharField(_("态度"), max_length=8, choices=Stance.choices)
    text = models.TextField(_("看法"))
    at = models.DateTimeField()
    salt = models.CharField(max_length=32)
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by_label = models.CharField(max_length=60, blank=True)
    removed_reason = models.CharField(_("移除理由"), max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["dossier", "-id"])]

    def __str__(self) -> str:
        return f"comment {self.pk}"


class Meeting(models.Model):
    """A consultation meeting: called with notice, attended, minuted."""

    dossier = models.ForeignKey("core.Dossier", on_delete=models.PROTECT, related_name="meetings")
    starts_at = models.DateTimeField(_("时间"))
    place = models.CharField(_("地点"), max_length=120)
    agenda = models.TextField(_("议程"))
    capacity = models.PositiveSmallIntegerField(_("居民名额"), default=30)
    noticed_at = models.DateTimeField()
    short_notice_reason = models.CharField(_("提前不足的理由"), max_length=200, blank=True)
    sign_up_count = models.PositiveIntegerField(default=0)
    minutes = models.TextField(_("纪要"), blank=True)
    minutes_at = models.DateTimeField(null=True, blank=True)
    minutes_due_on = models.DateField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["starts_at"]

    def __str__(self) -> str:
        return f"meeting {self.pk}"


class Attendance(models.Model):
    """How many came in which role: names of residents are not kept here, those of members and units are public duty."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="attendance")
    role = models.CharField(max_length=10, choices=ParticipantRole.choices)
    count = models.PositiveSmallIntegerField(_("人数"))
    names = models.CharField(_("公开职务姓名（委员、单位）"), max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "role"], name="role_counted_once_a_meeting")
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.count}"


class View(models.Model):
    """A view recorded in the minutes: what was agreed, suggested, or held against it. Dissent must be answered."""

    class Kind(models.TextChoices):
        CONSENSUS = "consensus", _("共识")
        SUGGESTION = "suggestion", _("建议")
        DISSENT = "dissent", _("不同意见")

    dossier = models.ForeignKey("core.Dossier", on_delete=models.PROTECT, related_name="views")
    meeting = models.ForeignKey(Meeting, null=True, on_delete=models.PROTECT, related_name="views")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    by_role = models.CharField(max_length=10, choices=ParticipantRole.choices)
    text = models.TextField()
    answer = models.TextField(_("答复"), blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class SignUp(models.Model):
    """A seat asked for at a meeting, behind a receipt or by a signed-in person."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="sign_ups")
    receipt = models.OneToOneField(
        "core.Receipt", null=True, on_delete=models.PROTECT, related_name="sign_up"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=10, choices=ParticipantRole.choices)
    is_waiting = models.BooleanField(default=False)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"sign-up {self.pk}"
