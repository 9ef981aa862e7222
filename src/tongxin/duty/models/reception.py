"""Receiving people: reception days with slots and a queue, and members' visits. Every concern heard becomes a matter."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Reception(models.Model):
    """People are received at a station in person, by members or (主席接待日) by a chairperson, for some hours.

    Its dossier holds the receipts of bookings and gives it a number.
    """

    class Kind(models.TextChoices):
        STATION = "station", _("委员接待")
        CHAIR = "chair", _("主席接待日")

    class State(models.TextChoices):
        PLANNED = "planned", _("已安排")
        OPEN = "open", _("接待中")
        CLOSED = "closed", _("已结束")
        CANCELLED = "cancelled", _("已取消")

    dossier = models.OneToOneField(
        "core.Dossier", primary_key=True, on_delete=models.PROTECT, related_name="reception"
    )
    number = models.CharField(_("编号"), max_length=24, unique=True)
    kind = models.CharField(_("形式"), max_length=8, choices=Kind.choices, default=Kind.STATION)
    station = models.ForeignKey("directory.Workstation", on_delete=models.PROTECT, related_name="receptions")
    title = models.CharField(_("名称"), max_length=80)
    topics = models.TextField(_("接待主题"), blank=True)
    host_label = models.CharField(_("由谁接待（公开职务）"), max_length=80, blank=True)
    hosts = models.ManyToManyField("directory.Member", blank=True, related_name="receptions")
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("结束"))
    slot_minutes = models.PositiveSmallIntegerField(_("每人几分钟"), default=15)
    seats_a_slot = models.PositiveSmallIntegerField(_("每个时段几位"), default=1)
    takes_bookings = models.BooleanField(_("接受预约"), default=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    cancelled_reason = models.CharField(_("取消的原因"), max_length=200, blank=True)
    last_ticket = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at"]
        indexes = [models.Index(fields=["starts_at", "station"], name="reception_by_time")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="reception_ends_after_start"
            )
        ]

    def __str__(self) -> str:
        return self.number


class Ticket(models.Model):
    """Somebody's place: booked beforehand for a slot, or a walk-in's number. Screens show the number, never a name."""

    class State(models.TextChoices):
        BOOKED = "booked", _("已预约")
        WAITING = "waiting", _("等候")
        CALLED = "called", _("叫号")
        SERVING = "serving", _("接待中")
        DONE = "done", _("已接待")
        LEFT = "left", _("未到或离开")
        CANCELLED = "cancelled", _("已取消")

    reception = models.ForeignKey(Reception, on_delete=models.PROTECT, related_name="tickets")
    number = models.PositiveIntegerField(null=True)  # given on arrival, or with the booking
    slot_at = models.DateTimeField(null=True)
    receipt = models.OneToOneField("core.Receipt", null=True, on_delete=models.PROTECT, related_name="ticket")
    state = models.CharField(max_length=10, choices=State.choices)
    topic = models.CharField(_("想说什么"), max_length=200, blank=True)  # private
    needs_help = models.BooleanField(_("老人、残疾人等优先"), default=False)
    made_at = models.DateTimeField()
    arrived_at = models.DateTimeField(null=True)
    called_at = models.DateTimeField(null=True)
    called_times = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    desk = models.CharField(_("窗口"), max_length=20, blank=True)
    member = models.ForeignKey("directory.Member", null=True, on_delete=models.PROTECT, related_name="+")
    matter = models.ForeignKey("core.Dossier", null=True, on_delete=models.PROTECT, related_name="+")
    ended_how = models.CharField(
        _("怎么了结的"), max_length=200, blank=True
    )  # when no matter came of it; private

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["reception", "number"], name="ticket_number_given_once")
        ]

    def __str__(self) -> str:
        return f"ticket {self.pk}"


class Visit(models.Model):
    """A member's visit (委员大走访). What is written of people stays internal; each concern heard becomes a matter.

    ``token_digest``: the same form sent again, also after days without a network, makes one visit.
    """

    class Kind(models.TextChoices):
        HOUSEHOLD = "household", _("居民家庭")
        ENTERPRISE = "enterprise", _("企业商户")
        SITE = "site", _("小区院落")
        ORGANISATION = "organisation", _("学校、医院等单位")
        OTHER = "other", _("其他")

    dossier = models.OneToOneField(
        "core.Dossier", primary_key=True, on_delete=models.PROTECT, related_name="visit"
    )
    member = models.ForeignKey("directory.Member", on_delete=models.PROTECT, related_name="visits")
    companions = models.ManyToManyField("directory.Member", blank=True, related_name="visits_joined")
    area = models.ForeignKey("directory.Area", on_delete=models.PROTECT, related_name="visits")
    kind = models.CharField(_("走访谁"), max_length=12, choices=Kind.choices)
    visited_at = models.DateTimeField(_("什么时候"))
    people_met = models.PositiveSmallIntegerField(_("见了几个人"), default=1)
    words = models.TextField(_("了解到什么（内部）"), blank=True)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    was_offline = models.BooleanField(default=False)
    token_digest = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["-visited_at"]

    def __str__(self) -> str:
        return f"visit {self.pk}"


class VisitConcern(models.Model):
    """One concern heard at a visit, and the matter it became."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="concerns")
    matter = models.OneToOneField("core.Dossier", on_delete=models.PROTECT, related_name="visit_concern")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return f"concern {self.pk}"
