"""Fields that take what people really type, and forms that count once however often they are sent."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tongxin.core.crypto import PhoneInvalid, normalise_phone
from tongxin.core.receipts import TokenRefused, check_token, new_token
from tongxin.core.redaction import find_personal_data
from tongxin.core.text import clean_line, clean_text


def refuse_personal(text: str) -> None:
    """A validator of words that everybody reads as they are typed: what looks like personal data must go first."""
    if found := find_personal_data(text):
        words = "、".join(dict.fromkeys(find.text for find in found))
        raise ValidationError(
            _("像是个人信息：%(words)s。这里的话是公开的，请去掉。"), params={"words": words}
        )


class LineField(forms.CharField):
    """One line of text, cleaned of what cannot be seen."""

    def to_python(self, value: Any) -> str:
        """The cleaned text; "" for nothing."""
        return clean_line(str(value)).text if value else ""


class TextField(forms.CharField):
    """Several lines of text, cleaned of what cannot be seen; control characters and direction marks are left out."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        """The cleaned text; "" for nothing."""
        return clean_text(str(value)).text.strip() if value else ""


class PhoneField(forms.CharField):
    """A phone number in any usual writing; the cleaned value is its one form."""

    widget = forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel", "data-private": ""})

    def to_python(self, value: Any) -> str:
        """The normalised number; "" for nothing."""
        typed = clean_line(str(value)).text if value else ""
        if not typed:
            return ""
        try:
            return normalise_phone(typed)
        except PhoneInvalid as problem:
            raise ValidationError(problem.message, code=problem.reason.value) from None


class TokenForm(forms.Form):
    """A form that carries a signed token: sent fifty times, it counts once."""

    purpose = ""
    token = LineField(label=_("表单"), widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.token_value = new_token(self.purpose) if not self.is_bound else str(self.data.get("token", ""))

    def clean_token(self) -> str:
        """The token when it is ours; otherwise the form comes back, text kept, with a fresh one."""
        try:
            return check_token(self.cleaned_data.get("token", ""), self.purpose)
        except TokenRefused as refused:
            self.token_value = new_token(self.purpose)
            raise forms.ValidationError(refused.reason) from None
