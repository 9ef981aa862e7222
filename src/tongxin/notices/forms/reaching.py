"""Forms of following and of preferences."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from tongxin.core.crypto import PhoneInvalid, normalise_phone
from tongxin.core.forms import TokenForm
from tongxin.core.receipts import new_token
from tongxin.core.text import clean_line
from tongxin.notices.models import Channel, Concern, Rhythm

OUTSIDE = (Channel.EMAIL, Channel.SMS)
"""Channels whose address somebody can type in and prove with a code sent there."""
RHYTHMS = (Rhythm.NOW, Rhythm.DAILY, Rhythm.WEEKLY)
ADDRESS_MOST = 120


class AddressForm(TokenForm):
    """An address of one of the open channels, and the code that was sent there.

    The token keeps a form that is sent twice from asking for a second code; a page that asks for the code, or for
    another one, carries a fresh token.
    """

    purpose = "prove"
    channel = forms.ChoiceField(label=_("用什么告诉您"), widget=forms.RadioSelect)
    address = forms.CharField(
        label=_("邮箱或手机号"),
        max_length=ADDRESS_MOST,
        widget=forms.TextInput(attrs={"autocomplete": "email", "data-private": "", "spellcheck": "false"}),
        error_messages={"required": _("请写上邮箱或手机号。")},
    )
    code = forms.CharField(
        label=_("验证码"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, channels: list[Channel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [channel for channel in OUTSIDE if channel in channels]
        self.fields["channel"].choices = [(c.value, c.label) for c in offered]  # type: ignore[attr-defined]
        if len(offered) == 1:
            self.fields["channel"].initial = offered[0].value

    def ask_code(self) -> None:
        """A code is on its way: its field is shown as what is wanted next, in a form of its own."""
        self.token_value = new_token(self.purpose)
        self.fields["code"].required = True

    def clean(self) -> dict[str, Any]:
        """The address in its one form, as the channel wants it."""
        data = super().clean() or {}
        typed = clean_line(data.get("address", "")).text.strip()
        channel = data.get("channel")
        if channel == Channel.EMAIL and typed:
            try:
                validate_email(typed)
                data["address"] = typed.lower()
            except ValidationError:
                self.add_error("address", _("这不像一个邮箱，例如：name@example.com。"))
        elif channel == Channel.SMS and typed:
            try:
                data["address"] = normalise_phone(typed)
            except PhoneInvalid as problem:
                self.add_error("address", problem.message)
        return data


class FollowForm(AddressForm):
    """Follow without an account: where, and how often."""

    rhythm = forms.ChoiceField(
        label=_("多久告诉您一次"),
        choices=[(r.value, r.label) for r in RHYTHMS],
        initial=Rhythm.DAILY.value,
        widget=forms.RadioSelect,
        help_text=_("每天和每周的，几件事合在一条里说。"),
    )
    field_order = ["channel", "address", "rhythm", "code", "token"]


class RhythmsForm(forms.Form):
    """A rhythm for every concern by every open channel."""

    def __init__(self, *args: Any, channels: list[Channel], rhythms: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rhythms = rhythms
        self.rows: list[tuple[Concern, list[str]]] = []
        for concern in Concern:
            names = []
            for channel in channels:
                name = f"{concern}-{channel}"
                offered = (Rhythm.NOW, Rhythm.NEVER) if channel == Channel.INBOX else Rhythm
                kept = rhythms[concern, channel]
                if channel == Channel.INBOX and kept != Rhythm.NEVER:
                    kept = Rhythm.NOW.value  # a page that is read when one likes knows no digest
                self.fields[name] = forms.ChoiceField(
                    label=f"{concern.label} · {channel.label}",
                    choices=[(r.value, r.label) for r in offered],
                    initial=kept,
                )
                names.append(name)
            self.rows.append((concern, names))

    def table(self) -> list[tuple[str, list[tuple[str, Any]]]]:
        """The fields as rows: the concern, then the channel's name and its field."""
        return [
            (
                str(concern.label),
                [(str(Channel(name.partition("-")[2]).label), self[name]) for name in names],
            )
            for concern, names in self.rows
        ]

    def changed(self) -> dict[tuple[str, str], str]:
        """What was chosen otherwise than it was: the rest keeps following the district's defaults."""
        found = {}
        for name, value in self.cleaned_data.items():
            concern, _dash, channel = name.partition("-")
            if value != self.fields[name].initial:
                found[concern, channel] = value
        return found


class MarkForm(forms.Form):
    """Which notices are read: some, or everything up to a number."""

    chosen = forms.TypedMultipleChoiceField(required=False, coerce=int)
    up_to = forms.IntegerField(required=False, min_value=0, max_value=2**62)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        figures = [value for value in data.getlist("chosen") if value.isascii() and value.isdecimal()]
        self.fields["chosen"].choices = [(value, value) for value in figures if len(value) < 19]  # type: ignore[attr-defined]
