"""Forms of who keeps the directory."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.directory.actions import MOST_WEEKS
from tongxin.directory.importing.kinds import KINDS
from tongxin.directory.importing.reading import MAX_BYTES
from tongxin.directory.models import DutyShift, Member


class UploadForm(forms.Form):
    """Which table, and the file."""

    kind = forms.ChoiceField(label=_("导入什么"), choices=lambda: [(k.code, k.title) for k in KINDS.values()])
    file = forms.FileField(
        label=_("文件"),
        help_text=_("Excel（.xlsx）或 CSV，不超过 10 MB、20000 行。"),
        allow_empty_file=True,
        error_messages={"required": _("请选择一个文件。")},
    )

    def clean_file(self) -> Any:
        """Refuse what is too large before it is read."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(_("文件超过 10 MB，请分成几个文件。"))
        return file


class MemberChoice(forms.ModelChoiceField):
    """Members by name and code: two people may share a name."""

    def label_from_instance(self, member: Any) -> str:
        """What the list shows."""
        return f"{member.name}（{member.code}）"


class ShiftForm(forms.Form):
    """One shift of a station, repeated weekly when asked for."""

    member = MemberChoice(label=_("委员"), queryset=None, empty_label=_("请选择"))
    mode = forms.ChoiceField(label=_("方式"), choices=DutyShift.Mode.choices)
    date = forms.DateField(label=_("日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    start = forms.TimeField(label=_("开始"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    end = forms.TimeField(label=_("结束"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    weeks = forms.IntegerField(
        label=_("连排几周"),
        min_value=1,
        max_value=MOST_WEEKS,
        initial=1,
        help_text=_("每周同一天、同一时间。"),
    )

    def __init__(self, *args: Any, members: QuerySet[Member], **kwargs: Any) -> None:
        """``members`` are those posted to the station."""
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = members  # type: ignore[attr-defined]
        self.fields["date"].initial = timezone.localdate() + timedelta(days=1)

    def clean(self) -> dict[str, Any]:
        """Put day and times together; who works past midnight writes two shifts."""
        data = super().clean() or self.cleaned_data
        if {"date", "start", "end"} <= data.keys():
            if data["end"] <= data["start"]:
                self.add_error("end", _("结束要晚于开始；跨过半夜的请分成两次。"))
            data["starts_at"] = timezone.make_aware(datetime.combine(data["date"], data["start"]))
            data["ends_at"] = timezone.make_aware(datetime.combine(data["date"], data["end"]))
        return data
