"""Forms of meetings: for those who convene them and those who come."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from tongxin.core.files import CleanDocument, FileRefused, clean_document
from tongxin.core.forms import LineField, TextField, TokenForm, refuse_personal
from tongxin.deliberation.actions.hearing_questions import TEXT_LENGTH
from tongxin.deliberation.actions.meetings import (
    MINUTES_PLANNED,
    MOST_MINUTES,
    PRESENTER_LENGTH,
    TITLE_LENGTH,
    ItemGiven,
)
from tongxin.deliberation.actions.seats import MOST_AT_ONCE
from tongxin.deliberation.models import ParticipantRole

MOST_DOCUMENT_BYTES = 20 * 1024 * 1024
HAND_PLACES = ("agree", "disagree", "pass")


class VersionForm(forms.Form):
    """A form that knows at which version of the meeting it was made."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)

    def seen(self) -> int:
        """That version; a form without one counts as outdated."""
        return int(self.cleaned_data.get("version") or 0)

    def public_texts(self) -> list[str]:
        """What everybody will read."""
        return []

    def clean(self) -> dict[str, Any]:
        """Public words are free of what looks like personal data."""
        data = super().clean() or self.cleaned_data
        for name in self.public_texts():
            try:
                refuse_personal(str(data.get(name) or ""))
            except forms.ValidationError as refused:
                self.add_error(name, refused)
        return data


class MoveForm(VersionForm):
    """Another time or place."""

    starts_at = forms.DateTimeField(
        label=_l("时间"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )
    place = LineField(label=_l("地点"), max_length=120)
    reason = LineField(
        label=_l("改期的理由"), max_length=200, help_text=_l("大家都看得到，报了名的人会收到。")
    )

    def public_texts(self) -> list[str]:
        """The reason stands in the history."""
        return ["reason"]

    def clean_starts_at(self) -> Any:
        """After now."""
        at = self.cleaned_data["starts_at"]
        if at <= timezone.now():
            raise forms.ValidationError(_("会议时间要在现在以后。"))
        return at


class TermsForm(VersionForm):
    """Seats, speaking time, questions."""

    capacity = forms.IntegerField(label=_l("居民名额"), min_value=1, max_value=500)
    seconds_each = forms.IntegerField(label=_l("每人发言（秒）"), min_value=30, max_value=3600)
    takes_questions = forms.BooleanField(label=_l("接受旁听的人提问（听证）"), required=False)


class ItemForm(VersionForm):
    """One point of the agenda with its document."""

    title = LineField(label=_l("议题"), max_length=TITLE_LENGTH)
    presenter = LineField(
        label=_l("由谁介绍"),
        max_length=PRESENTER_LENGTH,
        required=False,
        help_text=_l("单位或委员；居民写“居民代表”。"),
    )
    minutes_planned = forms.IntegerField(
        label=_l("预计几分钟"), min_value=1, max_value=MOST_MINUTES, initial=MINUTES_PLANNED
    )
    document = forms.FileField(
        label=_l("材料"),
        required=False,
        help_text=_l("PDF、Word、Excel 或文本，公开给所有人看。传新的就替换旧的。"),
    )

    def public_texts(self) -> list[str]:
        """All of it is public."""
        return ["title", "presenter"]

    def clean_document(self) -> CleanDocument | None:
        """The document, checked against its name."""
        file = self.cleaned_data.get("document")
        if not file:
            return None
        try:
            return clean_document(
                file.read(MOST_DOCUMENT_BYTES + 1), file.name or "", max_bytes=MOST_DOCUMENT_BYTES
            )
        except FileRefused as refused:
            raise forms.ValidationError(refused.message) from None

    def given(self) -> ItemGiven:
        """For the action."""
        data = self.cleaned_data
        return ItemGiven(data["title"], data["presenter"], data["minutes_planned"], data["document"])


class PutVoteForm(VersionForm):
    """A statement of the conversation, or new words."""

    statement = forms.IntegerField(required=False, min_value=1)
    text = LineField(label=_l("或者写一条新的"), max_length=140, required=False)

    def public_texts(self) -> list[str]:
        """It stands on the screen."""
        return ["text"]

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        data = super().clean()
        if not data.get("statement") and not data.get("text") and "text" not in self.errors:
            self.add_error("text", _("请选一条观点，或者写一条。"))
        return data


class HandsForm(forms.Form):
    """Raised hands by role."""

    def __init__(self, *args: Any, hands: dict[str, list[int]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for role in ParticipantRole:
            for place, name in enumerate(HAND_PLACES):
                self.fields[f"{role.value}_{name}"] = forms.IntegerField(
                    min_value=0,
                    max_value=9999,
                    required=False,
                    initial=((hands or {}).get(role.value) or [None] * 3)[place],
                )

    def rows(self) -> list[tuple[str, list[Any]]]:
        """Role, and its three bound fields."""
        return [
            (str(role.label), [self[f"{role.value}_{name}"] for name in HAND_PLACES])
            for role in ParticipantRole
        ]

    def hands(self) -> dict[str, tuple[int, int, int]]:
        """For the action."""
        data = self.cleaned_data
        return {
            role.value: (
                data.get(f"{role.value}_agree") or 0,
                data.get(f"{role.value}_disagree") or 0,
                data.get(f"{role.value}_pass") or 0,
            )
            for role in ParticipantRole
        }


class SpeakerForm(forms.Form):
    """Somebody for the speakers' list: a seat number, or a role with a public name."""

    seat_number = forms.IntegerField(label=_l("座位号"), required=False, min_value=1, max_value=2**31 - 1)
    role = forms.ChoiceField(
        label=_l("或者身份"), choices=[("", "—"), *ParticipantRole.choices], required=False
    )
    label = LineField(label=_l("姓名或单位"), max_length=60, required=False, help_text=_l("居民不写姓名。"))

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        data = super().clean() or self.cleaned_data
        if not data.get("seat_number") and not data.get("role"):
            self.add_error("seat_number", _("请写座位号，或者选身份。"))
        return data


class WalkInForm(forms.Form):
    """People who came without signing up."""

    role = forms.ChoiceField(
        label=_l("身份"), choices=ParticipantRole.choices, initial=ParticipantRole.RESIDENT
    )
    count = forms.IntegerField(label=_l("几位"), min_value=1, max_value=MOST_AT_ONCE, initial=1)


class ReasonForm(forms.Form):
    """Why a question is not taken up."""

    reason = LineField(label=_l("不采用的理由"), max_length=200, validators=[refuse_personal])


class AnswerForm(forms.Form):
    """What was answered."""

    answer = TextField(
        label=_l("答复"),
        max_length=2000,
        validators=[refuse_personal],
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class QuestionForm(TokenForm):
    """A question from the audience."""

    purpose = "question"
    text = LineField(
        label=_l("您想问什么？"),
        help_text=_l("先审后上，不署名。电话、门牌、姓名会自动遮住。"),
        min_length=5,
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": TEXT_LENGTH}),
        error_messages={
            "required": _l("请写上您的问题。"),
            "min_length": _l("太短了，请写成一句完整的话。"),
        },
    )


class CodeForm(forms.Form):
    """The tracking code of one's sign-up."""

    code = LineField(
        label=_l("报名时给您的查询码"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "data-private": ""}
        ),
    )
