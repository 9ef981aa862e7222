"""Forms of the units, of the raters' step and of the principals."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from tongxin.core.forms import LineField, refuse_personal
from tongxin.directory.models import Member
from tongxin.matters.forms.work.base import DaysField, ImagesField, UnitField, WordsField, WorkForm
from tongxin.matters.forms.work.deliberating import ResultForm
from tongxin.matters.rules import joint_unit_of
from tongxin.matters.work_selectors import active_members, ask_of, open_extension, open_offers

PHOTO_HINT = gettext_lazy("照片会公开。请避开人脸、车牌和门牌。")


class ConfirmForm(WorkForm):
    """Nothing to fill in: only to confirm."""


class ReasonForm(WorkForm):
    """A reason everybody can read."""

    public = ("reason",)
    reason = WordsField(label=gettext_lazy("理由"), rows=4, max_length=1000)


class ReplyForm(ResultForm):
    """A unit's reply to a micro-suggestion; its result chooses the transition."""

    public = ("reasons", "referred_to")


class NoteForm(WorkForm):
    """A word to everybody, if one likes."""

    public = ("note",)
    note = WordsField(label=gettext_lazy("对大家说一句"), required=False, rows=3, max_length=500)


class ObjectForm(ReasonForm):
    """A unit objects, with the unit it suggests; it never passes a matter on by itself."""

    suggested_unit = UnitField(label=gettext_lazy("建议由哪个单位办"), required=False)


class ReassignForm(WorkForm):
    """The office's answer to an objection: another unit, or the same one with a reason."""

    public = ("reason",)
    bits = "reassign"
    unit = UnitField(label=gettext_lazy("由哪个单位办"))
    reason = WordsField(label=gettext_lazy("理由"), rows=3, max_length=500)

    def prepare(self) -> None:
        """Start from the unit it is with."""
        self.fields["unit"].initial = self.matter.lead_unit_id


class ProgressForm(WorkForm):
    """Progress, with photos before and after."""

    public = ("text",)
    image_fields = ("before", "after")
    text = WordsField(label=gettext_lazy("进展"), rows=5, max_length=2000)
    before = ImagesField(label=gettext_lazy("办前照片"), help_text=PHOTO_HINT)
    after = ImagesField(label=gettext_lazy("办后照片"), help_text=PHOTO_HINT)


class JointForm(WorkForm):
    """A joint unit's opinion or progress, under its own name."""

    public = ("text",)
    bits = "joint"
    text = WordsField(label=gettext_lazy("会办意见或进展"), rows=5, max_length=2000)

    def prepare(self) -> None:
        """What the unit is asked to contribute stands above the box."""
        self.ask = ask_of(self.matter, joint_unit_of(self.actor, self.matter))


class UrgeForm(WorkForm):
    """A word to whoever is late, for everybody to read."""

    public = ("words",)
    words = WordsField(
        label=gettext_lazy("催办的话"),
        help_text=gettext_lazy("写进经过，大家看得到；同时通知现在该办的人。一天最多催一次。"),
        rows=3,
        max_length=300,
    )

    def prepare(self) -> None:
        """Start from words that fit."""
        with override(settings.LANGUAGE_CODE):
            self.fields["words"].initial = _("请抓紧办理，并在三个工作日内报进展。")


class AppointForm(WorkForm):
    """The member who convenes from now on."""

    convener = forms.ModelChoiceField(
        label=gettext_lazy("由哪位委员召集"), queryset=active_members(), empty_label=gettext_lazy("请选择")
    )

    def prepare(self) -> None:
        """Members posted to the matter's workstation come first."""
        field = cast("forms.ModelChoiceField[Member]", self.fields["convener"])
        field.queryset = active_members(station_first=self.matter.station_id)


class FinishForm(ProgressForm):
    """Done, with a report and evidence; then everybody rates."""

    text = WordsField(
        label=gettext_lazy("办理结果"),
        rows=6,
        max_length=3000,
        help_text=gettext_lazy("写明做了什么、在哪里、什么时候。办完由大家来评，单位说了不算。"),
    )


class AskExtensionForm(ReasonForm):
    """Ask for more working days."""

    workdays = DaysField(label=gettext_lazy("再要几个工作日"))
    field_order = ["workdays", "reason"]


class AnswerExtensionForm(WorkForm):
    """Grant or refuse more time; fewer days than asked for may be granted."""

    public = ("answer",)
    bits = "extension"
    is_granted = forms.ChoiceField(
        label=gettext_lazy("批不批"),
        choices=[("yes", gettext_lazy("同意延期")), ("no", gettext_lazy("不同意"))],
        widget=forms.RadioSelect,
    )
    workdays = DaysField(label=gettext_lazy("给几个工作日"), required=False)
    answer = WordsField(label=gettext_lazy("答复"), rows=3, max_length=500)

    def prepare(self) -> None:
        """Start from what was asked for."""
        self.extension = open_extension(self.matter)
        if self.extension is not None:
            self.fields["workdays"].initial = self.extension.workdays

    def clean(self) -> dict[str, Any]:
        """Granting needs a number of days, never more than was asked for."""
        data = super().clean()
        asked, given = self.extension, data.get("workdays")
        if data.get("is_granted") == "yes" and asked is not None and "workdays" not in self.errors:
            if not given:
                self.add_error("workdays", _("请填给几个工作日。"))
            elif given > asked.workdays:
                self.add_error("workdays", _("单位只申请了%(days)s个工作日。") % {"days": asked.workdays})
        return data


class AnswerHelpForm(WorkForm):
    """Answer one offer of help, in public."""

    public = ("answer",)
    offer = forms.ChoiceField(label=gettext_lazy("回应哪一条"), widget=forms.RadioSelect)
    answer = WordsField(label=gettext_lazy("回应"), rows=4, max_length=1000)

    def prepare(self) -> None:
        """The offers that wait for an answer."""
        self.offers = {str(offer.pk): offer for offer in open_offers(self.matter)}
        field = self.fields["offer"]
        self.set_choices("offer", [(pk, f"{o.by_label}：{o.public_text}") for pk, o in self.offers.items()])
        if len(self.offers) == 1:
            field.initial = next(iter(self.offers))

    def clean_offer(self) -> Any:
        """The offer itself."""
        return self.offers[self.cleaned_data["offer"]]


class TakeUpPromiseForm(WorkForm):
    """Begin to keep a promise, with a deadline."""

    public = ("text",)
    workdays = DaysField(label=gettext_lazy("几个工作日办好"))
    text = WordsField(label=gettext_lazy("怎么办"), rows=4, max_length=1000)


class RedoForm(ReasonForm):
    """A leader has the matter done again, by a deadline."""

    workdays = DaysField(label=gettext_lazy("几个工作日办好"))


class RemoveCommentForm(forms.Form):
    """Why a comment comes off the page; the reason stands in its place."""

    reason = LineField(
        label=gettext_lazy("移除的理由"),
        max_length=200,
        validators=[refuse_personal],
        help_text=gettext_lazy("理由会公开，写在这条留言的位置上。"),
    )
