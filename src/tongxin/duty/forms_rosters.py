"""Forms of rosters: a pattern, a slot by hand, leave, a swap, a hand-over note."""

import re
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.core.forms import LineField, TextField
from tongxin.directory.models import DutyShift, Member
from tongxin.duty.actions.rosters.handover import MOST_CHARACTERS
from tongxin.duty.actions.rosters.patterns import PatternGiven
from tongxin.duty.actions.rosters.slots import MOST_WEEKS, SlotGiven
from tongxin.duty.models import RosterPattern, RosterSlot
from tongxin.duty.selectors.rosters import free_members

WEEKDAYS = [
    ("1", _("星期一")),
    ("2", _("星期二")),
    ("3", _("星期三")),
    ("4", _("星期四")),
    ("5", _("星期五")),
    ("6", _("星期六")),
    ("7", _("星期日")),
]


def _date() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _time() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class PatternForm(forms.Form):
    """When a station has duty. Which days field counts depends on the rule."""

    name = LineField(label=_("名称"), max_length=40, help_text=_("例如：每月 10 号、20 号接待"))
    mode = forms.ChoiceField(label=_("方式"), choices=DutyShift.Mode.choices)
    rule = forms.ChoiceField(
        label=_("哪些天"), choices=RosterPattern.Rule.choices, widget=forms.RadioSelect, initial="weekdays"
    )
    month_days = LineField(
        label=_("每月几号"),
        required=False,
        max_length=90,
        help_text=_("选“每月几号”时填，用逗号隔开，例如 10，20。没有 31 号的月份算到最后一天。"),
    )
    weekdays = forms.MultipleChoiceField(
        label=_("每周星期几"),
        required=False,
        choices=WEEKDAYS,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("选“每周星期几”时勾。"),
    )
    every_weeks = forms.IntegerField(
        label=_("隔几周一次"), min_value=1, max_value=12, initial=1, help_text=_("1 是每周，2 是隔周。")
    )
    counted_from = forms.DateField(
        label=_("从哪一周数起"),
        required=False,
        widget=_date(),
        help_text=_("隔周的才要填：轮到的那一周里任何一天。"),
    )
    starts = forms.TimeField(label=_("开始"), widget=_time())
    ends = forms.TimeField(label=_("结束"), widget=_time())
    people = forms.IntegerField(label=_("每次几位委员"), min_value=1, max_value=10, initial=1)
    on_holiday = forms.ChoiceField(label=_("遇节假日"), choices=RosterPattern.OnHoliday.choices)

    @staticmethod
    def initial_of(pattern: RosterPattern) -> dict[str, Any]:
        """What the form shows of a pattern that is there."""
        is_weekly = pattern.rule == RosterPattern.Rule.WEEKDAYS
        names = (
            "name",
            "mode",
            "rule",
            "every_weeks",
            "counted_from",
            "starts",
            "ends",
            "people",
            "on_holiday",
        )
        return {name: getattr(pattern, name) for name in names} | {
            "weekdays": [str(day) for day in pattern.days] if is_weekly else [],
            "month_days": "" if is_weekly else "，".join(str(day) for day in pattern.days),
        }

    def clean(self) -> dict[str, Any]:
        """The days that the rule asks for."""
        data = super().clean() or self.cleaned_data
        if data.get("rule") == RosterPattern.Rule.MONTH_DAYS:
            numbers = re.findall(r"\d+", data.get("month_days", ""))
            days = sorted({int(number) for number in numbers if len(number) <= 2})
            if (
                not days
                or len(numbers) != len([n for n in numbers if len(n) <= 2])
                or not 1 <= days[0] <= days[-1] <= 31
            ):
                self.add_error("month_days", _("请写 1 到 31 之间的日子，例如 10，20。"))
            data["days"] = days
        else:
            data["days"] = sorted(int(day) for day in data.get("weekdays", []))
            if not data["days"]:
                self.add_error("weekdays", _("请至少勾一天。"))
        if data.get("starts") and data.get("ends") and data["ends"] <= data["starts"]:
            self.add_error("ends", _("结束要晚于开始；跨过半夜的请分成两条。"))
        return data

    def given(self) -> PatternGiven:
        """For the action."""
        data = self.cleaned_data
        return PatternGiven(
            name=data["name"],
            mode=data["mode"],
            rule=data["rule"],
            days=data["days"],
            starts=data["starts"],
            ends=data["ends"],
            people=data["people"],
            every_weeks=data["every_weeks"],
            counted_from=data["counted_from"],
            on_holiday=data["on_holiday"],
        )


class MemberChoice(forms.ModelChoiceField):
    """Members by name and code: two people may share a name. ``notes`` says of some why they can't."""

    notes: dict[int, str] = {}

    def label_from_instance(self, member: Any) -> str:
        """What the list shows."""
        note = self.notes.get(member.pk, "")
        return f"{member.name}（{member.code}）" + (f" · {note}" if note else "")


