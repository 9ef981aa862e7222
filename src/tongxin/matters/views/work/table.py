"""What the staff can do, as one table: each transition of the method with its form and the action it calls.

The generic view in ``doing`` reads it; so do the page of a matter and the tests.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.core.process import Transition
from tongxin.matters.actions import (
    acting,
    deciding,
    deliberating,
    minutes,
    publishing,
    rating,
    steering,
    triage,
)
from tongxin.matters.forms.work import acting as act_forms
from tongxin.matters.forms.work import deliberating as talk_forms
from tongxin.matters.forms.work import triage as triage_forms
from tongxin.matters.forms.work.base import WorkForm
from tongxin.matters.models import Matter
from tongxin.matters.rules import GUARDS, offered
from tongxin.matters.work_selectors import (
    held_meetings,
    meetings_to_come,
    minuted_meetings,
    open_objections,
    open_offers,
)

Call = Callable[[Matter, Actor, Any, int], Any]


@dataclass(frozen=True, slots=True)
class Deed:
    """How one transition is done in a browser.

    ``act`` gets the matter, the actor, the valid form and the version seen. ``group`` joins transitions that one form
    serves (its own answers choose between them); ``label`` is then the button's. ``is_main`` marks what usually comes
    next. ``idle`` says in words when there is nothing yet to do it to.
    """

    form: type[WorkForm]
    act: Call
    group: str = ""
    label: Any = ""
    hint: Any = ""
    is_main: bool = False
    idle: Callable[[Matter], str | None] | None = None


def _plain(action: Callable[..., Any], *names: str) -> Call:
    """A caller that hands the form's fields of these names to an action under the same names."""

    def call(matter: Matter, actor: Actor, form: Any, seen: int) -> Any:
        fields = {name: form.cleaned_data[name] for name in names}
        return action(matter, actor=actor, seen_version=seen, **fields)

    return call


ACCEPT_FIELDS = ("title", "text", "category", "workdays", "note")


def _accept_suggestion(matter: Matter, actor: Actor, form: Any, seen: int) -> Any:
    fields = {name: form.cleaned_data[name] for name in (*ACCEPT_FIELDS, "lead_unit")}
    with transaction.atomic():  # text and photos go public together
        triage.accept_suggestion(
            matter,
            actor=actor,
            joint_units=form.joint_units(),
            joint_ask=form.cleaned_data["joint_ask"],
            seen_version=seen,
            **fields,
        )
        _photos(matter, actor, form)


def _accept_consultation(matter: Matter, actor: Actor, form: Any, seen: int) -> Any:
    fields = {name: form.cleaned_data[name] for name in (*ACCEPT_FIELDS, "decider", "convener")}
    with transaction.atomic():
        triage.accept_consultation(matter, actor=actor, seen_version=seen, **fields)
        _photos(matter, actor, form)


def _photos(matter: Matter, actor: Actor, form: Any) -> None:
    if form.shown_photos:
        triage.publish_photos(matter, actor=actor, words=form.photo_words())


def _publish(matter: Matter, actor: Actor, form: Any, seen: int) -> Any:
    data = form.cleaned_data
    with transaction.atomic():
        publishing.publish_decision(
            matter, actor=actor, public_text=data["public_text"], workdays=data["workdays"], seen_version=seen
        )
        _photos(matter, actor, form)


def _merge(matter: Matter, actor: Actor, form: Any, seen: int) -> Any:
    return triage.merge_matter(matter, actor=actor, survivor=form.cleaned_data["target"], seen_version=seen)


def _record_minutes(matter: Matter, actor: Actor, form: Any, seen: int) -> Any:
    return deliberating.record_minutes(
        matter,
        actor=actor,
        meeting=form.cleaned_data["meeting"],
        minutes=form.cleaned_data["minutes"],
        attendance=form.attendance(),
        views=form.views(),
        seen_version=seen,
    )


RESULT_FIELDS = ("result", "reasons", "workdays", "promised_on", "referred_to")


def _decide(matter: Matter, actor: Actor, form: Any, seen: int) -> Any:
    data = form.cleaned_data
    return deciding.decide_matter(
        matter,
        actor=actor,
        answers=form.answers(),
        lead_unit=data["lead_unit"] or matter.decider,
        joint_units=form.joint_units(),
        joint_ask=data["joint_ask"],
        seen_version=seen,
        **{name: data[name] for name in RESULT_FIELDS},
    )


def _answer_extension(matter: Matter, actor: Actor, form: Any, seen: int) -> Any:
    data = form.cleaned_data
    return acting.answer_extension(
        matter,
        actor=actor,
        is_granted=data["is_granted"] == "yes",
        answer=data["answer"],
        workdays=data["workdays"],
        seen_version=seen,
    )


def _finish(matter: Matter, actor: Actor, form: Any, seen: int) -> Any:
    data = form.cleaned_data
    return acting.finish_action(
        matter,
        actor=actor,
        report=data["text"],
        before=data["before"],
        after=data["after"],
        seen_version=seen,
    )


