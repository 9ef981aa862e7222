"""What the buttons of a meeting's page do: one function each, and why something was not done."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from tongxin.deliberation.actions import hearing_questions, meetings, room_votes, running, seats, speaking
from tongxin.deliberation.forms.meetings import (
    AnswerForm,
    HandsForm,
    PutVoteForm,
    ReasonForm,
    SpeakerForm,
    WalkInForm,
)
from tongxin.deliberation.models import Meeting
from tongxin.deliberation.selectors.meetings import (
    item_of,
    question_by_id,
    seat_by_id,
    statement_by_id,
    turn_by_id,
    vote_of,
)
from tongxin.deliberation.views.common import Place
from tongxin.deliberation.views.meetings import (
    number_posted,
)
from tongxin.site.confirming import is_sure


class Wrong(Exception):
    """A form of the page has to be filled in again."""

    def __init__(self, name: str, form: Any) -> None:
        self.name, self.form = name, form


class Gone(Exception):
    """What the button speaks of isn't there."""


class Ask(Exception):
    """The person has to be asked first."""

    def __init__(self, question: str, button: str) -> None:
        self.question, self.button = question, button


Deed = Callable[[HttpRequest, Place, Meeting], str]
"""Does one thing and says in words what was done ("" for nothing to say)."""


def _seen(request: HttpRequest) -> int:
    return number_posted(request, "version")


def _there(thing: Any) -> Any:
    if thing is None:
        raise Gone
    return thing


def _valid(name: str, form: Any) -> Any:
    if not form.is_valid():
        raise Wrong(name, form)
    return form


def _open(request: HttpRequest, place: Place, found: Meeting) -> str:
    running.open_meeting(place.host, place.record, found, actor=place.actor, seen_version=_seen(request))
    return _("会开始了。签到码在大屏幕上，手机可以签到、要求发言、表决。")


def _close(request: HttpRequest, place: Place, found: Meeting) -> str:
    if not is_sure(request):
        raise Ask(_("会开完了？发言、表决、签到都停下来，到会人数写进经过。"), _("会开完了"))
    running.close_meeting(place.host, place.record, found, actor=place.actor, seen_version=_seen(request))
    return _("会开完了。接下来写纪要。")


def _start_item(request: HttpRequest, place: Place, found: Meeting) -> str:
    item = _there(item_of(found, number_posted(request, "id")))
    running.start_item(place.host, place.record, item, actor=place.actor, seen_version=_seen(request))
    return ""


def _end_item(request: HttpRequest, place: Place, found: Meeting) -> str:
    item = _there(item_of(found, number_posted(request, "id")))
    running.end_item(place.host, place.record, item, actor=place.actor, seen_version=None)
    return ""


def _raise_item(request: HttpRequest, place: Place, found: Meeting) -> str:
    item = _there(item_of(found, number_posted(request, "id")))
    meetings.raise_item(place.host, place.record, item, actor=place.actor, seen_version=_seen(request))
    return ""


def _add_speaker(request: HttpRequest, place: Place, found: Meeting) -> str:
    form = _valid("speaker_form", SpeakerForm(request.POST))
    data = form.cleaned_data
    try:
        speaking.add_speaker(
            place.host,
            place.record,
            found,
            actor=place.actor,
            role=data["role"],
            seat_number=data["seat_number"],
            label=data["label"],
        )
    except speaking.NotCheckedIn:
        form.add_error("seat_number", _("没有签到的人坐这个号。"))
        raise Wrong("speaker_form", form) from None
    return ""


def _start_turn(request: HttpRequest, place: Place, found: Meeting) -> str:
    turn = _there(turn_by_id(found, number_posted(request, "id")))
    speaking.start_turn(place.host, place.record, turn, actor=place.actor, seen_version=None)
    return ""


def _end_turn(request: HttpRequest, place: Place, found: Meeting) -> str:
    turn = _there(turn_by_id(found, number_posted(request, "id")))
    speaking.end_turn(place.host, place.record, turn, actor=place.actor, seen_version=None)
    return ""


def _forward(request: HttpRequest, place: Place, found: Meeting) -> str:
    turn = _there(turn_by_id(found, number_posted(request, "id")))
    speaking.bring_forward(place.host, place.record, turn, actor=place.actor, seen_version=_seen(request))
    return ""


def _drop_turn(request: HttpRequest, place: Place, found: Meeting) -> str:
    turn = _there(turn_by_id(found, number_posted(request, "id")))
    speaking.withdraw_turn(place.record, turn, host=place.host, actor=place.actor)
    return ""


def _put_vote(request: HttpRequest, place: Place, found: Meeting) -> str:
    form = _valid("put_form", PutVoteForm(request.POST))
    data = form.cleaned_data
    chosen = data.get("statement")
    room_votes.put_to_vote(
        place.host,
        place.record,
        found,
        actor=place.actor,
        statement=_there(statement_by_id(place.record.pk, chosen)) if chosen else None,
        text=data["text"],
        seen_version=None,
    )
    return _("表决开始了，签到的人用手机表态。")


