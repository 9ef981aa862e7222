"""Forms of the minutes' draft and of what becomes of a conclusion."""

from django import forms
from django.utils.translation import gettext_lazy

from tongxin.core.forms import LineField, TextField

MOST_MINUTES = 5000


class DraftForm(forms.Form):
    """The draft as it stands, and the digest of the one it was made from."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=16)
    text = TextField(
        label=gettext_lazy("纪要草稿"),
        max_length=MOST_MINUTES,
        widget=forms.Textarea(attrs={"rows": 18}),
        help_text=gettext_lazy("居民只写身份和座位号，不写姓名。草稿只有召集人和办公室看得到。"),
    )


class LinkForm(forms.Form):
    """Which conclusion, and the number of the record it became."""

    view = forms.IntegerField(min_value=1)
    number = LineField(label=gettext_lazy("落实到哪件事（编号）"), max_length=24, required=False)
