"""The forms of the duty diary: own words, a contest, and the office's answer."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from tongxin.core.forms import LineField, TextField, TokenForm
from tongxin.core.models import Attachment
from tongxin.core.process import Publication
from tongxin.core.redaction import find_personal_data, redact
from tongxin.duty.actions.record.contests import Correction
from tongxin.duty.actions.record.words import WordsGiven
from tongxin.duty.models import Contest, DiaryEntry
from tongxin.matters import held
from tongxin.matters.forms.work.base import ImagesField

MOST_WORDS = 2000
LEVELS = (
    (
        Publication.INTERNAL.value,
        _l("只给自己看（政协办公室要答复异议，也看得到）"),
    ),
    (Publication.MEMBERS.value, _l("委员可见：登录的委员和政协各办公室看得到")),
    (Publication.PUBLIC.value, _l("公开：人人看得到，登在您的委员主页上")),
)


class DayField(forms.DateField):
    """A day, by the browser's own calendar."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)


class MomentField(forms.DateTimeField):
    """A day and time of day, in local time."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
            **options,
        )


def first_day() -> date:
    """The first day that can still be written about or missed: last year's first."""
    return date(timezone.localdate().year - 1, 1, 1)


def _check_day(day: date) -> date:
    if day > timezone.localdate():
        raise forms.ValidationError(_("这一天还没有到。"))
    if day < first_day():
        raise forms.ValidationError(_("只能补记今年和去年的。"))
    return day


class WordsForm(TokenForm):
    """Words about one's work: new ones, or on an entry there is (``entry``, then made at one version of it)."""

    purpose = "diary"
    day = DayField(label=_l("哪一天"))
    words = TextField(
        label=_l("自己的话"),
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_l("做了什么、听到什么、有什么想法。不写居民的姓名、电话和门牌。"),
    )
    photos = ImagesField(label=_l("照片"))
    photos_held = forms.CharField(required=False, widget=forms.HiddenInput)
    without = forms.ModelMultipleChoiceField(
        label=_l("拿掉哪些照片"), queryset=Attachment.objects.none(), required=False
    )
    publication = forms.ChoiceField(label=_l("给谁看"), choices=LEVELS, widget=forms.RadioSelect)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, files: Any = None, *, entry: DiaryEntry | None = None) -> None:
        self.entry = entry
        if entry is None:
            first: dict[str, Any] = {
                "day": timezone.localdate(),
                "publication": Publication.INTERNAL.value,
                "version": 0,
            }
        else:
            first = {"words": entry.words, "publication": entry.publication, "version": entry.version}
        super().__init__(data, files, initial=first)
        if entry is not None:
            del self.fields["day"], self.fields["token"]
            self.fields["words"].required = entry.kind == DiaryEntry.Kind.OWN
            self.fields["without"].queryset = entry.photos.all()  # type: ignore[attr-defined]
        else:
            del self.fields["without"]

    def clean_day(self) -> date:
        """Not in the future, and not so long ago that the record is closed."""
        return _check_day(self.cleaned_data["day"])

    def clean(self) -> dict[str, Any]:
        """Photos sent now join those kept from the page before and those of the entry, up to the limit."""
        data = super().clean() or {}
        images = [*held.open_all(data.get("photos_held", "")), *(data.get("photos") or [])]
        limit = int(settings.TONGXIN["photo_limit"])
        staying = 0
        if self.entry is not None:
            staying = self.entry.photos.count() - len(data.get("without") or [])
        if staying + len(images) > limit:
            self.add_error("photos", _("最多%(limit)s张照片。") % {"limit": limit})
            images = images[: max(0, limit - staying)]
        data["photos"] = images
        return data

    def held_photos(self) -> str:
        """What the hidden field carries so that photos need not be chosen again."""
        images = self.cleaned_data.get("photos") if hasattr(self, "cleaned_data") else None
        return held.hold_all(images) if images else ""

    @property
    def kept_count(self) -> int:
        """How many photos came with the form so far."""
        return len(held.open_all(str(self.data.get("photos_held", "")))) if self.is_bound else 0

    @property
    def goes_public(self) -> bool:
        """Whether a valid form would make words or photos public."""
        return self.cleaned_data.get("publication") == Publication.PUBLIC.value

    @property
    def has_personal(self) -> bool:
        """Whether likely personal data was found in the words of a valid form."""
        return bool(find_personal_data(self.cleaned_data.get("words") or ""))

    def again(self, *, redacted: bool) -> "WordsForm":
        """The same form once more, its photos kept, likely personal data masked when asked."""
        words = self.cleaned_data.get("words") or ""
        data = self.data.copy()
        data["photos_held"] = self.held_photos()
        if redacted:
            data["words"] = redact(words, find_personal_data(words))
        return self._unchecked(data)

    def at_version(self, version: int) -> "WordsForm":
        """The same form on top of what somebody else changed meanwhile."""
        data = self.data.copy()
        data["photos_held"] = self.held_photos()
        data["version"] = str(version)
        return self._unchecked(data)

    def _unchecked(self, data: Any) -> "WordsForm":
        form = WordsForm(data, entry=self.entry)
        form.full_clean()
        form.errors.clear()
        return form

    def moment(self) -> datetime:
        """When the words are of: now for today, noon for a day before."""
        day, now = self.cleaned_data["day"], timezone.localtime()
        return now if day == now.date() else datetime.combine(day, time(12), tzinfo=now.tzinfo)

    def given(self, *, is_confirmed: bool) -> WordsGiven:
        """For the action."""
        data = self.cleaned_data
        return WordsGiven(data["words"], data["publication"], data["photos"], is_confirmed)

    def without_ids(self) -> list[int]:
        """The photos to take out."""
        return [one.pk for one in self.cleaned_data.get("without") or []]


