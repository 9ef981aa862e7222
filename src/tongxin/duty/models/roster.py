"""Rosters: when a station is open by pattern, who is drafted for it, leave, swaps and what one shift leaves the next."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tongxin.directory.models import DutyShift


class RosterPattern(models.Model):
    """When a station has duty: on days of the month, or on days of the week by turns."""

    class Rule(models.TextChoices):
        MONTH_DAYS = "month_days", _("每月几号")
        WEEKDAYS = "weekdays", _("每周星期几")

    class OnHoliday(models.TextChoices):
        POSTPONE = "postpone", _("顺延到下一个工作日")
        SKIP = "skip", _("这次不值")
        HOLD = "hold", _("照常值班")

    station = models.ForeignKey("directory.Workstation", on_delete=models.PROTECT, related_name="patterns")
    name = models.CharField(_("名称"), max_length=40)
    mode = models.CharField(_("方式"), max_length=8, choices=DutyShift.Mode.choices)
    rule = models.CharField(_("哪些天"), max_length=12, choices=Rule.choices)
    days = models.JSONField(_("几号或星期几"), default=list)  # 1…31, or 1 (Monday) … 7
    every_weeks = models.PositiveSmallIntegerField(_("隔几周一次"), default=1)
    counted_from = models.DateField(_("从哪一周数起"), null=True, blank=True)
    starts = models.TimeField(_("开始"))
    ends = models.TimeField(_("结束"))
    people = models.PositiveSmallIntegerField(_("每次几位委员"), default=1)
    on_holiday = models.CharField(
        _("遇节假日"), max_length=8, choices=OnHoliday.choices, default=OnHoliday.POSTPONE
    )
    is_active = models.BooleanField(_("在用"), default=True)

    class Meta:
        ordering = ["station_id", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends__gt=models.F("starts")), name="pattern_ends_after_start"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Roster(models.Model):
    """A station's roster for a month: a draft until published, when its slots become duty shifts."""

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        PUBLISHED = "published", _("已公布")

    station = models.ForeignKey("directory.Workstation", on_delete=models.PROTECT, related_name="rosters")
    month = models.DateField(_("月份"))  # its first day
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    drafted_at = models.DateTimeField()
    drafted_by_label = models.CharField(max_length=80)
    published_at = models.DateTimeField(null=True)
    published_by_label = models.CharField(max_length=80, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-month", "station_id"]
        constraints = [
            models.UniqueConstraint(fields=["station", "month"], name="one_roster_a_station_and_month")
        ]

    def __str__(self) -> str:
        return f"{self.station_id} {self.month:%Y-%m}"


class RosterSlot(models.Model):
    """One place to fill. ``is_fixed``: put by hand, a new draft leaves it. Without a member it is a gap."""

    roster = models.ForeignKey(Roster, on_delete=models.CASCADE, related_name="slots")
    pattern = models.ForeignKey(RosterPattern, null=True, on_delete=models.SET_NULL, related_name="slots")
    mode = models.CharField(max_length=8, choices=DutyShift.Mode.choices)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    member = models.ForeignKey(
        "directory.Member", null=True, on_delete=models.PROTECT, related_name="roster_slots"
    )
    is_fixed = models.BooleanField(default=False)
    shift = models.OneToOneField(DutyShift, null=True, on_delete=models.SET_NULL, related_name="roster_slot")

    class Meta:
        ordering = ["starts_at", "pk"]
        indexes = [models.Index(fields=["member", "starts_at"], name="slot_of_member")]

    def __str__(self) -> str:
        return f"{self.roster_id} {self.starts_at:%F %R}"


class Leave(models.Model):
    """Days on which a member can't be on duty. The reason is for the liaison and the office only."""

    class State(models.TextChoices):
        ASKED = "asked", _("待答复")
        GRANTED = "granted", _("已同意")
        DECLINED = "declined", _("未同意")
        WITHDRAWN = "withdrawn", _("已撤回")

    member = models.ForeignKey("directory.Member", on_delete=models.PROTECT, related_name="leaves")
    starts_on = models.DateField(_("从哪天"))
    ends_on = models.DateField(_("到哪天"))
    reason = models.CharField(_("理由"), max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by_label = models.CharField(max_length=80, blank=True)
    answer = models.CharField(_("答复"), max_length=200, blank=True)

    class Meta:
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="leave_ends_after_start"
            )
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.starts_on:%F}–{self.ends_on:%F}"


class Swap(models.Model):
    """A member asks another to take a shift, alone or in exchange for one of theirs. Accepted, the shifts change hands."""

    class State(models.TextChoices):
        ASKED = "asked", _("等对方答复")
        ACCEPTED = "accepted", _("已换班")
        DECLINED = "declined", _("对方不换")
        WITHDRAWN = "withdrawn", _("已撤回")
        VOID = "void", _("作废")  # a shift was moved, removed or began before the answer

    shift = models.ForeignKey(DutyShift, null=True, on_delete=models.SET_NULL, related_name="swaps")
    in_return = models.ForeignKey(
        DutyShift, null=True, blank=True, on_delete=models.SET_NULL, related_name="swaps_in_return"
    )
    asked_by = models.ForeignKey("directory.Member", on_delete=models.PROTECT, related_name="swaps_asked")
    asked_of = models.ForeignKey("directory.Member", on_delete=models.PROTECT, related_name="swaps_received")
    words = models.CharField(_("说明"), max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(_("答复"), max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["shift"], condition=models.Q(state="asked"), name="one_open_swap_a_shift"
            )
        ]

    def __str__(self) -> str:
        return f"swap {self.pk}"


class HandOver(models.Model):
    """What whoever was on duty leaves for whoever comes next. Internal: read by the station and the office."""

    station = models.ForeignKey("directory.Workstation", on_delete=models.PROTECT, related_name="hand_overs")
    shift = models.ForeignKey(DutyShift, null=True, on_delete=models.SET_NULL, related_name="hand_overs")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    by_label = models.CharField(max_length=80)
    text = models.TextField(_("交接事项"))
    at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by_label = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["station", "-id"], name="hand_over_of_station")]

    def __str__(self) -> str:
        return f"hand-over {self.pk}"
