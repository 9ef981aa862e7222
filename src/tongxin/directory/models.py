"""Who and where: areas, workstations, units, members and how they are grouped."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Area(models.Model):
    """The district, a street or a community."""

    class Level(models.TextChoices):
        DISTRICT = "district", _("区")
        STREET = "street", _("街道")
        COMMUNITY = "community", _("社区")

    code = models.CharField(_("代码"), max_length=16, unique=True)
    name = models.CharField(_("名称"), max_length=40)
    level = models.CharField(_("层级"), max_length=10, choices=Level.choices)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    is_example = models.BooleanField(_("示例"), default=False)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Unit(models.Model):
    """A body that decides or acts: a department, a street office, a community committee, an organisation."""

    class Kind(models.TextChoices):
        PARTY = "party", _("党委部门")
        GOVERNMENT = "government", _("政府部门")
        ORGANISATION = "organisation", _("群团组织")
        STREET = "street", _("街道")
        COMMUNITY = "community", _("社区")

    code = models.CharField(_("代码"), max_length=16, unique=True)
    name = models.CharField(_("名称"), max_length=60, unique=True)
    kind = models.CharField(_("类别"), max_length=12, choices=Kind.choices)
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="units")
    is_active = models.BooleanField(_("在用"), default=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Sector(models.Model):
    """A sector (界别)."""

    name = models.CharField(_("名称"), max_length=40, unique=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class Committee(models.Model):
    """A special committee (专委会)."""

    name = models.CharField(_("名称"), max_length=60, unique=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class Term(models.Model):
    """A term of the conference (届)."""

    name = models.CharField(_("届次"), max_length=40, unique=True)
    starts_on = models.DateField()
    ends_on = models.DateField()

    class Meta:
        ordering = ["-starts_on"]

    def __str__(self) -> str:
        return self.name


class Workstation(models.Model):
    """A smart member workstation (智慧委员工作站 at a street, 工作室 at a community)."""

    code = models.CharField(_("代码"), max_length=16, unique=True)
    name = models.CharField(_("名称"), max_length=60)
    area = models.OneToOneField(Area, on_delete=models.PROTECT, related_name="workstation")
    address = models.CharField(_("地址"), max_length=120, blank=True)
    opening = models.CharField(_("开放时间"), max_length=120, blank=True)
    phone = models.CharField(_("对外电话"), max_length=30, blank=True)
    is_active = models.BooleanField(_("在用"), default=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A member of the conference: district (区级) or a city member living here (住区市级)."""

    class Level(models.TextChoices):
        DISTRICT = "district", _("区政协委员")
        CITY = "city", _("住区市政协委员")

    code = models.CharField(_("委员证号"), max_length=16, unique=True)
    name = models.CharField(_("姓名"), max_length=30)
    level = models.CharField(_("级别"), max_length=10, choices=Level.choices, default=Level.DISTRICT)
    sector = models.ForeignKey(Sector, on_delete=models.PROTECT, related_name="members")
    committee = models.ForeignKey(
        Committee, null=True, blank=True, on_delete=models.PROTECT, related_name="members"
    )
    term = models.ForeignKey(Term, null=True, blank=True, on_delete=models.PROTECT, related_name="members")
    profession = models.CharField(_("职业"), max_length=60, blank=True)
    introduction = models.CharField(_("简介"), max_length=200, blank=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="member"
    )
    is_active = models.BooleanField(_("在任"), default=True)
    # A portrait only while the member agrees to it: empty once withdrawn, the consent's text and times stay as proof.
    portrait_digest = models.CharField(max_length=64, blank=True)
    portrait_consent = models.TextField(blank=True)
    portrait_given_at = models.DateTimeField(null=True, blank=True)
    portrait_withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Posting(models.Model):
    """A member posted to a workstation."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="postings")
    station = models.ForeignKey(Workstation, on_delete=models.PROTECT, related_name="postings")
    is_lead = models.BooleanField(_("站长"), default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "station"], name="posted_once")]
        ordering = ["-is_lead", "pk"]

    def __str__(self) -> str:
        return f"{self.member_id}@{self.station_id}"


class DutyShift(models.Model):
    """When a member is on duty at a workstation, on line or there in person."""

    class Mode(models.TextChoices):
        ONLINE = "online", _("线上")
        OFFLINE = "offline", _("线下")

    station = models.ForeignKey(Workstation, on_delete=models.PROTECT, related_name="shifts")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="shifts")
    mode = models.CharField(_("方式"), max_length=8, choices=Mode.choices)
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("结束"))

    class Meta:
        ordering = ["starts_at", "pk"]
        indexes = [models.Index(fields=["starts_at", "ends_at"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="shift_ends_after_start"
            )
        ]

    def __str__(self) -> str:
        return f"{self.station_id} {self.starts_at:%F %R}"


class ImportBatch(models.Model):
    """An uploaded table between its dry run and its confirmation; the rows are dropped once it is settled."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("待确认")
        APPLIED = "applied", _("已导入")
        CANCELLED = "cancelled", _("已放弃")

    kind = models.CharField(_("类别"), max_length=12)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    file_name = models.CharField(_("文件"), max_length=120)
    file_digest = models.CharField(max_length=64)
    columns = models.JSONField(default=list)
    rows = models.JSONField(default=list)
    row_count = models.PositiveIntegerField()
    counts = models.JSONField(default=dict)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="import_batches"
    )
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.uploaded_at:%F %R}"
