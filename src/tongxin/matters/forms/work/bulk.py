"""The forms of lists: the filters above a work list, and what a bulk deed asks for."""

from collections.abc import Collection
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.core.redaction import find_personal_data
from tongxin.matters.actions.bulk import Choice
from tongxin.matters.forms.work.base import CategoryField, UnitField, WordsField
from tongxin.matters.work_selectors import active_members


class BulkForm(forms.Form):
    """What is filled in once for all: only what the plans ask for. ``words`` go public and must hold nothing personal."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    unit = UnitField(label=gettext_lazy("主办单位"))
    category = CategoryField(label=gettext_lazy("还没有类别的，归到"), empty_label=gettext_lazy("请选择"))
    convener = forms.ModelChoiceField(
        label=gettext_lazy("由哪位委员召集"), queryset=active_members(), empty_label=gettext_lazy("请选择")
    )
    words = WordsField(
        label=gettext_lazy("对大家说的话"),
        help_text=gettext_lazy("写进每一件的经过，大家看得到。"),
        rows=3,
        max_length=300,
    )

    def __init__(self, data: Any = None, *, asks: Collection[str], what: str) -> None:
        super().__init__(data, initial={"token": uuid4()})
        for name in ("unit", "category", "convener", "words"):
            if name not in asks:
                del self.fields[name]
        if what == "remind" and "words" in self.fields:
            self.fields["words"].label = _("催办的话")
            self.fields["words"].initial = "请抓紧办理，并在三个工作日内报进展。"
        elif "words" in self.fields:
            self.fields["words"].label = _("改派的理由")

    def clean_words(self) -> str:
        """Nothing personal: there is no second look at what goes to many places at once."""
        words: str = self.cleaned_data["words"]
        if find_personal_data(words):
            raise forms.ValidationError(_("里面有疑似个人信息，请改掉。"))
        return words

    def choice(self) -> Choice:
        """What was filled in."""
        data = self.cleaned_data
        return Choice(
            unit=data.get("unit"),
            convener=data.get("convener"),
            category=data.get("category"),
            words=data.get("words", ""),
        )
