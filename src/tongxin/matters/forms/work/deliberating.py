"""Forms of the deliberation, the decision and the publication."""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.core.forms import LineField, refuse_personal
from tongxin.core.redaction import find_personal_data, redact
from tongxin.deliberation.actions.meetings import (
    MOST_ITEMS,
    PRESENTER_LENGTH,
    TITLE_LENGTH,
    agenda_lines,
)
from tongxin.deliberation.actions.seats import attendance_of
from tongxin.deliberation.models import Meeting, ParticipantRole, View
from tongxin.deliberation.selectors.minutes import agenda_points
from tongxin.matters.actions.deliberating import ViewGiven
from tongxin.matters.forms.work.base import DaysField, JointUnitsMixin, UnitField, WordsField, WorkForm
from tongxin.matters.forms.work.photos import PhotosMixin
from tongxin.matters.models import Result
from tongxin.matters.work_selectors import (
    held_meetings,
    latest_decision,
    meetings_to_come,
    minuted_meetings,
    open_objections,
    views_to_answer,
)

DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
TIME = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
VIEW_ROWS, MOST_ROWS = 6, 60
NAMED_ROLES = (ParticipantRole.CONVENER, ParticipantRole.MEMBER, ParticipantRole.UNIT, ParticipantRole.EXPERT)


