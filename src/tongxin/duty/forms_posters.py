"""The form that asks for a batch of posters."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.duty.models import PosterBatch
from tongxin.duty.posters import LANGUAGE_NAMES


class PostersForm(forms.Form):
    """Which paper, which language, which stations."""

    size = forms.ChoiceField(
        label=_("纸张"), choices=PosterBatch.Size.choices, widget=forms.RadioSelect, initial="a4"
    )
    language = forms.ChoiceField(
        label=_("语言"), choices=list(LANGUAGE_NAMES.items()), widget=forms.RadioSelect, initial="zh"
    )
    street = forms.ChoiceField(label=_("哪些工作站"), required=False)

    def __init__(self, *args: Any, streets: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        """``streets`` are (code, name) of what can be chosen besides all; with none there is nothing to choose."""
        super().__init__(*args, **kwargs)
        if streets:
            self.fields["street"].choices = [("", _("全部")), *streets]  # type: ignore[attr-defined]
        else:
            del self.fields["street"]
