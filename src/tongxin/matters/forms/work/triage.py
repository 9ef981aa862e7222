"""Forms of the triage: ask for more, accept, merge, refer, decline."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from tongxin.core.forms import LineField
from tongxin.core.redaction import find_personal_data, redact
from tongxin.directory.models import Member
from tongxin.matters.actions.triage import suggested_public_text
from tongxin.matters.forms.work.base import (
    CategoryField,
    DaysField,
    JointUnitsMixin,
    UnitField,
    WordsField,
    WorkForm,
)
from tongxin.matters.forms.work.photos import PhotosMixin
from tongxin.matters.models import DeclineGround
from tongxin.matters.routing import similar_to, suggested_units_of
from tongxin.matters.selectors import matter_by_number
from tongxin.matters.work_selectors import active_members

CONTACT_WORDS = gettext_lazy("这段话只有提事人看得到。")


class AskMoreForm(WorkForm):
    """More is needed from the raiser; only they read the question."""

    question = WordsField(label=gettext_lazy("要补充什么"), help_text=CONTACT_WORDS, rows=4, max_length=500)


class AcceptForm(PhotosMixin, WorkForm):
    """What both ways of accepting share: the wording the public reads, the category, the photos."""

    public = ("title", "text", "note")
    bits = "accept"

    title = LineField(label=gettext_lazy("公开的标题"), max_length=60)
    text = WordsField(
        label=gettext_lazy("公开的内容"),
        help_text=gettext_lazy("已按原话去掉疑似个人信息。改成大家看得明白的话，不改原意。"),
        rows=7,
    )
    category = CategoryField(label=gettext_lazy("类别"), empty_label=gettext_lazy("请选择"))
    workdays = DaysField(required=False, help_text=gettext_lazy("不填就用默认期限。"))
    note = WordsField(label=gettext_lazy("对大家说一句"), required=False, rows=2, max_length=300)

    def prepare(self) -> None:
        """Start from the raiser's words with likely personal data masked."""
        matter = self.matter
        self.fields["title"].initial = redact(matter.title, find_personal_data(matter.title))
        self.fields["text"].initial = suggested_public_text(matter.original_text)
        self.fields["category"].initial = matter.category_id
        self.offer_photos()
        self.order_fields(["version", "title", "text", "photos"])
        self.suggested = suggested_units_of([matter]).get(matter.pk, [])


class AcceptSuggestionForm(JointUnitsMixin, AcceptForm):
    """Accept as a micro-suggestion, with the unit it goes to by letter."""

    lead_unit = UnitField(label=gettext_lazy("主办单位"))
    field_order = [
        "title", "text", "category", "lead_unit", "joint_1", "joint_2", "joint_3", "joint_ask", "workdays", "note"
    ]  # fmt: skip

    def prepare(self) -> None:
        """Offer the unit that handled most of the similar matters."""
        super().prepare()
        if self.suggested:
            self.fields["lead_unit"].initial = self.suggested[0].unit.pk


class AcceptConsultationForm(AcceptForm):
    """Accept as a micro-consultation, with the body that will decide and the member who convenes."""

    decider = UnitField(
        label=gettext_lazy("定事单位"),
        help_text=gettext_lazy("街道、社区或部门。政协是协商平台，不作决定。"),
    )
    convener = forms.ModelChoiceField(
        label=gettext_lazy("执行召集人（委员）"),
        queryset=active_members(),
        required=False,
        empty_label=gettext_lazy("由街道或工作站召集人召集"),
    )
    field_order = ["title", "text", "category", "decider", "convener", "workdays", "note"]

    def prepare(self) -> None:
        """Members posted to the matter's workstation come first."""
        super().prepare()
        if self.suggested:
            self.fields["decider"].initial = self.suggested[0].unit.pk
        posted_first = active_members(station_first=self.matter.station_id)
        cast("forms.ModelChoiceField[Member]", self.fields["convener"]).queryset = posted_first