class SlotForm(forms.Form):
    """One slot of a station; without a member it stays empty."""

    member = MemberChoice(
        label=_("委员"), queryset=Member.objects.none(), required=False, empty_label=_("（先空着）")
    )
    mode = forms.ChoiceField(label=_("方式"), choices=DutyShift.Mode.choices)
    date = forms.DateField(label=_("日期"), widget=_date())
    start = forms.TimeField(label=_("开始"), widget=_time())
    end = forms.TimeField(label=_("结束"), widget=_time())
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, station: Any, slot: RosterSlot | None = None, **kwargs: Any) -> None:
        """Lists who is posted to the station, with who is away or busy at the slot's time."""
        super().__init__(*args, **kwargs)
        field: Any = self.fields["member"]
        field.queryset = Member.objects.filter(postings__station=station, is_active=True).order_by("code")
        if slot is not None:
            words = {"leave": str(_("请假")), "busy": str(_("那时有别的班"))}
            field.notes = {
                member.pk: words[state]
                for member, state in free_members(station, slot.starts_at, slot.ends_at, besides=slot.pk)
                if state
            }
            if slot.member_id is not None:
                # Whoever took it in a swap may be posted elsewhere.
                field.queryset = (field.queryset | Member.objects.filter(pk=slot.member_id)).distinct()

    @staticmethod
    def initial_of(slot: RosterSlot) -> dict[str, Any]:
        """What the form shows of a slot that is there."""
        start, end = timezone.localtime(slot.starts_at), timezone.localtime(slot.ends_at)
        return {
            "member": slot.member_id,
            "mode": slot.mode,
            "date": start.date(),
            "start": start.time(),
            "end": end.time(),
            "version": slot.roster.version,
        }

    def clean(self) -> dict[str, Any]:
        """Put day and times together; who works past midnight writes two slots."""
        data = super().clean() or self.cleaned_data
        if {"date", "start", "end"} <= data.keys():
            if data["end"] <= data["start"]:
                self.add_error("end", _("结束要晚于开始；跨过半夜的请分成两次。"))
            else:
                data["starts_at"] = timezone.make_aware(datetime.combine(data["date"], data["start"]))
                data["ends_at"] = timezone.make_aware(datetime.combine(data["date"], data["end"]))
        return data

    def given(self) -> SlotGiven:
        """For the action."""
        data = self.cleaned_data
        return SlotGiven(data["mode"], data["starts_at"], data["ends_at"], data["member"])


class AddSlotForm(SlotForm):
    """A slot more, repeated weekly when asked for."""

    weeks = forms.IntegerField(
        label=_("连排几周"),
        min_value=1,
        max_value=MOST_WEEKS,
        initial=1,
        help_text=_("每周同一天、同一时间。"),
    )


class LeaveForm(forms.Form):
    """From which day to which."""

    starts_on = forms.DateField(label=_("从哪天"), widget=_date())
    ends_on = forms.DateField(label=_("到哪天"), widget=_date())
    reason = LineField(
        label=_("理由"),
        required=False,
        max_length=200,
        help_text=_("只有联络员和政协办公室看得到，可以不写。"),
    )

    def clean(self) -> dict[str, Any]:
        """The last day is not before the first."""
        data = super().clean() or self.cleaned_data
        first, last = data.get("starts_on"), data.get("ends_on")
        if isinstance(first, date) and isinstance(last, date) and last < first:
            self.add_error("ends_on", _("最后一天不能早于第一天。"))
        return data


class _ReturnChoice(forms.ModelChoiceField):
    def label_from_instance(self, shift: Any) -> str:
        start, end = timezone.localtime(shift.starts_at), timezone.localtime(shift.ends_at)
        return f"{shift.member.name} · {start:%m-%d %H:%M}–{end:%H:%M} · {shift.station.name}"


class SwapForm(forms.Form):
    """Whom to ask, and one of their shifts in return."""

    asked_of = MemberChoice(label=_("请谁值"), queryset=Member.objects.none(), empty_label=_("请选择"))
    in_return = _ReturnChoice(
        label=_("换对方的哪个班"),
        queryset=DutyShift.objects.none(),
        required=False,
        empty_label=_("不换，请对方代值"),
    )
    words = LineField(label=_("说明"), required=False, max_length=200)

    def __init__(self, *args: Any, members: list[Member], shifts: list[DutyShift], **kwargs: Any) -> None:
        """``members`` who are free then, ``shifts`` of theirs."""
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["asked_of"].queryset = Member.objects.filter(pk__in=[m.pk for m in members]).order_by("code")
        fields["in_return"].queryset = DutyShift.objects.filter(
            pk__in=[shift.pk for shift in shifts]
        ).select_related("member", "station")

    def clean(self) -> dict[str, Any]:
        """The shift in return is of who is asked."""
        data = super().clean() or self.cleaned_data
        shift, member = data.get("in_return"), data.get("asked_of")
        if shift is not None and member is not None and shift.member_id != member.pk:
            self.add_error("in_return", _("这个班不是所选委员的，请选他的班，或者选“不换”。"))
        return data


class NoteForm(forms.Form):
    """What to leave for whoever comes next."""

    text = TextField(
        label=_("交接事项"), max_length=MOST_CHARACTERS, widget=forms.Textarea(attrs={"rows": 3})
    )
