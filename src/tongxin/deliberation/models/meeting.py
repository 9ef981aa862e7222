"""What people say on a record and at its meetings, for any instrument."""

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
    """A meeting on a record: called with notice, attended, minuted, the minutes confirmed by the convener."""

    class Kind(models.TextChoices):
        CONSULTATION = "consultation", _("协商会")
        DISCUSSION = "discussion", _("议事会")
        HEARING = "hearing", _("听证会")

    kind = models.CharField(_("形式"), max_length=12, choices=Kind.choices, default=Kind.CONSULTATION)
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
    minutes_draft = models.TextField(blank=True)  # being written; internal until confirmed
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by_label = models.CharField(max_length=60, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)  # the meeting is on: check-in, speakers, votes
    closed_at = models.DateTimeField(null=True, blank=True)
    seconds_each = models.PositiveSmallIntegerField(_("每人发言（秒）"), default=180)
    takes_questions = models.BooleanField(_("接受现场提问"), default=False)
    check_in_key = models.CharField(max_length=32, blank=True)  # in the QR code shown in the room
    version = models.PositiveIntegerField(default=1)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["starts_at"]
        indexes = [models.Index(fields=["starts_at", "id"], name="meeting_by_time")]

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
    """A view that a deliberation left: what was agreed, suggested, or held against it.

    It stands in the minutes of a meeting, or (without one) comes from the opinion map. The decision must answer each
    consensus and each dissent.
    """

    class Kind(models.TextChoices):
        CONSENSUS = "consensus", _("共识")
        SUGGESTION = "suggestion", _("建议")
        DISSENT = "dissent", _("不同意见")

    TO_ANSWER = (Kind.CONSENSUS, Kind.DISSENT)

    dossier = models.ForeignKey("core.Dossier", on_delete=models.PROTECT, related_name="views")
    meeting = models.ForeignKey(Meeting, null=True, on_delete=models.PROTECT, related_name="views")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    by_role = models.CharField(max_length=10, choices=ParticipantRole.choices)
    text = models.TextField()
    answer = models.TextField(_("答复"), blank=True)
    answered_at = models.DateTimeField(null=True)
    item = models.ForeignKey(
        "deliberation.AgendaItem", null=True, on_delete=models.PROTECT, related_name="conclusions"
    )
    statement = models.ForeignKey(
        "deliberation.Statement", null=True, on_delete=models.PROTECT, related_name="views"
    )
    became = models.ForeignKey("core.Dossier", null=True, on_delete=models.PROTECT, related_name="+")

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
    seat_number = models.PositiveIntegerField(null=True)  # what the badge and the desk call them by
    cancelled_at = models.DateTimeField(null=True)
    checked_in_at = models.DateTimeField(null=True)
    checked_in_by = models.CharField(max_length=6, blank=True)  # qr or desk

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "seat_number"], name="seat_given_once"),
            models.UniqueConstraint(
                fields=["meeting", "user"],
                condition=models.Q(user__isnull=False, cancelled_at=None),
                name="user_signs_up_once",
            ),
        ]

    def __str__(self) -> str:
        return f"sign-up {self.pk}"


class AgendaItem(models.Model):
    """One point of a meeting's agenda; the minutes are drafted from these and completed in place."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(_("议题"), max_length=120)
    presenter = models.CharField(_("由谁介绍"), max_length=60, blank=True)
    minutes_planned = models.PositiveSmallIntegerField(_("预计分钟"), default=15)
    document = models.ForeignKey("core.Attachment", null=True, on_delete=models.PROTECT, related_name="+")
    notes = models.TextField(_("记录"), blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title


class Turn(models.Model):
    """Somebody's turn to speak: asked for, given in order, timed. Residents appear by role and seat, not by name."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="turns")
    item = models.ForeignKey(AgendaItem, null=True, on_delete=models.PROTECT, related_name="turns")
    sign_up = models.ForeignKey(SignUp, null=True, on_delete=models.PROTECT, related_name="turns")
    role = models.CharField(max_length=10, choices=ParticipantRole.choices)
    label = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    position = models.IntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    seconds_allowed = models.PositiveSmallIntegerField(default=180)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"turn {self.pk}"


class Question(models.Model):
    """A question from the audience of a hearing: moderated, supported by others, answered in the room or afterwards."""

    class State(models.TextChoices):
        WAITING = "waiting", _("待审")
        SHOWN = "shown", _("已上")
        ANSWERED = "answered", _("已答")
        REMOVED = "removed", _("未采用")

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="questions")
    receipt = models.OneToOneField("core.Receipt", on_delete=models.PROTECT, related_name="meeting_question")
    text = models.CharField(_("问题"), max_length=300)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    support_count = models.PositiveIntegerField(default=0)
    answer = models.TextField(_("答复"), blank=True)
    answered_by_label = models.CharField(max_length=60, blank=True)
    answered_at = models.DateTimeField(null=True)
    removed_reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-support_count", "pk"]

    def __str__(self) -> str:
        return f"question {self.pk}"