class MergeForm(WorkForm):
    """Merge into a similar public matter: chosen from the list or by its number."""

    bits = "merge"

    survivor = forms.ChoiceField(label=gettext_lazy("并入哪一件"), required=False, widget=forms.RadioSelect)
    number = LineField(
        label=gettext_lazy("或者填编号"),
        required=False,
        max_length=24,
        help_text=gettext_lazy("例如 S2026-12。填了编号就以编号为准。"),
    )

    def prepare(self) -> None:
        """Offer the matters that say something alike."""
        self.similar = similar_to(self.matter)
        self.set_choices("survivor", [(m.number, f"{m.title}（{m.number}）") for m in self.similar])
        if not self.similar:
            del self.fields["survivor"]

    def clean(self) -> dict[str, Any]:
        """The surviving matter must be another one that is public and still open."""
        data = super().clean()
        number = (data.get("number") or data.get("survivor") or "").upper().replace(" ", "")
        if not number:
            raise forms.ValidationError(_("请选一件，或者填它的编号。"))
        target = matter_by_number(number, self.actor)
        if target is None or target.publication != "public":
            self.add_error("number", _("没有找到这个编号的公开事项。"))
        elif target.pk == self.matter.pk:
            self.add_error("number", _("不能并入它自己。"))
        data["target"] = target
        return data


class ReferForm(WorkForm):
    """Refer elsewhere, with a reply to the raiser."""

    refer_to = LineField(
        label=gettext_lazy("转到哪里"), max_length=60, help_text=gettext_lazy("例如：12345政务服务热线。")
    )
    reply = WordsField(label=gettext_lazy("给提事人的答复"), help_text=CONTACT_WORDS, max_length=1000)

    def prepare(self) -> None:
        """Start from a reply that says what to do next."""
        with override(settings.LANGUAGE_CODE):
            self.fields["reply"].initial = self._first_words()

    @staticmethod
    def _first_words() -> str:
        return _(
            "您好！您反映的事我们已收到。这件事由（部门）负责，我们已转去；您也可以直接联系他们，电话（号码）。谢谢您。"
        )


def decline_replies() -> dict[str, str]:
    """For each ground its standard reply, in the language of the people who read it, not of who sends it."""
    with override(settings.LANGUAGE_CODE):
        return _decline_replies()


def _decline_replies() -> dict[str, str]:
    return {
        DeclineGround.NOT_PUBLIC: _(
            "您好！您反映的事属于个人或家庭之间的事务，不属于协商受理的公共事务。建议找社区调解委员会帮忙。"
        ),
        DeclineGround.LITIGATION: _(
            "您好！您反映的事已进入诉讼、仲裁或复议，要等有权机关处理，我们不能同时受理。"
        ),
        DeclineGround.DUPLICATE_CLOSED: _("您好！同一件事已经办结，目前没有新情况。如果有新情况，欢迎再提。"),
        DeclineGround.EMERGENCY: _("您好！紧急情况请马上拨打110、119或120，这里不能处理紧急警情。"),
        DeclineGround.OUTSIDE: _("您好！您反映的地点不在本区。请向所在区的12345热线反映。"),
        DeclineGround.ABUSIVE: _("您好！内容里有攻击他人的话，我们没法受理。把要解决的事写清楚，欢迎再提。"),
    }


class DeclineForm(WorkForm):
    """Decline on one of the configured grounds, with a reply to the raiser."""

    bits = "decline"

    ground = forms.ChoiceField(label=gettext_lazy("理由"), widget=forms.RadioSelect)
    reply = WordsField(
        label=gettext_lazy("给提事人的答复"),
        required=False,
        help_text=gettext_lazy("不填就用下面这个理由的标准答复。只有提事人看得到。"),
        max_length=1000,
    )

    def prepare(self) -> None:
        """Only the grounds this district uses."""
        used = settings.TONGXIN.get("decline_grounds") or DeclineGround.values
        self.set_choices("ground", [(g.value, g.label) for g in DeclineGround if g.value in used])
        self.replies = [(DeclineGround(g).label, text) for g, text in decline_replies().items() if g in used]

    def clean(self) -> dict[str, Any]:
        """Without words of one's own the ground's own reply is sent."""
        data = super().clean()
        if data.get("ground") and not data.get("reply"):
            data["reply"] = decline_replies()[DeclineGround(data["ground"])]
        return data