def _no_meeting_to_cancel(matter: Matter) -> str | None:
    return None if meetings_to_come(matter) else _now("没有可以取消的会议。")


def _no_meeting_held(matter: Matter) -> str | None:
    if held_meetings(matter):
        return None
    return _now("还没有开过、等着记纪要的会议。会议开始以后才能记纪要。")


def _no_minutes(matter: Matter) -> str | None:
    return None if minuted_meetings(matter) else _now("还没有记下来的纪要。")


def _no_open_objection(matter: Matter) -> str | None:
    return None if open_objections(matter) else _now("没有等着答复的公示意见。")


def _no_open_offer(matter: Matter) -> str | None:
    return None if open_offers(matter) else _now("没有等着回应的帮忙。")


_conclude_publication = _plain(publishing.conclude_publication)
_close_rating = _plain(rating.close_rating)
_reopen = _plain(rating.reopen_matter, "reason")
_reply = _plain(acting.reply_to_suggestion, *RESULT_FIELDS)
_reassign = _plain(acting.reassign_task, "unit", "reason")
CONFIRM = act_forms.ConfirmForm
REASON = act_forms.ReasonForm

FORMS: dict[str, Deed] = {
    "accept_suggestion": Deed(
        triage_forms.AcceptSuggestionForm, _accept_suggestion, is_main=True,
        hint=_("一件具体的事，转给一个单位办，由它答复。"),
    ),
    "accept_consultation": Deed(
        triage_forms.AcceptConsultationForm, _accept_consultation, is_main=True,
        hint=_("大家共同关心、看法不一的事，先开会商量。"),
    ),
    "ask_more": Deed(
        triage_forms.AskMoreForm, _plain(triage.ask_more, "question"),
        hint=_("说得不够清楚，请提事人补充；等待期间暂停计时。"),
    ),
    "merge": Deed(
        triage_forms.MergeForm, _merge, hint=_("已经有人提过同一件事；提事人跟着那件事看进展。"),
    ),
    "refer": Deed(
        triage_forms.ReferForm, _plain(triage.refer_matter, "refer_to", "reply"), label=_("转给别的机关"), hint=_("该由别的机关管，告诉提事人去处。"),
    ),
    "decline": Deed(
        triage_forms.DeclineForm, _plain(triage.decline_matter, "ground", "reply"), label=_("不予受理"), hint=_("只能按规定的理由，并答复提事人。"),
    ),
    "call_meeting": Deed(
        talk_forms.CallMeetingForm,
        _plain(deliberating.call_meeting, "kind", "starts_at", "place", "agenda", "capacity", "short_notice_reason"),
        is_main=True,
        hint=_("提前通知，大家都能报名。"),
    ),
    "cancel_meeting": Deed(talk_forms.CancelMeetingForm, _plain(deliberating.cancel_meeting, "meeting", "reason"), idle=_no_meeting_to_cancel),
    "record_minutes": Deed(
        talk_forms.MinutesForm, _record_minutes, is_main=True, idle=_no_meeting_held, hint=_("谁来了、说了什么、有什么不同意见。"),
    ),
    "amend_minutes": Deed(
        talk_forms.AmendMinutesForm, _plain(minutes.amend_minutes, "meeting", "minutes", "reason"), idle=_no_minutes,
        hint=_("记错了可以改，写明理由；原来的留在经过里。"),
    ),
    "conclude": Deed(
        talk_forms.ConcludeForm, _plain(deliberating.conclude_deliberation, "decider", "note", "workdays"), is_main=True,
        hint=_("商量完了，把纪要和意见交给责任单位。"),
    ),
    "decide": Deed(
        talk_forms.DecideForm, _decide, is_main=True, hint=_("由本单位作出决定，逐条回应共识和不同意见；公示前只有办公室看得到。"),
    ),
    "publish_decision": Deed(
        talk_forms.PublishForm, _publish, is_main=True,
        hint=_("核对个人信息，公开决定，听取意见。"),
    ),
    "answer_objection": Deed(
        talk_forms.AnswerObjectionForm, _plain(publishing.answer_objection, "objection", "answer"), is_main=True, idle=_no_open_objection,
    ),
    "return_decision": Deed(REASON, _plain(publishing.return_decision, "reason"), hint=_("意见有道理，请责任单位再研究。")),
    "hand_over": Deed(CONFIRM, _conclude_publication, group="conclude_publication", is_main=True),
    "keep_promise_open": Deed(CONFIRM, _conclude_publication, group="conclude_publication", is_main=True),
    "ask_rating": Deed(CONFIRM, _conclude_publication, group="conclude_publication", is_main=True),
    "take_on": Deed(
        act_forms.ReplyForm, _reply, group="reply", label=_("答复"), is_main=True, hint=_("办不办、怎么办、哪天办好，大家都看得到。"),
    ),
    "promise": Deed(act_forms.ReplyForm, _reply, group="reply", label=_("答复"), is_main=True),
    "explain": Deed(act_forms.ReplyForm, _reply, group="reply", label=_("答复"), is_main=True),
    "accept_task": Deed(
        act_forms.NoteForm, _plain(acting.accept_task, "note"), is_main=True, hint=_("接办后按决定的期限计时。"),
    ),
    "object_task": Deed(
        act_forms.ObjectForm, _plain(acting.object_task, "reason", "suggested_unit"),
        hint=_("不归本单位办，说明理由，由办公室改派。"),
    ),
    "reassign": Deed(act_forms.ReassignForm, _reassign, is_main=True),
    "reassign_full": Deed(act_forms.ReassignForm, _reassign, is_main=True),
    "report_progress": Deed(
        act_forms.ProgressForm, _plain(acting.report_progress, "text", "before", "after"), is_main=True,
        hint=_("办到哪一步了，附上照片。"),
    ),
    "ask_extension": Deed(act_forms.AskExtensionForm, _plain(acting.ask_extension, "workdays", "reason")),
    "answer_extension": Deed(act_forms.AnswerExtensionForm, _answer_extension, is_main=True),
    "report_joint": Deed(
        act_forms.JointForm, _plain(acting.report_joint, "text"), is_main=True,
        hint=_("以会办单位的名义写进经过；主办单位的期限照常计。"),
    ),
    "urge": Deed(act_forms.UrgeForm, _plain(steering.urge_matter, "words"), hint=_("提醒现在该办的人，写进经过。")),
    "take_back": Deed(REASON, _plain(steering.take_back_assignment, "reason"), hint=_("单位还没有答复时可以撤回，重新审核分办。")),
    "appoint": Deed(act_forms.AppointForm, _plain(steering.appoint_convener, "convener"), hint=_("换一位委员来召集这次协商。")),
    "accept_help": Deed(act_forms.AnswerHelpForm, _plain(acting.answer_help, "offer", "answer"), idle=_no_open_offer),
    "take_up_promise": Deed(
        act_forms.TakeUpPromiseForm, _plain(acting.take_up_promise, "workdays", "text"), is_main=True,
    ),
    "finish": Deed(act_forms.FinishForm, _finish, is_main=True, hint=_("写明结果，附上照片，然后请大家评。")),
    "reopen": Deed(REASON, _reopen, group="reopen", hint=_("没有解决，重新办理一次。")),
    "escalate": Deed(REASON, _reopen, group="reopen", hint=_("重新办理过仍没解决，请领导协调。")),
    "redo": Deed(act_forms.RedoForm, _plain(rating.redo_escalated, "reason", "workdays"), is_main=True),
    "explain_escalation": Deed(REASON, _plain(rating.explain_escalated, "reason")),
    "close_rating": Deed(CONFIRM, _close_rating, is_main=True),
    "follow_up": Deed(CONFIRM, _plain(rating.start_follow_up), is_main=True),
    "close": Deed(CONFIRM, _close_rating, is_main=True),
}  # fmt: skip

