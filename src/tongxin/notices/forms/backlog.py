"""Forms of the page of messages that would not leave."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.notices.models import Channel

ACTS = [("resend", _("重发选中的")), ("resend_all", _("全部重发")), ("drop", _("不再发选中的"))]
CHOSEN_MOST = 50
REASON_MOST = 100


class FilterForm(forms.Form):
    """Which messages: of a channel, of a reason (``none`` for those without), before a number."""

    channel = forms.ChoiceField(required=False, choices=[("", ""), *Channel.choices])
    kind = forms.CharField(required=False, max_length=20)
    before = forms.IntegerField(required=False, min_value=1)

    def _clean(self) -> dict[str, Any]:
        self.is_valid()
        return self.cleaned_data

    def wanted(self) -> dict[str, Any]:
        """Channel and reason as the reads take them; what is not understood is left out."""
        data = self._clean()
        kind = data.get("kind", "")
        return {"channel": data.get("channel", ""), "kind": {"": None, "none": ""}.get(kind, kind)}

    def begins_before(self) -> int | None:
        """Where the page begins."""
        number: int | None = self._clean().get("before")
        return number

    def query(self) -> dict[str, str]:
        """The choice as address parameters."""
        data = self._clean()
        return {name: data[name] for name in ("channel", "kind") if data.get(name)}


class ChosenForm(forms.Form):
    """What to do with which messages. Giving up needs a reason; choosing none is said so."""

    do = forms.ChoiceField(choices=ACTS)
    chosen = forms.TypedMultipleChoiceField(required=False, coerce=int)
    reason = forms.CharField(
        label=_("为什么不再发"),
        required=False,
        max_length=REASON_MOST,
        help_text=_("只在“不再发”时要写，留在审计记录里。不要写个人信息。"),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        given = data.getlist("chosen") if data is not None else []
        numbers = [value for value in given if value.isdecimal() and len(value) < 18][:CHOSEN_MOST]
        self.fields["chosen"].choices = [(value, value) for value in numbers]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Something must be chosen, and a reason given where one is asked for."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("do") in {"resend", "drop"} and not data.get("chosen"):
            raise forms.ValidationError(_("请先选中要处理的消息。"))
        if data.get("do") == "drop" and not data.get("reason"):
            self.add_error("reason", _("请写一句为什么不再发。"))
        return data
