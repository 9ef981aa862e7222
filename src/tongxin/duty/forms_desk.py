"""Forms of the online desk, for both sides."""

from typing import Any

from django import forms
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongxin.core.contacts import ContactGiven
from tongxin.core.forms import LineField, TextField, TokenForm
from tongxin.directory.models import Area, Workstation
from tongxin.duty.selectors.desk import station_choices
from tongxin.matters.forms.fields import PhotosField, PhotosMixin
from tongxin.matters.forms.public import ContactForm
from tongxin.matters.models import Category, Rating
from tongxin.matters.public_selectors import (
    area_by_code,
    area_groups,
    category_by_code,
    category_options,
    station_for,
)

LONGEST = 2000
CONSENT = _("同意为答复和办理这件事联系我。随时可以撤回。")


def categories(empty: str) -> list[tuple[str, str]]:
    """Categories in use, in the reader's language, after one for none."""
    is_english = translation.get_language() == "en"
    return [("", empty), *((code, en if is_english else name) for code, name, en in category_options())]


class _CategoryMixin(forms.Form):
    category = forms.CharField(label=_("哪一类？"), required=False, max_length=20, widget=forms.Select)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].widget.choices = lambda: categories(gettext("不确定"))  # type: ignore[attr-defined]

    def clean_category(self) -> Category | None:
        """A category in use, or none."""
        code = self.cleaned_data["category"]
        if not code:
            return None
        category = category_by_code(code)
        if category is None:
            raise forms.ValidationError(gettext("没有这一类，请在列表里选，或者选“不确定”。"))
        return category


class AskForm(PhotosMixin, _CategoryMixin, ContactForm):
    """The first words to a desk; how to reach somebody is optional, and only with consent."""

    purpose = "desk_ask"
    field_order = ["text", "category", "photos", "phone", "name", "consent"]

    text = TextField(
        label=_("您想问什么？"),
        help_text=_("写清楚什么事、在哪里。别写身份证号、银行卡号。"),
        min_length=2,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": _("请写一写您想问什么。"),
            "min_length": _("写得太短了，请多写几个字，让人看得明白。"),
            "max_length": _("最多2000个字，请写短一点；现在有%(show_value)d个字。"),
        },
    )
    photos = PhotosField(label=_("照片"), required=False)
    consent = forms.BooleanField(label=CONSENT, required=False)

    def contact(self) -> ContactGiven | None:
        """The contact with the words agreed to, or None when none was given."""
        given = super().contact()
        return ContactGiven(given.name, given.phone, str(CONSENT)) if given else None


class SayForm(PhotosMixin, TokenForm):
    """One message, from either side. ``last`` is the last message its page showed."""

    purpose = "desk_say"

    text = TextField(
        label=_("接着说"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": _("请先写几个字。"),
            "max_length": _("最多2000个字，请写短一点；现在有%(show_value)d个字。"),
        },
    )
    photos = PhotosField(label=_("照片"), required=False)
    last = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=0)


class AnswerForm(SayForm):
    """An answer of the desk."""

    text = TextField(
        label=_("答复"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": _("请先写答复。"),
            "max_length": _("最多2000个字，请写短一点；现在有%(show_value)d个字。"),
        },
    )


class RateForm(forms.Form):
    """How it was: solved or not, the attitude, words for the conference."""

    solved = forms.ChoiceField(
        label=_("您的问题解决了吗？"),
        choices=Rating.Solved.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("请选一个：解决了、解决了一部分，还是没解决。")},
    )
    attitude = forms.TypedChoiceField(
        label=_("答复的态度"),
        coerce=int,
        choices=[
            (5, _("5 很好")),
            (4, _("4 好")),
            (3, _("3 一般")),
            (2, _("2 不好")),
            (1, _("1 很不好")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("请给态度打个分。")},
    )
    words = TextField(
        label=_("还想说的"),
        help_text=_("只有政协办公室看得到。"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class VersionForm(forms.Form):
    """An act that only needs to know which version of the conversation was seen."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class TransferForm(VersionForm):
    """Another station, and why."""

    to = forms.CharField(
        label=_("转给哪个工作站"),
        max_length=16,
        widget=forms.Select,
        error_messages={"required": _("请选一个工作站。")},
    )
    reason = TextField(
        label=_("为什么转"),
        help_text=_("给接手的工作站看，居民看不到。"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("请写明为什么转，接手的人好接着办。")},
    )

    def __init__(self, *args: Any, here: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.here = here
        self.fields["to"].widget.choices = lambda: [  # type: ignore[attr-defined]
            ("", gettext("请选择")),
            *(
                (street, [one for one in stations if one[0] != here])
                for street, stations in station_choices()
            ),
        ]

    def clean_to(self) -> Workstation:
        """Another active station."""
        station = station_for(self.cleaned_data["to"])
        if station is None or station.code == self.here:
            raise forms.ValidationError(gettext("请选另一个工作站。"))
        return station


class ConvertForm(_CategoryMixin, VersionForm):
    """What a matter needs besides the words, which are kept as they are."""

    field_order = ["title", "area", "place", "category"]

    title = LineField(
        label=_("标题"),
        max_length=60,
        help_text=_("一句话说清什么事，别写人名、电话、门牌号。"),
        error_messages={"required": _("请写一个标题。")},
    )
    area = forms.CharField(
        label=_("在哪个社区？"),
        max_length=16,
        widget=forms.Select,
        error_messages={"required": _("请选择社区。不知道是哪个社区，就选街道。")},
    )
    place = LineField(
        label=_("具体地点"), help_text=_("例如：村口公交站旁。"), max_length=120, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].widget.choices = lambda: [("", gettext("请选择社区")), *area_groups()]  # type: ignore[attr-defined]

    def clean_area(self) -> Area:
        """A street or community of this district."""
        area = area_by_code(self.cleaned_data["area"])
        if area is None:
            raise forms.ValidationError(gettext("没有这个社区，请在列表里选一个。"))
        return area


class CannedForm(_CategoryMixin):
    """A ready answer. ``station`` is chosen once, when it is written."""

    field_order = ["title", "category", "station", "text", "is_active"]

    title = LineField(label=_("标题"), max_length=60, error_messages={"required": _("请写一个标题。")})
    station = forms.CharField(label=_("哪个工作站用"), required=False, max_length=16, widget=forms.Select)
    text = TextField(
        label=_("答复"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("放进答复框以后还可以改，改好再发。"),
        error_messages={"required": _("请写答复。")},
    )
    is_active = forms.BooleanField(label=_("在用"), required=False, initial=True)
    seen = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)

    def __init__(self, *args: Any, stations: list[Workstation], for_all: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stations = {station.code: station for station in stations}
        self.for_all = for_all
        self.fields["category"].widget.choices = lambda: categories(gettext("不分类"))  # type: ignore[attr-defined]
        first = [("", gettext("全区通用"))] if for_all else []
        self.fields["station"].widget.choices = [  # type: ignore[attr-defined]
            *first,
            *((code, station.name) for code, station in self.stations.items()),
        ]

    def clean_station(self) -> Workstation | None:
        """One of the stations the person keeps; none is the whole district, for the office only."""
        code = self.cleaned_data["station"]
        if not code and self.for_all:
            return None
        if code not in self.stations:
            raise forms.ValidationError(gettext("请选一个工作站。"))
        return self.stations[code]
