"""The form of a visit with up to five concerns, each of which becomes a matter."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from tongxin.core.actor import Actor
from tongxin.core.forms import LineField, TextField, TokenForm
from tongxin.core.receipts import TokenRefused, check_token, new_token
from tongxin.directory.models import Member
from tongxin.duty.actions.reception.visits import MOST_CONCERNS, ConcernGiven, VisitGiven
from tongxin.duty.forms_reception import members_named
from tongxin.duty.models import Visit
from tongxin.duty.selectors.visits import home_area, members_to_record_for, own_member
from tongxin.matters import held
from tongxin.matters.forms.work.entry import EnterForm, _AreaChoice
from tongxin.matters.work_selectors import communities

PURPOSE = "visit"
KEPT_DAYS = 30
"""How long a form may wait on a phone without a network; after that it comes back with its text."""
OLDEST_DAYS = 366


class _MemberChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name}（{obj.code}）"


class ConcernForm(EnterForm):
    """One concern: what a matter entered on behalf of somebody has, without source and community, which the visit
    gives. Left empty it is none.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("token", "source", "area"):
            del self.fields[name]
        self.fields["text"].required = False
        self.fields["text"].widget.attrs["rows"] = 4
        self.fields["photos"].label = _("照片")

    def clean(self) -> dict[str, Any]:
        """Something beside the words without the words is asked about."""
        data = super().clean()
        rest = ("place", "category", "photos", "name", "phone", "consent")
        if not data.get("text") and any(data.get(name) for name in rest) and "text" not in self.errors:
            self.add_error("text", _("请写上是什么事；不是一件事就把这一栏都清空。"))
        return data

    @property
    def is_given(self) -> bool:
        """Whether there is a concern."""
        return bool(self.cleaned_data.get("text"))

    @property
    def is_begun(self) -> bool:
        """Whether anything is in it, for the page to show it open."""
        if not self.is_bound:
            return False
        names = ("text", "place", "name", "phone", "consent", "photos_held")
        return bool(self.errors) or any(self.data.get(self.add_prefix(name)) for name in names)

    def given(self) -> ConcernGiven:
        """For the action."""
        data = self.cleaned_data
        return ConcernGiven(data["text"], data["place"], data["category"], self.contact(), data["photos"])


class VisitForm(TokenForm):
    """A visit. ``concerns`` are the five blocks of concerns, checked with it."""

    purpose = PURPOSE
    member = _MemberChoice(label=_l("哪位委员走访"), queryset=Member.objects.none(), empty_label=_l("请选择"))
    kind = forms.ChoiceField(
        label=_l("走访谁"),
        choices=Visit.Kind.choices,
        widget=forms.RadioSelect,
        initial=Visit.Kind.HOUSEHOLD.value,
    )
    area = _AreaChoice(label=_l("在哪个社区"), queryset=communities(), empty_label=_l("请选择"))
    visited_at = forms.DateTimeField(
        label=_l("什么时候"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
    )
    people_met = forms.IntegerField(label=_l("见了几个人"), min_value=0, max_value=9999, initial=1)
    companions = LineField(
        label=_l("同行的委员"),
        max_length=300,
        required=False,
        help_text=_l("写姓名，几位之间用顿号或空格隔开。"),
    )
    words = TextField(
        label=_l("了解到什么"),
        max_length=3000,
        required=False,
        help_text=_l("只有您、本站联络员和政协办公室看得到。要办的事写在下面，一件一栏。"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    offline = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, files: Any = None, *, actor: Actor) -> None:
        self.actor = actor
        self.own = own_member(actor)
        initial: dict[str, Any] = {"visited_at": timezone.localtime().replace(second=0, microsecond=0)}
        area = home_area(actor, self.own)
        if area is not None:
            initial["area"] = area.pk
        if self.own is not None:
            initial["member"] = self.own.pk
        super().__init__(data, files, initial=initial)
        members = members_to_record_for(actor)
        self.fields["member"].queryset = members  # type: ignore[attr-defined]
        if self.own is not None and set(actor_roles(actor)) <= {"member"}:
            self.fields["member"].widget = forms.HiddenInput()
            self.fields["member"].required = False
        self.concerns = [
            ConcernForm(data, files, prefix=f"c{number}") for number in range(1, MOST_CONCERNS + 1)
        ]

    def clean_token(self) -> str:
        """A token of ours; a form may have waited for a network for :data:`KEPT_DAYS` days."""
        try:
            return check_token(self.cleaned_data.get("token", ""), PURPOSE, max_age=KEPT_DAYS * 24 * 3600)
        except TokenRefused as refused:
            self.token_value = new_token(PURPOSE)
            raise forms.ValidationError(refused.reason) from None

    def clean_member(self) -> Member:
        """A member who is signed in writes their own."""
        chosen = self.cleaned_data.get("member") or self.own
        if chosen is None:
            raise forms.ValidationError(_("请选是哪位委员走访。"))
        return chosen

    def clean_visited_at(self) -> Any:
        """Not to come, and within a year."""
        at = self.cleaned_data["visited_at"]
        if at > timezone.now() + timedelta(hours=1):
            raise forms.ValidationError(_("走访的时间还没有到。走访以后再记。"))
        if at < timezone.now() - timedelta(days=OLDEST_DAYS):
            raise forms.ValidationError(_("这是一年以前的走访了，请再看看日期。"))
        return at

    def clean_companions(self) -> list[Member]:
        """Members by their names; a name that several have, or nobody, is asked about."""
        return members_named(self.cleaned_data["companions"])

    def is_valid(self) -> bool:
        """The visit and every concern."""
        checked = [concern.is_valid() for concern in self.concerns]  # each says what is wrong with it
        return super().is_valid() and all(checked)

    def given(self, *, was_kept: bool = False) -> VisitGiven:
        """For the action. ``was_kept``: a phone kept it while there was no network."""
        data = self.cleaned_data
        return VisitGiven(
            member=data["member"],
            kind=data["kind"],
            area=data["area"],
            visited_at=data["visited_at"],
            people_met=data["people_met"],
            companions=data["companions"],
            words=data["words"],
            was_offline=was_kept or bool(data["offline"]),
        )

    def concerns_given(self) -> list[ConcernGiven]:
        """The concerns that were written."""
        return [concern.given() for concern in self.concerns if concern.is_given]

    def keep_photos(self) -> None:
        """Keep the photos of a form that comes back: a browser can't send a file twice by itself."""
        for concern in self.concerns:
            photos = concern.cleaned_data.get("photos") if hasattr(concern, "cleaned_data") else None
            if photos:
                data = concern.data.copy()
                data[concern.add_prefix("photos_held")] = held.hold_all(photos)
                concern.data = data
                concern.kept_count = len(photos)  # type: ignore[attr-defined]


def actor_roles(actor: Actor) -> list[str]:
    """The roles an actor holds."""
    return [str(assignment.role) for assignment in actor.assignments]
