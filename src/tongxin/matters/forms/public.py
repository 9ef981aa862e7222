"""Forms for people without an account."""

from typing import Any

from django import forms
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongxin.core.contacts import ContactGiven
from tongxin.core.forms import LineField, PhoneField, TextField, TokenForm
from tongxin.deliberation.models import Comment
from tongxin.directory.models import Area, Workstation
from tongxin.matters.forms.fields import PhotosField, PhotosMixin
from tongxin.matters.models import Category, Rating, Source
from tongxin.matters.presenters import parse_number
from tongxin.matters.public_selectors import (
    area_by_code,
    area_groups,
    category_by_code,
    category_options,
    station_for,
)

NO_PLACE = _("请选择社区。不知道是哪个社区，就选街道。")
UNKNOWN_PLACE = _("没有这个社区，请在列表里选一个。")
CONSENT = _("同意为办这件事联系我。随时可以撤回。")


class ContactForm(TokenForm):
    """How to reach somebody: optional, and only with their consent, whose words are kept."""

    name = LineField(
        label=_("怎么称呼"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name", "data-private": ""}),
    )
    phone = PhoneField(label=_("怎么联系您？"), max_length=40, required=False)
    consent = forms.BooleanField(label=CONSENT, required=False)

    def clean(self) -> dict[str, Any]:
        """A contact without consent is not taken."""
        data = super().clean() or self.cleaned_data
        if (data.get("name") or data.get("phone")) and not data.get("consent"):
            self.add_error("consent", gettext("留了联系方式，请勾选同意；不同意就把称呼和电话清空。"))
        return data

    def contact(self) -> ContactGiven | None:
        """The contact with the words agreed to, or None when none was given."""
        data = self.cleaned_data
        if not (data.get("name") or data.get("phone")):
            return None
        return ContactGiven(data.get("name", ""), data.get("phone", ""), str(CONSENT))


def _categories() -> list[tuple[str, str]]:
    is_english = translation.get_language() == "en"
    return [
        ("", gettext("不确定")),
        *((code, en if is_english else name) for code, name, en in category_options()),
    ]


class RaiseForm(PhotosMixin, ContactForm):
    """One matter: what, where, how to reach you."""

    purpose = "raise"
    field_order = ["text", "area", "place", "category", "photos", "phone", "name", "consent"]

    text = TextField(
        label=_("什么事？"),
        help_text=_("时间、地点、影响到谁，想怎么解决。"),
        min_length=5,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": _("请写一写是什么事。"),
            "min_length": _("写得太短了，请多写几个字，让人看得明白。"),
            "max_length": _("最多2000个字，请写短一点；现在有%(show_value)d个字。"),
        },
    )
    area = forms.CharField(
        label=_("在哪个社区？"),
        max_length=16,
        widget=forms.Select,
        error_messages={"required": NO_PLACE, "max_length": UNKNOWN_PLACE},
    )
    place = LineField(
        label=_("具体地点"), help_text=_("例如：村口公交站旁。"), max_length=120, required=False
    )
    category = forms.CharField(label=_("哪一类？"), required=False, max_length=20, widget=forms.Select)
    photos = PhotosField(label=_("照片"), required=False)
    station = forms.CharField(widget=forms.HiddenInput, required=False, max_length=16)
    latitude = forms.CharField(widget=forms.HiddenInput, required=False)
    longitude = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Choices as functions: put together when the form is shown, not when it was sent.
        self.fields["area"].widget.choices = lambda: [("", gettext("请选择社区")), *area_groups()]
        # A station's QR code already says where; whoever chooses a place on that page corrects it.
        self.fields["area"].required = not self["station"].value()
        self.fields["category"].widget.choices = _categories

    def clean_station(self) -> Workstation | None:
        """The station whose QR code led here; an unknown one is nobody's mistake and is left out."""
        return station_for(self.cleaned_data["station"])

    def clean_area(self) -> Area | None:
        """A street or community of this district."""
        code = self.cleaned_data["area"]
        if not code:
            return None
        area = area_by_code(code)
        if area is None:
            raise forms.ValidationError(UNKNOWN_PLACE)
        return area

    def clean_category(self) -> Category | None:
        """A category in use."""
        code = self.cleaned_data["category"]
        if not code:
            return None
        category = category_by_code(code)
        if category is None:
            raise forms.ValidationError(gettext("没有这一类，请在列表里选，或者选“不确定”。"))
        return category

    def _degrees(self, name: str, most: float) -> float | None:
        # Filled in by the device, not by a person: what is not a place is left out instead of blocking the form.
        try:
            value = float(self.cleaned_data.get(name) or "nan")
        except ValueError:
            return None
        return value if -most <= value <= most else None

    def clean_latitude(self) -> float | None:
        """Degrees north, or None."""
        return self._degrees("latitude", 90)

    def clean_longitude(self) -> float | None:
        """Degrees east, or None."""
        return self._degrees("longitude", 180)

    def clean(self) -> dict[str, Any]:
        """The station's own area stands in for one not chosen."""
        data = super().clean()
        if not data.get("area") and "area" not in self.errors:
            station = data.get("station")
            if station is None:
                self.add_error("area", NO_PLACE)
            else:
                data["area"] = station.area
        return data

    @property
    def source(self) -> str:
        """A station's QR code, or the web."""
        return Source.QR if self.cleaned_data.get("station") else Source.PHONE


