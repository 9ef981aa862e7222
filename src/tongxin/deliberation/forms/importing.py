"""The form for a conversation's export files."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

MOST_BYTES = 100_000_000


class ImportForm(forms.Form):
    """Three files of one export; the last is not needed."""

    votes = forms.FileField(
        label=_l("votes.csv（必需）"), error_messages={"required": _l("请选择 votes.csv。")}
    )
    comments = forms.FileField(
        label=_l("comments.csv（必需）"), error_messages={"required": _l("请选择 comments.csv。")}
    )
    summary = forms.FileField(label=_l("summary.csv（有题目和说明，可以没有）"), required=False)
    stays_open = forms.BooleanField(label=_l("导入以后接着收表态"), required=False)

    def clean(self) -> dict[str, Any]:
        """None of them larger than can be read at once."""
        data = super().clean() or self.cleaned_data
        for name in ("votes", "comments", "summary"):
            file = data.get(name)
            if file is not None and file.size > MOST_BYTES:
                self.add_error(name, _("文件太大，最多 %(most)s MB。") % {"most": MOST_BYTES // 1_000_000})
        return data
