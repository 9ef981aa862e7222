"""The form for a matter entered on behalf of somebody who came, called or wrote."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.core.contacts import ContactGiven
from tongxin.core.forms import LineField, PhoneField
from tongxin.core.receipts import new_token
from tongxin.matters import held
from tongxin.matters.forms.work.base import CategoryField, ImagesField, WordsField
from tongxin.matters.models import Source
from tongxin.matters.work_selectors import communities

PURPOSE = "enter"
SOURCES = (Source.RECEPTION, Source.VISIT, Source.CALL, Source.PAPER, Source.HOTLINE)
SPOKEN = gettext_lazy(
    "工作人员念给本人听，本人口头同意：为办这件事，可以用这个电话联系我；不公开；随时可以撤回。"
)
WRITTEN = gettext_lazy("本人书面同意：为办这件事，可以用这个电话联系我；不公开；随时可以撤回。")


class _AreaChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, area: Any) -> str:
        return f"{area.parent.name} · {area.name}" if area.level == "community" and area.parent else area.name


class EnterForm(forms.Form):
    """What somebody said at the desk, at their door, on the telephone, in a letter or through the hotline."""

    token = forms.CharField(widget=forms.HiddenInput)
    source = forms.ChoiceField(
        label=gettext_lazy("怎么来的"),
        choices=[(s.value, s.label) for s in SOURCES],
        widget=forms.RadioSelect,
        initial=Source.RECEPTION.value,
    )
    text = WordsField(
        label=gettext_lazy("什么事"),
        rows=6,
        max_length=2000,
        help_text=gettext_lazy("照本人的话写。公开前会去掉个人信息。"),
    )
    area = _AreaChoice(
        label=gettext_lazy("在哪个社区"), queryset=communities(), empty_label=gettext_lazy("请选择")
    )
    place = LineField(label=gettext_lazy("具体地点"), max_length=120, required=False)
    category = CategoryField(
        label=gettext_lazy("类别"), required=False, empty_label=gettext_lazy("审核时再定")
    )
    photos = ImagesField(
        label=gettext_lazy("照片或信件扫描件"), help_text=gettext_lazy("只有办公室和本站看得到，公开前再挑。")
    )
    photos_held = forms.CharField(required=False, widget=forms.HiddenInput)
    name = LineField(label=gettext_lazy("称呼"), max_length=40, required=False)
    phone = PhoneField(label=gettext_lazy("电话"), max_length=30, required=False)
    consent = forms.ChoiceField(
        label=gettext_lazy("本人是否同意留下联系方式"),
        choices=[
            ("", gettext_lazy("没有留联系方式")),
            ("spoken", SPOKEN),
            ("written", WRITTEN),
        ],
        widget=forms.RadioSelect,
        required=False,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.is_bound:
            self.initial.setdefault("token", new_token(PURPOSE))

    def clean(self) -> dict[str, Any]:
        """Without consent no contact is kept, so name or phone without it is asked about."""
        data = super().clean() or {}
        data["photos"] = [*held.open_all(data.get("photos_held", "")), *(data.get("photos") or [])]
        if (data.get("name") or data.get("phone")) and not data.get("consent"):
            self.add_error("consent", _("留姓名或电话要先问本人同不同意。不同意就把它们删掉。"))
        if data.get("consent") and not data.get("phone") and "phone" not in self.errors:
            self.add_error("phone", _("同意联系的，请填电话。"))
        return data

    def contact(self) -> ContactGiven | None:
        """The contact with the words agreed to; None when none was given."""
        data = self.cleaned_data
        if not data.get("phone"):
            return None
        words = SPOKEN if data["consent"] == "spoken" else WRITTEN
        return ContactGiven(name=data["name"], phone=data["phone"], consent_text=str(words))
