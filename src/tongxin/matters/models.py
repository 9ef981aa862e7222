"""A matter and the artefacts that each step must leave."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

from tongxin.core.models import Instrument


class MatterKind(models.TextChoices):
    """The short form and the full form."""

    SUGGESTION = "suggestion", _("微建议")
    CONSULTATION = "consultation", _("微协商")


class Source(models.TextChoices):
    """How a matter came in: the same clocks for all of them."""

    PHONE = "phone_web", _("手机网页")
    QR = "qr", _("扫码")
    RECEPTION = "reception", _("接待")
    VISIT = "visit", _("走访")
    CALL = "phone", _("电话")
    PAPER = "paper", _("信件")
    HOTLINE = "hotline", _("热线")
    DESK = "desk", _("线上值班")


class Outcome(models.TextChoices):
    """How a matter ended; empty while open. "Answered" is not "solved"."""

    SOLVED = "solved", _("已解决")
    PARTLY = "partly", _("部分解决")
    UNSOLVED = "unsolved", _("没有解决")
    ANSWERED = "answered", _("已答复，未评")
    MERGED = "merged", _("并入另一件")
    REFERRED = "referred", _("转介")
    DECLINED = "declined", _("不受理")
    WITHDRAWN = "withdrawn", _("撤回")


class Result(models.TextChoices):
    """What a deciding body decided."""

    ADOPTED = "adopted", _("采纳")
    PARTLY = "partly", _("部分采纳")
    LATER = "later", _("以后办")
    NOT_POSSIBLE = "not_possible", _("办不了")
    REFERRED = "referred", _("转有权机关")


class DeclineGround(models.TextChoices):
    """Grounds for not taking a matter on; which of them apply is configuration."""

    NOT_PUBLIC = "not_public_interest", _("不属于公共事务")
    LITIGATION = "litigation", _("已进入诉讼、仲裁或复议")
    DUPLICATE_CLOSED = "duplicate_closed", _("同一事项已办结且没有新情况")
    EMERGENCY = "emergency", _("紧急警情，应拨打110、119、120")
    OUTSIDE = "outside_district", _("不在本区范围")
    ABUSIVE = "abusive", _("含辱骂、攻击他人的内容")


class Category(models.Model):
    """What a matter is about; reference data of the district."""

    code = models.SlugField(_("代码"), max_length=20, unique=True)
    name = models.CharField(_("名称"), max_length=20)
    name_en = models.CharField(_("英文名称"), max_length=40)
    order = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    # The special committee whose office accounts work on matters of this category; none: the conference office alone.
    committee = models.ForeignKey(
        "directory.Committee", null=True, blank=True, on_delete=models.PROTECT, related_name="categories"
    )

    class Meta:
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.name


class MatterManager(models.Manager["Matter"]):
    """Matters without the document that the search reads: long, and of no use to anybody but the database."""

    def get_queryset(self) -> "models.QuerySet[Matter]":
        """All matters; the search document is read when asked for, and never written back by a save."""
        return super().get_queryset().defer("search")


class Matter(Instrument):
    """One matter, from first word to last rating.

    ``title`` and ``text`` are what the public reads, set by the triage after the personal-data preview;
    ``original_text`` is the raiser's own words and stays internal. Counters are written by the action that changes
    them, in its transaction: no page ever counts.
    """

    title = models.CharField(_("标题"), max_length=60)
    text = models.TextField(_("内容"), blank=True)
    original_text = models.TextField(_("原话"))
    category = models.ForeignKey(Category, null=True, on_delete=models.PROTECT, related_name="matters")
    # Their indexes are those of the lists below, newest first.
    area = models.ForeignKey(
        "directory.Area", on_delete=models.PROTECT, related_name="matters", db_index=False
    )
    street = models.ForeignKey(
        "directory.Area", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    station = models.ForeignKey(
        "directory.Workstation", null=True, on_delete=models.PROTECT, related_name="matters"
    )
    place = models.CharField(_("具体地点"), max_length=120, blank=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    source = models.CharField(_("来源"), max_length=12, choices=Source.choices)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    receipt = models.OneToOneField(
        "core.Receipt", null=True, on_delete=models.PROTECT, related_name="raised_matter"
    )
    convener = models.ForeignKey(
        "directory.Member", null=True, on_delete=models.PROTECT, related_name="convened"
    )
    decider = models.ForeignKey(
        "directory.Unit", null=True, on_delete=models.PROTECT, related_name="to_decide"
    )
    lead_unit = models.ForeignKey(
        "directory.Unit", null=True, on_delete=models.PROTECT, related_name="to_act_on"
    )
    survivor = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged_matters")
    objections_until = models.DateField(null=True)
    promised_on = models.DateField(null=True)
    stepped_on = models.JSONField(default=dict)
    reopen_count = models.PositiveSmallIntegerField(default=0)
    rating_round = models.PositiveSmallIntegerField(default=0)
    me_too_count = models.PositiveIntegerField(default=0)
    merged_count = models.PositiveIntegerField(default=0)
    comment_count = models.PositiveIntegerField(default=0)
    rating_count = models.PositiveIntegerField(default=0)
    solved_count = models.PositiveIntegerField(default=0)
    partly_count = models.PositiveIntegerField(default=0)
    attitude_sum = models.PositiveIntegerField(default=0)
    result_sum = models.PositiveIntegerField(default=0)
    salt = models.CharField(max_length=32)
    search = SearchVectorField(null=True)

    objects = MatterManager()

    class Meta:
        indexes = [
            models.Index(fields=["publication", "-updated_at", "-dossier"], name="matter_public_newest"),
            models.Index(
                fields=["publication", "state", "-updated_at", "-dossier"], name="matter_public_state"
            ),
            models.Index(fields=["state", "due_on"], name="matter_state_due"),
            models.Index(fields=["street", "-updated_at"], name="matter_street"),
            models.Index(fields=["area", "-updated_at"], name="matter_area"),
            GinIndex(fields=["search"], name="matter_search"),
        ]


class HandlingRole(models.TextChoices):
    """How a unit handles: lead, joint, separate."""

    LEAD = "lead", _("主办")
    JOINT = "joint", _("会办")
    SEPARATE = "separate", _("分办")


class Handling(models.Model):
    """A unit's part in a matter; ended when the matter is reassigned.

    ``ask`` says what a joint unit is asked to contribute; ``reported_at`` when it first did.
    """

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="handlings")
    unit = models.ForeignKey("directory.Unit", on_delete=models.PROTECT, related_name="handlings")
    role = models.CharField(max_length=10, choices=HandlingRole.choices)
    assigned_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ask = models.CharField(max_length=500, blank=True)
    reported_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["role", "pk"]
        indexes = [
            models.Index(
                fields=["unit"],
                condition=models.Q(ended_at=None, reported_at=None) & ~models.Q(role="lead"),
                name="handling_joint_waiting",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["matter", "unit"], condition=models.Q(ended_at=None), name="unit_once_a_matter"
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.role}"


class Decision(models.Model):
    """What a street, community or department decided, in its own account."""

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="decisions")
    unit = models.ForeignKey("directory.Unit", on_delete=models.PROTECT, related_name="decisions")
    result = models.CharField(max_length=14, choices=Result.choices)
    reasons = models.TextField()
    public_reasons = models.TextField(blank=True)
    lead_unit = models.ForeignKey("directory.Unit", null=True, on_delete=models.PROTECT, related_name="+")
    joint_units = models.ManyToManyField("directory.Unit", related_name="+")
    joint_ask = models.CharField(max_length=500, blank=True)
    workdays = models.PositiveSmallIntegerField(null=True)
    promised_on = models.DateField(null=True)
    referred_to = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.result} {self.at:%F}"


class Objection(models.Model):
    """An objection during publication; each must be answered before the matter goes on."""

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="objections")
    receipt = models.OneToOneField("core.Receipt", on_delete=models.PROTECT, related_name="objection")
    text = models.TextField()
    public_text = models.TextField(blank=True)
    at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by_label = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"objection {self.pk}"


class Extension(models.Model):
    """More time asked for by a unit, granted or refused by the office."""

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="extensions")
    unit = models.ForeignKey("directory.Unit", on_delete=models.PROTECT, related_name="+")
    workdays = models.PositiveSmallIntegerField()
    reason = models.TextField()
    asked_at = models.DateTimeField()
    is_granted = models.BooleanField(null=True)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["matter"], condition=models.Q(is_granted=None), name="one_open_extension_a_matter"
            )
        ]

    def __str__(self) -> str:
        return f"extension {self.pk}"


class HelpOffer(models.Model):
    """Help offered by a resident, a member or a firm."""

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="help_offers")
    receipt = models.OneToOneField("core.Receipt", on_delete=models.PROTECT, related_name="help_offer")
    by_label = models.CharField(max_length=60)
    text = models.TextField()
    public_text = models.TextField(blank=True)
    at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"help {self.pk}"


class Rating(models.Model):
    """One person's rating in one round. Silence leaves no row and counts as nothing."""

    class Rater(models.TextChoices):
        RAISER = "raiser", _("提事人")
        PARTICIPANT = "participant", _("参与者")
        MEMBER = "member", _("委员")
        UNIT = "unit", _("单位")

    class Solved(models.TextChoices):
        YES = "yes", _("解决了")
        PARTLY = "partly", _("解决了一部分")
        NO = "no", _("没解决")

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="ratings", db_index=False)
    round = models.PositiveSmallIntegerField()
    rater = models.CharField(max_length=12, choices=Rater.choices)
    rater_key = models.CharField(max_length=40)
    solved = models.CharField(max_length=6, choices=Solved.choices)
    attitude = models.PositiveSmallIntegerField()
    result = models.PositiveSmallIntegerField()
    words = models.TextField(blank=True)
    public_words = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["matter", "round", "rater_key"], name="rated_once_a_round"),
            models.CheckConstraint(
                condition=models.Q(attitude__range=(1, 5), result__range=(1, 5)),
                name="scores_from_one_to_five",
            ),
        ]

    def __str__(self) -> str:
        return f"rating {self.pk}"


class Question(models.Model):
    """More asked of the raiser, and the answer."""

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="questions")
    text = models.TextField()
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"question {self.pk}"


class BulkDeed(models.Model):
    """One thing done to several matters at once: what came of each, and whether it was undone.

    ``token`` was on the form, so that a form sent twice acts once. ``outcomes`` holds a line per matter: number, whether
    it was done, the reason when not, the version it was left at, and what an undo needs.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="bulk_deeds")
    token = models.UUIDField(unique=True)
    what = models.CharField(max_length=24)
    at = models.DateTimeField()
    outcomes = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.what} {self.pk}"