class CallMeetingForm(WorkForm):
    """Call a meeting; short notice needs a reason that everybody can read."""

    public = ("place", "agenda", "short_notice_reason")

    kind = forms.ChoiceField(
        label=gettext_lazy("形式"),
        choices=Meeting.Kind.choices,
        initial=Meeting.Kind.CONSULTATION,
        required=False,
    )
    starts_at = forms.DateTimeField(
        label=gettext_lazy("时间"), widget=TIME, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
    )
    place = LineField(label=gettext_lazy("地点"), max_length=120)
    agenda = WordsField(
        label=gettext_lazy("议程"),
        rows=5,
        max_length=2000,
        help_text=gettext_lazy(
            "一行一项。可以在后面写由谁介绍、几分钟，用竖线隔开：现状和方案｜街道｜20。材料以后再附。"
        ),
    )
    capacity = forms.IntegerField(label=gettext_lazy("居民名额"), min_value=1, max_value=500, initial=30)
    short_notice_reason = LineField(
        label=gettext_lazy("提前不足的理由"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("会议要提前通知。来不及时，把理由写给大家看。"),
    )

    def clean_kind(self) -> str:
        """A consultation unless another form is chosen."""
        return self.cleaned_data["kind"] or Meeting.Kind.CONSULTATION.value

    def clean_agenda(self) -> str:
        """As many points, and as short ones, as a meeting holds: nothing of what was typed is cut off unseen."""
        agenda: str = self.cleaned_data["agenda"]
        lines = agenda_lines(agenda)
        if not lines:
            raise forms.ValidationError(_("请写议程，一行一项。"))
        if len(lines) > MOST_ITEMS:
            raise forms.ValidationError(_("议程最多 %(n)s 项。") % {"n": MOST_ITEMS})
        for line in lines:
            if len(line.title) > TITLE_LENGTH:
                said = _("每一项最多 %(n)s 个字，这一项太长：%(start)s…")
                raise forms.ValidationError(said % {"n": TITLE_LENGTH, "start": line.title[:20]})
            if len(line.presenter) > PRESENTER_LENGTH:
                said = _("由谁介绍最多写 %(n)s 个字，这里太长：%(start)s…")
                raise forms.ValidationError(said % {"n": PRESENTER_LENGTH, "start": line.presenter[:20]})
        return agenda

    def clean_starts_at(self) -> Any:
        """A meeting is called before it begins."""
        at = self.cleaned_data["starts_at"]
        if at <= timezone.now():
            raise forms.ValidationError(_("会议时间要在现在以后。"))
        return at


def _meeting_label(meeting: Any) -> str:
    return f"{timezone.localtime(meeting.starts_at):%Y-%m-%d %H:%M} {meeting.place}"


class MeetingChoiceForm(WorkForm):
    """A form about one of the matter's meetings."""

    meeting = forms.ChoiceField(label=gettext_lazy("哪次会议"))

    def offered_meetings(self) -> list[Any]:
        """The meetings this form may be about."""
        return meetings_to_come(self.matter)

    def prepare(self) -> None:
        """Offer the meetings it may be about."""
        self.meetings = {str(meeting.pk): meeting for meeting in self.offered_meetings()}
        self.set_choices("meeting", [(pk, _meeting_label(m)) for pk, m in self.meetings.items()])

    def clean_meeting(self) -> Any:
        """The meeting itself."""
        return self.meetings[self.cleaned_data["meeting"]]


class CancelMeetingForm(MeetingChoiceForm):
    """Cancel a meeting, with a reason everybody can read."""

    public = ("reason",)
    reason = LineField(label=gettext_lazy("取消的理由"), max_length=200)


class MinutesForm(MeetingChoiceForm):
    """The minutes: who came in which role, what was said, agreed and held against it."""

    bits = "minutes"
    public = ("minutes",)

    minutes = WordsField(
        label=gettext_lazy("纪要"), rows=8, help_text=gettext_lazy("居民只写“居民”，不写姓名。纪要会公开。")
    )
    rows = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def offered_meetings(self) -> list[Any]:
        """Meetings that have begun and have no minutes yet."""
        return held_meetings(self.matter)

    def prepare(self) -> None:
        """One pair of fields for each role, and rows for the views."""
        super().prepare()
        points = agenda_points(list(self.meetings.values()))
        for role in ParticipantRole:
            self.fields[f"count_{role.value}"] = forms.IntegerField(
                label=_("%(role)s人数") % {"role": role.label}, min_value=0, max_value=9999, required=False
            )
            if role in NAMED_ROLES:
                self.fields[f"names_{role.value}"] = LineField(
                    label=_("%(role)s姓名或单位（公开）") % {"role": role.label},
                    max_length=300,
                    required=False,
                )
        for index in range(self.row_count()):
            self.fields[f"view_kind_{index}"] = forms.ChoiceField(
                label=_("第%(n)s条：类型") % {"n": index + 1}, choices=View.Kind.choices, required=False
            )
            self.fields[f"view_role_{index}"] = forms.ChoiceField(
                label=_("第%(n)s条：谁说的") % {"n": index + 1},
                choices=ParticipantRole.choices,
                required=False,
                initial=ParticipantRole.RESIDENT,
            )
            self.fields[f"view_text_{index}"] = WordsField(
                label=_("第%(n)s条：内容") % {"n": index + 1}, rows=2, max_length=1000, required=False
            )
            if points:
                self.fields[f"view_item_{index}"] = forms.ChoiceField(
                    label=_("第%(n)s条：哪个议题") % {"n": index + 1},
                    choices=[("", _("不分议题")), *points],
                    required=False,
                )
        self._start_from_draft()

    def _start_from_draft(self) -> None:
        """The draft and the count at the door, where one meeting is meant without doubt."""
        meant = [m for m in self.meetings.values() if m.minutes_draft] or list(self.meetings.values())
        if len(meant) != 1:
            return
        self.fields["meeting"].initial = str(meant[0].pk)
        self.fields["minutes"].initial = meant[0].minutes_draft
        for role, count in attendance_of(meant[0]).items():
            self.fields[f"count_{role}"].initial = count

    def row_count(self) -> int:
        """How many rows there are for views: six, and more when asked for."""
        asked = str(self.data.get("rows") or "") if self.is_bound else ""
        rows = int(asked) if asked.isdigit() else VIEW_ROWS
        if self.is_bound and "more_rows" in self.data:
            rows += VIEW_ROWS
        return max(VIEW_ROWS, min(rows, MOST_ROWS))

    def public_names(self) -> list[str]:
        """The minutes and every view that was written."""
        return ["minutes", *(f"view_text_{i}" for i in range(self.row_count()))]

    def attendance_rows(self) -> list[tuple[Any, Any]]:
        """Pairs of bound fields, count and names, for the template."""
        return [
            (self[f"count_{role.value}"], self[f"names_{role.value}"] if role in NAMED_ROLES else None)
            for role in ParticipantRole
        ]

    def view_rows(self) -> list[tuple[Any, Any, Any, Any]]:
        """Kind, role, words and (or None) point of the agenda, as bound fields for the template."""
        return [
            (
                self[f"view_kind_{i}"],
                self[f"view_role_{i}"],
                self[f"view_text_{i}"],
                self[f"view_item_{i}"] if f"view_item_{i}" in self.fields else None,
            )
            for i in range(self.row_count())
        ]

    def attendance(self) -> dict[str, tuple[int, str]]:
        """For each role how many came, and their public names."""
        data = self.cleaned_data
        return {
            role.value: (data.get(f"count_{role.value}") or 0, data.get(f"names_{role.value}") or "")
            for role in ParticipantRole
        }

    def views(self) -> list[ViewGiven]:
        """The views that were written."""
        data = self.cleaned_data
        return [
            ViewGiven(
                kind=data.get(f"view_kind_{i}") or View.Kind.SUGGESTION,
                by_role=data.get(f"view_role_{i}") or ParticipantRole.RESIDENT,
                text=data[f"view_text_{i}"],
                item_id=int(data.get(f"view_item_{i}") or 0) or None,
            )
            for i in range(self.row_count())
            if data.get(f"view_text_{i}")
        ]

    def clean(self) -> dict[str, Any]:
        """Somebody must have come."""
        data = super().clean()
        if not self.errors and not any(count for count, _names in self.attendance().values()):
            self.add_error(f"count_{ParticipantRole.RESIDENT.value}", _("请写到会人数。"))
        return data


class AmendMinutesForm(WorkForm):
    """Put one meeting's minutes right, with a reason everybody can read."""

    public = ("reason",)
    reason = LineField(
        label=gettext_lazy("为什么改"),
        max_length=200,
        validators=[refuse_personal],
        help_text=gettext_lazy("大家都看得到。原来的纪要留在经过里，不会消失。"),
    )

    def prepare(self) -> None:
        """One box for each meeting with minutes, holding what they say now."""
        self.meetings = minuted_meetings(self.matter)
        for meeting in self.meetings:
            self.fields[f"minutes_{meeting.pk}"] = WordsField(
                label=_("纪要：%(meeting)s") % {"meeting": _meeting_label(meeting)},
                rows=10,
                initial=meeting.minutes,
            )
        self.order_fields(["version", *(f"minutes_{meeting.pk}" for meeting in self.meetings), "reason"])

    def changed(self) -> list[Any]:
        """The meetings whose minutes say something else now."""
        data = getattr(self, "cleaned_data", {})
        return [m for m in self.meetings if data.get(f"minutes_{m.pk}", m.minutes) != m.minutes]

    def public_names(self) -> list[str]:
        """The minutes that change, and the reason."""
        return [*(f"minutes_{meeting.pk}" for meeting in self.changed()), "reason"]

    def clean(self) -> dict[str, Any]:
        """One meeting at a time: each new version has its own reason."""
        data = super().clean()
        changed = self.changed()
        if not self.errors and len(changed) != 1:
            raise forms.ValidationError(
                _("纪要没有改动。") if not changed else _("一次只改一次会议的纪要，各写各的理由。")
            )
        data["meeting"] = changed[0] if changed else None
        data["minutes"] = data.get(f"minutes_{changed[0].pk}") if changed else ""
        return data


class ConcludeForm(WorkForm):
    """End the deliberation and name the body that decides."""

    public = ("note",)
    decider = UnitField(label=gettext_lazy("送哪个单位研究"))
    workdays = DaysField(required=False, help_text=gettext_lazy("不填就用默认期限。"))
    note = WordsField(label=gettext_lazy("对大家说一句"), required=False, rows=3, max_length=500)

    def prepare(self) -> None:
        """Start from the body named at triage."""
        self.fields["decider"].initial = self.matter.decider_id


class ResultForm(WorkForm):
    """What a decision and a reply share: the result, and what each result needs."""

    needs_unit: ClassVar[bool] = False

    result = forms.ChoiceField(label=gettext_lazy("结果"), choices=Result.choices, widget=forms.RadioSelect)
    reasons = WordsField(
        label=gettext_lazy("理由和做法"), rows=6, help_text=gettext_lazy("写明办不办、怎么办、为什么。")
    )
    workdays = DaysField(required=False, help_text=gettext_lazy("采纳或部分采纳时填：多少个工作日办好。"))
    promised_on = forms.DateField(
        label=gettext_lazy("承诺办理日期"),
        required=False,
        widget=DATE,
        help_text=gettext_lazy("以后办时填。会一直挂到办成。"),
    )
    referred_to = LineField(
        label=gettext_lazy("转到哪个机关"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("转有权机关时填。"),
    )

    def clean(self) -> dict[str, Any]:
        """Each result needs its own figure."""
        data = super().clean()
        result = data.get("result")
        if (
            result in {Result.ADOPTED, Result.PARTLY}
            and not data.get("workdays")
            and "workdays" not in self.errors
        ):
            self.add_error("workdays", _("请填多少个工作日办好。"))
        if result == Result.LATER and "promised_on" not in self.errors:
            promised: date | None = data.get("promised_on")
            if promised is None:
                self.add_error("promised_on", _("请填承诺哪天办。"))
            elif promised <= timezone.localdate():
                self.add_error("promised_on", _("承诺的日期要在今天以后。"))
        if result == Result.REFERRED and not data.get("referred_to"):
            self.add_error("referred_to", _("请填转到哪个机关。"))
        if result not in {Result.ADOPTED, Result.PARTLY}:
            data["workdays"] = None
        if result != Result.LATER:
            data["promised_on"] = None
        if result != Result.REFERRED:
            data["referred_to"] = ""
        return data


class DecideForm(JointUnitsMixin, ResultForm):
    """The deciding body's own decision, with an answer to each consensus and each dissent."""

    bits = "decide"
    settles = ("views_answered",)
    public = ("reasons",)

    lead_unit = UnitField(label=gettext_lazy("主办单位"), required=False, empty_label=gettext_lazy("本单位"))
    field_order = [
        "result", "reasons", "lead_unit", "joint_1", "joint_2", "joint_3", "joint_ask", "workdays", "promised_on", "referred_to"
    ]  # fmt: skip

    def prepare(self) -> None:
        """One field for each consensus and dissent the deliberation left."""
        self.to_answer = views_to_answer(self.matter)
        for view in self.to_answer:
            self.fields[f"answer_{view.pk}"] = WordsField(
                label=_("对这条不同意见的答复") if view.kind == View.Kind.DISSENT else _("对这条共识的答复"),
                help_text=view.text,
                rows=3,
                max_length=1000,
                initial=view.answer,
            )
        self.order_fields(["version", "result", "reasons", *(f"answer_{view.pk}" for view in self.to_answer)])

    def public_names(self) -> list[str]:
        """Reasons and answers; the office previews the reasons once more before it publishes them."""
        return ["reasons", *(f"answer_{view.pk}" for view in self.to_answer)]

    def answers(self) -> dict[int, str]:
        """For each consensus and dissent its answer."""
        return {view.pk: self.cleaned_data[f"answer_{view.pk}"] for view in self.to_answer}


class PublishForm(PhotosMixin, WorkForm):
    """Publish a decision, in the wording settled at the preview."""

    public = ("public_text",)
    bits = "publish"
    public_text = WordsField(label=gettext_lazy("公示的内容"), rows=8)
    workdays = DaysField(label=gettext_lazy("公示几个工作日"))

    def prepare(self) -> None:
        """Start from the decision's reasons with likely personal data masked."""
        self.decision = latest_decision(self.matter)
        if self.decision is not None:
            reasons = self.decision.reasons
            self.fields["public_text"].initial = redact(reasons, find_personal_data(reasons))
        least = settings.TONGXIN["objection_days"]
        self.fields["workdays"].initial = least
        self.fields["workdays"].help_text = _("至少%(days)s个工作日。") % {"days": least}
        self.offer_photos()

    def clean_workdays(self) -> int:
        """Never less than the configured period."""
        days, least = int(self.cleaned_data["workdays"]), int(settings.TONGXIN["objection_days"])
        if days < least:
            raise forms.ValidationError(_("至少%(days)s个工作日。") % {"days": least})
        return days


class AnswerObjectionForm(WorkForm):
    """Answer one objection, in public."""

    public = ("answer",)
    objection = forms.ChoiceField(label=gettext_lazy("答复哪条意见"), widget=forms.RadioSelect)
    answer = WordsField(label=gettext_lazy("答复"), rows=5, max_length=2000)

    def prepare(self) -> None:
        """The objections that wait for an answer."""
        self.objections = {str(o.pk): o for o in open_objections(self.matter)}
        field = self.fields["objection"]
        self.set_choices("objection", [(pk, o.public_text) for pk, o in self.objections.items()])
        if len(self.objections) == 1:
            field.initial = next(iter(self.objections))

    def clean_objection(self) -> Any:
        """The objection itself."""
        return self.objections[self.cleaned_data["objection"]]
