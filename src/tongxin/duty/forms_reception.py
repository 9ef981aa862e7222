"""Forms of receptions: planning, booking, and the desk."""

import re
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from tongxin.core.actor import Actor
from tongxin.core.forms import LineField, TextField, refuse_personal
from tongxin.directory.models import Member, Workstation
from tongxin.duty.actions.reception.planning import MOST_TIMES, Plan
from tongxin.duty.models import Reception
from tongxin.duty.reception_queue import Slot, slot_times
from tongxin.duty.rules_reception import is_office
from tongxin.duty.selectors.reception import stations_to_plan
from tongxin.duty.selectors.visits import members_by_names
from tongxin.matters.forms.public import ContactForm
from tongxin.matters.forms.work.entry import EnterForm

MOST_SLOTS = 120


def members_named(typed: str) -> list[Member]:
    """Members by what was typed; raises ``ValidationError`` for a name nobody or several have."""
    names = [name for name in re.split(r"[、,，;；\s]+", typed) if name]
    if not names:
        return []
    found, unknown, shared = members_by_names(names[:20])
    if unknown:
        raise forms.ValidationError(_("没有找到委员：%(names)s。") % {"names": "、".join(unknown)})
    if shared:
        raise forms.ValidationError(
            _("不止一位委员叫%(names)s，请写委员证号。") % {"names": "、".join(shared)}
        )
    return found


