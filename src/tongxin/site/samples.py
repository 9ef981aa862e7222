"""What the style page shows: invented data for every component, in every state it has."""

from datetime import timedelta
from typing import Any, NamedTuple

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class SampleStep(NamedTuple):
    """One item of a rail."""

    seal: str
    label: Any
    state: str
    when: str


class SampleForm(forms.Form):
    """One field of every kind a page uses."""

    text = forms.CharField(
        label=gettext_lazy("什么事？"),
        help_text=gettext_lazy("时间、地点、影响到谁，想怎么解决。"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
    )
    phone = forms.RegexField(
        r"^1\d{10}$",
        label=gettext_lazy("手机号"),
        required=False,
        error_messages={"invalid": gettext_lazy("手机号少了一位，请再看看。")},
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
    )
    result = forms.ChoiceField(
        label=gettext_lazy("解决了吗？"),
        choices=[
            ("yes", gettext_lazy("解决了")),
            ("partly", gettext_lazy("解决了一部分")),
            ("no", gettext_lazy("没解决")),
        ],
        widget=forms.RadioSelect,
    )
    street = forms.ChoiceField(
        label=gettext_lazy("哪个街道？"),
        choices=[("", gettext_lazy("请选择")), ("1", gettext_lazy("示范街道"))],
        required=False,
    )
    day = forms.DateField(
        label=gettext_lazy("哪一天？"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    photos = forms.FileField(
        label=gettext_lazy("照片"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/*"}),
    )
    consent = forms.BooleanField(label=gettext_lazy("同意为办这件事联系我。随时可以撤回。"))


def _rail(*states: str) -> list[SampleStep]:
    steps = [
        ("提", _("提事")),
        ("议", _("议事")),
        ("定", _("定事")),
        ("晒", _("晒事")),
        ("办", _("办事")),
        ("评", _("评事")),
    ]
    days = {"done": "3-04", "now": _("现在"), "todo": _("待"), "skipped": ""}
    return [
        SampleStep(seal, label, state, days[state])
        for (seal, label), state in zip(steps, states, strict=True)
    ]


def samples() -> dict[str, Any]:
    """The style page's context."""
    acting = _rail("done", "done", "done", "done", "now", "todo")
    short = _rail("done", "skipped", "skipped", "skipped", "now", "todo")
    rating = _rail("done", "done", "done", "done", "done", "now")
    today = timezone.localdate()
    return {
        "rail": acting,
        "short_rail": short,
        "board": [(step, count) for step, count in zip(acting, (38, 17, 12, 9, 164, 27), strict=True)],
        "rows": [
            (
                _("大托新村早晚高峰交通疏导"),
                [(s.seal, s.state) for s in acting],
                _("区交通运输局主办"),
                today + timedelta(days=3),
            ),
            (_("天剑社区公厕谁来管、几点开"), [(s.seal, s.state) for s in rating], _("金盆岭街道"), today),
            (
                _("南城社区电动车充电桩不够用"),
                [(s.seal, s.state) for s in short],
                _("先锋街道主办"),
                today - timedelta(days=2),
            ),
        ],
        "votes": [(_("赞成"), 375, "a"), (_("说不准"), 16, "b"), (_("不赞成"), 21, "c")],
        "form": SampleForm(),
        "bad_form": SampleForm({"text": _("村口早上七点半到八点半堵车，"), "phone": "1387312004"}),
        "today": today,
        "now": timezone.now(),
    }