class ContestForm(forms.Form):
    """What is wrong with an entry."""

    reason = TextField(
        label=_l("哪里不对"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_l("例如：那天我请了假；时间写错了；这件事不是我办的。"),
    )


class MissingForm(forms.Form):
    """What is missing, and on which day."""

    day = DayField(label=_l("哪一天"))
    reason = TextField(
        label=_l("少了什么"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_l("在哪里、做了什么、有谁可以核实。"),
    )

    def clean_day(self) -> date:
        """Not in the future, and not so long ago that the record is closed."""
        return _check_day(self.cleaned_data["day"])


class AnswerForm(forms.Form):
    """The office's answer; what it does depends on whether an entry is contested or missing."""

    result = forms.ChoiceField(label=_l("怎么处理"), widget=forms.RadioSelect)
    kind = forms.ChoiceField(label=_l("补记成哪一类"), required=False)
    at = MomentField(label=_l("从什么时候"), required=False)
    ends_at = MomentField(label=_l("到什么时候"), required=False)
    what = LineField(
        label=_l("这一笔怎么写"),
        max_length=100,
        required=False,
        help_text=_l("一句话，不写个人信息：委员可能把它公开。"),
    )
    answer = TextField(
        label=_l("答复（写明理由）"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, data: Any = None, *, contest: Contest) -> None:
        self.contest = contest
        entry = contest.entry
        first: dict[str, Any] = {}
        if entry is not None:
            first = {"at": _local(entry.at), "ends_at": _local(entry.ends_at) if entry.ends_at else None}
        elif contest.day is not None:
            first = {"at": datetime.combine(contest.day, time(9))}
        super().__init__(data, initial=first)
        if entry is None:
            choices = [("added", _("确实少了，补记一笔")), ("refused", _("核实后不补记"))]
        else:
            choices = [
                ("corrected", _("确实有误，更正")),
                ("taken_out", _("确实没有这回事，删去")),
                ("refused", _("核实无误，维持原样")),
            ]
            del self.fields["kind"]
        self.fields["result"].choices = choices  # type: ignore[attr-defined]
        if entry is None:
            self.fields["kind"].choices = [  # type: ignore[attr-defined]
                choice for choice in DiaryEntry.Kind.choices if choice[0] != DiaryEntry.Kind.OWN
            ]

    def clean(self) -> dict[str, Any]:
        """A correction and an addition need their day; a new line needs its words, free of personal data."""
        data = super().clean() or {}
        result = data.get("result")
        if result not in {"added", "corrected"}:
            return data
        at, ends_at = data.get("at"), data.get("ends_at")
        if at is None and "at" not in self.errors:
            self.add_error("at", _("请写明从什么时候。"))
        if at and at > timezone.now():
            self.add_error("at", _("这个时间还没有到。"))
        if at and timezone.localdate(at).year != self.contest.record.year:
            self.add_error(
                "at", _("要在%(year)s年之内：这是那一年的档案。") % {"year": self.contest.record.year}
            )
        if at and ends_at and not at < ends_at <= at + timedelta(days=1):
            self.add_error("ends_at", _("结束要在开始以后、一天以内。"))
        if result == "added" and not data.get("what"):
            self.add_error("what", _("请写这一笔是什么。"))
        if find_personal_data(data.get("what") or ""):
            self.add_error("what", _("里面有疑似个人信息，请改掉。"))
        return data

    def correction(self) -> Correction:
        """For the action, when the contest is upheld."""
        data = self.cleaned_data
        if data["result"] == "taken_out":
            return Correction(is_taken_out=True)
        return Correction(False, data["at"], data["ends_at"], data["what"], data.get("kind", ""))


def _local(moment: datetime) -> datetime:
    return timezone.localtime(moment).replace(tzinfo=None)
