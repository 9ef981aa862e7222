"""Forms of who keeps the directory."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.core.tables import MAX_BYTES
from tongxin.directory.importing.kinds import KINDS
from tongxin.directory.portraits import CONSENT_TEXT


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


class PortraitForm(forms.Form):
    """A portrait and the consent to show it."""

    photo = forms.FileField(
        label=_("照片"),
        help_text=_("JPG、PNG 或 WebP。会裁成 3:4，去掉拍摄时间、地点和手机型号。"),
        widget=forms.FileInput(
            attrs={"accept": "image/jpeg,image/png,image/webp", "data-max-files": "1", "data-private": ""}
        ),
        allow_empty_file=True,
        error_messages={"required": _("请选择一张照片。")},
    )
    consent = forms.BooleanField(label=CONSENT_TEXT, error_messages={"required": _("要您同意才能公开。")})