CHOOSING_GUARDS = frozenset(
    {"is_to_be_done", "is_later", "is_not_to_be_done", "may_reopen_by_right", "right_used_up"}
)
"""Guards that only choose between the transitions of one group: those that don't hold are not shown at all."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One button on a matter's page: the transition, how it is done, and why not yet."""

    transition: Transition
    deed: Deed
    reason: str | None

    @property
    def label(self) -> Any:
        """What the button says."""
        return self.deed.label or self.transition.label


def reason_against(transition: Transition, deed: Deed, matter: Matter) -> str | None:
    """The first reason why it can't be done yet that the form's own answers don't settle; or nothing to do it to."""
    for guard in transition.guards:
        if guard not in deed.form.settles:
            reason = GUARDS[guard](matter)
            if reason is not None:
                return reason
    return deed.idle(matter) if deed.idle else None


def offers(actor: Actor, matter: Matter) -> list[Offer]:
    """What the actor is offered on a matter's page: each form once, what usually comes next first."""
    found: list[Offer] = []
    groups: set[str] = set()
    for transition in offered(actor, matter):
        deed = FORMS[transition.name]
        if any(
            GUARDS[guard](matter) is not None for guard in CHOOSING_GUARDS.intersection(transition.guards)
        ):
            continue
        if deed.group and deed.group in groups:
            continue
        groups.add(deed.group)
        found.append(Offer(transition, deed, reason_against(transition, deed, matter)))
    return sorted(found, key=lambda offer: (offer.reason is not None, not offer.deed.is_main))


def is_for_staff(transition: Transition) -> bool:
    """Whether any role of an account may take it; the others belong to a tracking code or to a scheduled job."""
    return any(
        role not in {Role.RAISER, Role.PARTICIPANT, Role.RESIDENT, Role.SYSTEM} for role in transition.roles
    )