def _hands(request: HttpRequest, place: Place, found: Meeting) -> str:
    vote = _there(vote_of(found, number_posted(request, "id")))
    form = _valid("hands_form", HandsForm(request.POST))
    room_votes.count_hands(place.host, place.record, vote, actor=place.actor, hands=form.hands())
    return _("举手的数记下了。")


def _close_vote(request: HttpRequest, place: Place, found: Meeting) -> str:
    vote = _there(vote_of(found, number_posted(request, "id")))
    room_votes.close_vote(place.host, place.record, vote, actor=place.actor, seen_version=None)
    return _("表决关闭，结果在大屏幕上。")


def _here(request: HttpRequest, place: Place, found: Meeting) -> str:
    seat = _there(seat_by_id(found, number_posted(request, "id")))
    is_here = request.POST.get("not") != "1"
    seats.check_in_at_desk(place.host, place.record, seat, actor=place.actor, is_here=is_here)
    return ""


def _walk_in(request: HttpRequest, place: Place, found: Meeting) -> str:
    data = _valid("walk_in_form", WalkInForm(request.POST)).cleaned_data
    made = seats.add_walk_ins(
        place.host, place.record, found, actor=place.actor, role=data["role"], count=data["count"]
    )
    numbers = f"{made[0].seat_number}" if len(made) == 1 else f"{made[0].seat_number}–{made[-1].seat_number}"
    return _("已签到，座位号 %(numbers)s。") % {"numbers": numbers}


def _new_key(request: HttpRequest, place: Place, found: Meeting) -> str:
    running.renew_key(place.host, place.record, found, actor=place.actor)
    return _("换了新的签到码，原来的不能用了。")


def _show_question(request: HttpRequest, place: Place, found: Meeting) -> str:
    question = _there(question_by_id(found, number_posted(request, "id")))
    hearing_questions.show_question(place.host, place.record, question, actor=place.actor)
    return ""


def _remove_question(request: HttpRequest, place: Place, found: Meeting) -> str:
    question = _there(question_by_id(found, number_posted(request, "id")))
    form = _valid("wrong_form", ReasonForm(request.POST))
    hearing_questions.remove_question(
        place.host, place.record, question, actor=place.actor, reason=form.cleaned_data["reason"]
    )
    return ""


def _answer_question(request: HttpRequest, place: Place, found: Meeting) -> str:
    question = _there(question_by_id(found, number_posted(request, "id")))
    form = _valid("wrong_form", AnswerForm(request.POST))
    hearing_questions.answer_question(
        place.host, place.record, question, actor=place.actor, answer=form.cleaned_data["answer"]
    )
    return ""


DEEDS: dict[str, tuple[Deed, str]] = {
    "open": (_open, ""),
    "close": (_close, ""),
    "new-key": (_new_key, "desk"),
    "start-item": (_start_item, "agenda"),
    "end-item": (_end_item, "agenda"),
    "raise-item": (_raise_item, "agenda"),
    "add-speaker": (_add_speaker, "speakers"),
    "start-turn": (_start_turn, "speakers"),
    "end-turn": (_end_turn, "speakers"),
    "forward": (_forward, "speakers"),
    "drop-turn": (_drop_turn, "speakers"),
    "put-vote": (_put_vote, "votes"),
    "hands": (_hands, "votes"),
    "close-vote": (_close_vote, "votes"),
    "here": (_here, "desk"),
    "walk-in": (_walk_in, "desk"),
    "show-question": (_show_question, "questions"),
    "remove-question": (_remove_question, "questions"),
    "answer-question": (_answer_question, "questions"),
}
"""What the page's buttons do, and to which part of it one comes back."""


def why_not(problem: Exception) -> str:
    """In words, why it was not done: mostly because somebody else was faster."""
    words: dict[type[Exception], str] = {
        meetings.MeetingMovedOn: _(
            "别人刚刚动过这次会，这里是现在的样子。您按的没有生效，请看清楚再按一次。"
        ),
        meetings.MeetingNotOpen: _("会还没有开，或者已经开完，没有生效。"),
        meetings.MeetingOver: _("这次会已经结束或者取消，没有生效。"),
        speaking.FloorTaken: _("已经有人在发言，请先让他说完。"),
        speaking.NoSuchTurn: _("这一位已经说过、正在说或者不说了，没有生效。"),
        room_votes.VoteRunning: _("已经有一条在表决，请先关闭。"),
        room_votes.VoteClosed: _("这一条的表决已经关闭，没有生效。"),
        seats.NoSuchSeat: _("这一位取消了报名，没有签到。"),
        hearing_questions.QuestionSettled: _("别人刚刚处理过这个问题，没有生效。"),
    }
    return words[type(problem)]


REFUSED = (
    meetings.MeetingMovedOn,
    meetings.MeetingNotOpen,
    meetings.MeetingOver,
    speaking.FloorTaken,
    speaking.NoSuchTurn,
    room_votes.VoteRunning,
    room_votes.VoteClosed,
    seats.NoSuchSeat,
    hearing_questions.QuestionSettled,
)
