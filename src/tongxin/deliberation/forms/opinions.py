"""Forms of conversations: taking part, and setting them up."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from tongxin.core.forms import LineField, TextField, TokenForm, refuse_personal
from tongxin.deliberation.actions.conversations import Terms
from tongxin.deliberation.actions.statements import REASONS
from tongxin.deliberation.models import Conversation
from tongxin.directory.models import Area

LONGEST = 140
MOST_SEEDS = 60


class StatementForm(TokenForm):
    """One statement, in one's own words."""

    purpose = "statement"
    text = LineField(
        label=_l("您的观点"),
        help_text=_l("一条只说一件事，让别人能答赞成或不赞成。"),
        min_length=4,
        max_length=LONGEST,
        validators=[refuse_personal],
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST}),
        error_messages={
            "required": _l("请写上您的观点。"),
            "min_length": _l("太短了，请写成一句完整的话。"),
            "max_length": _l("最多140个字，请写短一点；现在有%(show_value)d个字。"),
        },
    )
    is_different = forms.BooleanField(label=_l("我的意思不一样，照样提交"), required=False)


class AreaForm(forms.Form):
    """From where one votes; only for totals."""

    area = forms.ModelChoiceField(
        label=_l("您住在哪个街道？"),
        help_text=_l("只用来统计，不写也行。少于最小人数的不显示。"),
        queryset=Area.objects.filter(level=Area.Level.STREET).order_by("code"),
        required=False,
        empty_label=_l("不说"),
    )


class TermsForm(forms.Form):
    """What the convener sets."""

    question = LineField(label=_l("问大家什么"), max_length=120, help_text=_l("例如：村口怎么改？"))
    introduction = TextField(
        label=_l("说明"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    closes_at = forms.DateTimeField(
        label=_l("截止时间"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        help_text=_l("不填就一直开到您关闭。"),
    )
    takes_statements = forms.BooleanField(label=_l("参与的人可以写新观点"), required=False, initial=True)
    is_moderated_first = forms.BooleanField(label=_l("新观点先审后上"), required=False, initial=True)
    takes_guests = forms.BooleanField(label=_l("没有账号也可以表态"), required=False, initial=True)
    smallest_group = forms.IntegerField(
        label=_l("人数少于此的群体不显示"), min_value=3, max_value=100, initial=5
    )

    def clean_closes_at(self) -> datetime | None:
        """In the future."""
        moment: datetime | None = self.cleaned_data["closes_at"]
        if moment is not None and moment <= timezone.now():
            raise forms.ValidationError(_("截止时间要在现在以后。"))
        return moment

    def terms(self) -> Terms:
        """The cleaned fields."""
        return Terms(**{name: self.cleaned_data[name] for name in Terms.__slots__})

    @staticmethod
    def initial_of(conversation: Conversation) -> dict[str, Any]:
        """A conversation's terms as the form's first values."""
        return {name: getattr(conversation, name) for name in Terms.__slots__}


class OpeningForm(TermsForm):
    """The terms and the first statements."""

    seeds = TextField(
        label=_l("先放上的观点"),
        help_text=_l("一行一条，五条以上，正反都要有，大家才好表态。"),
        max_length=LONGEST * MOST_SEEDS,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": _l("请先放上几条观点。")},
    )

    def clean_seeds(self) -> list[str]:
        """One statement a line, none twice, none too long, none with personal data."""
        lines = list(
            dict.fromkeys(line.strip() for line in self.cleaned_data["seeds"].splitlines() if line.strip())
        )
        if len(lines) < 2:
            raise forms.ValidationError(_("至少要两条。"))
        if len(lines) > MOST_SEEDS:
            raise forms.ValidationError(_("最多%(most)s条。") % {"most": MOST_SEEDS})
        for number, line in enumerate(lines, start=1):
            if len(line) > LONGEST:
                raise forms.ValidationError(
                    _("第%(number)s条超过%(most)s个字。") % {"number": number, "most": LONGEST}
                )
            refuse_personal(line)
        return lines


class SeedForm(forms.Form):
    """One more statement by the convener."""

    text = LineField(label=_l("再放一条观点"), min_length=4, max_length=LONGEST, validators=[refuse_personal])


class RemovalForm(forms.Form):
    """Why a statement is not shown: a ground, or words."""

    ground = forms.ChoiceField(
        label=_l("理由"), choices=[("", _l("请选择")), *REASONS.items()], required=False
    )
    words = LineField(label=_l("补充说明"), max_length=120, required=False, validators=[refuse_personal])
    leaves_author_out = forms.BooleanField(label=_l("同时不计这个人的全部表态"), required=False)

    def clean(self) -> dict[str, Any]:
        """One of the two must be there."""
        data = super().clean() or self.cleaned_data
        if not data.get("ground") and not data.get("words"):
            self.add_error("ground", _("请选择或写明理由，大家都看得到。"))
        return data

    @property
    def reason(self) -> str:
        """The ground and the words in one line."""
        ground = str(REASONS.get(self.cleaned_data.get("ground", ""), ""))
        return "；".join(filter(None, (ground, self.cleaned_data.get("words", ""))))