class TrackForm(forms.Form):
    """A number and its code, in whatever writing."""

    number = LineField(
        label=_("编号"),
        max_length=60,
        help_text=_("例如：S2026-12，或者 微建议〔2026〕12号。"),
        error_messages={"required": _("请写上编号。")},
    )
    code = LineField(
        label=_("查询码"),
        max_length=40,
        help_text=_("提交时给您的10个字母和数字，大小写都行。"),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "data-code-from-fragment": "",
            }
        ),
        error_messages={"required": _("请写上查询码。")},
    )

    def clean_number(self) -> str:
        """The number as addresses write it."""
        number = parse_number(self.cleaned_data["number"])
        if number is None:
            raise forms.ValidationError(gettext("编号看起来不对。它像 S2026-12 这样，请再看看回执。"))
        return number


class PhoneCodeForm(forms.Form):
    """A phone number, then the code that was sent to it."""

    phone = PhoneField(label=_("手机号"), max_length=40, error_messages={"required": _("请写上手机号。")})
    code = LineField(
        label=_("短信验证码"),
        max_length=12,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class AnswerForm(PhotosMixin, forms.Form):
    """More about a matter, asked for by the office."""

    answer = TextField(
        label=_("您的补充"),
        min_length=2,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("请写上您的补充。")},
    )
    photos = PhotosField(label=_("照片"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)


class MeTooForm(ContactForm):
    """I have this too."""

    purpose = "me_too"


class CommentForm(ContactForm):
    """Something said about a matter, and how one stands to it."""

    purpose = "comment"
    field_order = ["stance", "text", "phone", "name", "consent"]

    stance = forms.ChoiceField(
        label=_("您的态度"),
        choices=Comment.Stance.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("请选一个态度。")},
    )
    text = TextField(
        label=_("您的看法"),
        min_length=2,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("请写上您的看法。")},
    )


class ObjectionForm(ContactForm):
    """An objection while a decision is published."""

    purpose = "object"
    field_order = ["text", "phone", "name", "consent"]

    text = TextField(
        label=_("您的意见"),
        help_text=_("不同意哪一点，为什么，想怎么改。"),
        min_length=5,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("请写上您的意见。")},
    )


class HelpForm(ContactForm):
    """Help offered."""

    purpose = "help"
    field_order = ["text", "by_label", "phone", "name", "consent"]

    text = TextField(
        label=_("您能帮什么忙？"),
        min_length=5,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("请写上您能帮什么忙。")},
    )
    by_label = LineField(
        label=_("以什么名义（会公开）"),
        help_text=_("例如：村口便民超市。不填就写“居民”。"),
        max_length=60,
        required=False,
    )


class SignUpForm(ContactForm):
    """A seat at a meeting."""

    purpose = "sign_up"


SCORES = [(n, str(n)) for n in range(1, 6)]


class RatingForm(forms.Form):
    """Solved or not, attitude, result, in words."""

    solved = forms.ChoiceField(
        label=_("解决了吗？"),
        choices=Rating.Solved.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("请选一个。")},
    )
    attitude = forms.TypedChoiceField(
        label=_("态度怎么样？"),
        help_text=_("1 很不满意，5 很满意。"),
        choices=SCORES,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("请选1到5。")},
    )
    result = forms.TypedChoiceField(
        label=_("结果怎么样？"),
        help_text=_("1 很不满意，5 很满意。"),
        choices=SCORES,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("请选1到5。")},
    )
    words = TextField(
        label=_("想说的话（会公开）"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