class PlanForm(forms.Form):
    """A reception, or a row of them."""

    station = forms.ModelChoiceField(
        label=_l("在哪个工作站"), queryset=Workstation.objects.none(), empty_label=_l("请选择")
    )
    kind = forms.ChoiceField(
        label=_l("形式"),
        choices=Reception.Kind.choices,
        widget=forms.RadioSelect,
        initial=Reception.Kind.STATION.value,
    )
    title = LineField(
        label=_l("名称"),
        max_length=80,
        validators=[refuse_personal],
        help_text=_l("例如：委员接待日。公开。"),
    )
    topics = TextField(
        label=_l("接待主题"),
        max_length=1000,
        validators=[refuse_personal],
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_l("一行一个。公开；来说别的事也可以。"),
    )
    host_label = LineField(
        label=_l("由谁接待（公开的职务）"),
        max_length=80,
        required=False,
        help_text=_l("主席接待日写职务，例如：区政协副主席。"),
    )
    hosts = LineField(
        label=_l("接待的委员"), max_length=300, required=False, help_text=_l("写姓名，几位之间用顿号隔开。")
    )
    date = forms.DateField(
        label=_l("日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    start = forms.TimeField(
        label=_l("开始"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), initial="09:00"
    )
    end = forms.TimeField(
        label=_l("结束"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), initial="11:30"
    )
    slot_minutes = forms.IntegerField(label=_l("每人几分钟"), min_value=5, max_value=120, initial=15)
    seats_a_slot = forms.IntegerField(
        label=_l("每个时段几位"), min_value=1, max_value=20, initial=1, help_text=_l("有几个窗口就写几。")
    )
    takes_bookings = forms.BooleanField(label=_l("接受预约"), required=False, initial=True)
    every = forms.ChoiceField(
        label=_l("重复"),
        choices=[("weekly", _l("每周同一天")), ("monthly", _l("每月同一天"))],
        initial="weekly",
    )
    times = forms.IntegerField(
        label=_l("一共几次"),
        min_value=1,
        max_value=MOST_TIMES,
        initial=1,
        help_text=_l("遇到节假日顺延到下一个工作日。"),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)

    def __init__(self, data: Any = None, *, actor: Actor, reception: Reception | None = None) -> None:
        self.reception = reception
        super().__init__(data, initial=_initial(reception))
        stations = stations_to_plan(actor)
        self.fields["station"].queryset = stations  # type: ignore[attr-defined]
        if not is_office(actor):
            self.fields["kind"].choices = [(Reception.Kind.STATION.value, Reception.Kind.STATION.label)]  # type: ignore[attr-defined]
            first = stations.first()
            if reception is None and first is not None:
                self.initial.setdefault("station", first.pk)
        if reception is not None:
            del self.fields["every"], self.fields["times"]

    def clean_hosts(self) -> list[Member]:
        """Members by their names."""
        return members_named(self.cleaned_data["hosts"])

    def clean(self) -> dict[str, Any]:
        """Times in their order and to come; somebody who receives."""
        data = super().clean() or self.cleaned_data
        if {"date", "start", "end"} <= data.keys():
            data["starts_at"] = timezone.make_aware(datetime.combine(data["date"], data["start"]))
            data["ends_at"] = timezone.make_aware(datetime.combine(data["date"], data["end"]))
            if data["ends_at"] <= data["starts_at"]:
                self.add_error("end", _("结束要晚于开始。"))
            elif data["ends_at"] <= timezone.now():
                self.add_error("date", _("这个时间已经过去了。"))
            elif data.get("slot_minutes"):
                slots = slot_times(data["starts_at"], data["ends_at"], data["slot_minutes"])
                if not slots:
                    self.add_error("slot_minutes", _("比整个接待还长，请改短。"))
                elif len(slots) > MOST_SLOTS:
                    self.add_error("slot_minutes", _("时段太多了，请改长一些。"))
        no_host = not data.get("hosts") and not data.get("host_label")
        if no_host and "hosts" not in self.errors and "host_label" not in self.errors:
            self.add_error("hosts", _("请写由谁接待：委员的姓名，或者公开的职务。"))
        return data

    def plan(self) -> Plan:
        """For the action."""
        names = (
            "station",
            "kind",
            "title",
            "starts_at",
            "ends_at",
            "topics",
            "host_label",
            "hosts",
            "slot_minutes",
            "seats_a_slot",
            "takes_bookings",
        )
        return Plan(**{name: self.cleaned_data[name] for name in names})


def _initial(reception: Reception | None) -> dict[str, Any]:
    if reception is None:
        return {"date": timezone.localdate() + timedelta(days=7)}
    start, end = timezone.localtime(reception.starts_at), timezone.localtime(reception.ends_at)
    return {
        "station": reception.station_id,
        "kind": reception.kind,
        "title": reception.title,
        "topics": reception.topics,
        "host_label": reception.host_label,
        "hosts": "、".join(member.name for member in reception.hosts.all()),
        "date": start.date(),
        "start": start.time(),
        "end": end.time(),
        "slot_minutes": reception.slot_minutes,
        "seats_a_slot": reception.seats_a_slot,
        "takes_bookings": reception.takes_bookings,
        "version": reception.version,
    }


class CancelForm(forms.Form):
    """Why it is cancelled."""

    reason = LineField(
        label=_l("取消的原因"),
        max_length=200,
        validators=[refuse_personal],
        help_text=_l("公开；约了的人会收到这句话。"),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)


class SlotField(forms.ChoiceField):
    """A slot that has a seat; the cleaned value is its time."""

    def __init__(self, **options: Any) -> None:
        super().__init__(label=_l("几点来"), widget=forms.RadioSelect, **options)

    def offer(self, slots: list[Slot]) -> None:
        """What can be chosen."""
        self.times = {slot.value: slot.at for slot in slots}
        self.choices = [(slot.value, _slot_words(slot)) for slot in slots if slot.free > 0]

    def clean(self, value: Any) -> Any:
        """The slot's time."""
        return self.times[super().clean(value)]


def _slot_words(slot: Slot) -> str:
    time = f"{timezone.localtime(slot.at):%H:%M}"
    return time if slot.free == 1 else _("%(time)s（还有%(n)s个）") % {"time": time, "n": slot.free}


class BookForm(ContactForm):
    """A slot, what it is about, and how to reach somebody."""

    purpose = "book"
    field_order = ["slot", "topic", "needs_help", "phone", "name", "consent"]

    slot = SlotField(
        error_messages={
            "required": _l("请选一个时间。"),
            "invalid_choice": _l("这个时间刚被约走了，请另选一个。"),
        }
    )
    topic = LineField(
        label=_l("想说什么事"),
        max_length=200,
        required=False,
        help_text=_l("一句话就行。只有接待的人看得到。"),
    )
    needs_help = forms.BooleanField(label=_l("老人、残疾人、孕妇等，需要照顾"), required=False)

    def __init__(self, data: Any = None, *, slots: list[Slot]) -> None:
        super().__init__(data)
        self.fields["slot"].offer(slots)  # type: ignore[attr-defined]
        self.fields["phone"].help_text = _("改期、取消和前一天的提醒会告诉您。")


class MoveForm(forms.Form):
    """Another slot."""

    slot = SlotField(error_messages={"invalid_choice": _l("这个时间刚被约走了，请另选一个。")})

    def __init__(self, data: Any = None, *, slots: list[Slot]) -> None:
        super().__init__(data)
        self.fields["slot"].offer(slots)  # type: ignore[attr-defined]


class WalkInForm(forms.Form):
    """Somebody who came without a booking."""

    topic = LineField(label=_l("什么事（内部）"), max_length=200, required=False)
    needs_help = forms.BooleanField(label=_l("老人、残疾人等，优先"), required=False)


class EndForm(forms.Form):
    """How it ended without a matter."""

    how = LineField(
        label=_l("怎么了结的"), max_length=200, error_messages={"required": _l("请写一句怎么了结的。")}
    )


class DeskEntryForm(EnterForm):
    """What somebody says at the desk: as any entry on behalf; that it came at a reception is known."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        del self.fields["source"]
