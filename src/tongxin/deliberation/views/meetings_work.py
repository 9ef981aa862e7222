"""Running a meeting: agenda, desk, speakers, votes, questions. For those who convene on the record; 404 for others."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.core.qr import qr_inline
from tongxin.deliberation.actions import meetings, room_votes, running
from tongxin.deliberation.actions.conversations import NotConvener
from tongxin.deliberation.forms.meetings import (
    HandsForm,
    ItemForm,
    MoveForm,
    PutVoteForm,
    SpeakerForm,
    TermsForm,
    WalkInForm,
)
from tongxin.deliberation.models import Meeting
from tongxin.deliberation.presenters.meetings import (
    result_of,
    seat_words,
    status_of,
    turn_words,
    when_words,
)
from tongxin.deliberation.selectors.meetings import (
    closed_votes,
    item_of,
    questions_of,
    room_of,
    seats_of_meeting,
    statements_to_vote,
    waiting_questions,
)
from tongxin.deliberation.views.common import Place
from tongxin.deliberation.views.meetings import (
    check_in_address,
    ends_at,
    meeting_at,
)
from tongxin.deliberation.views.meetings_deeds import DEEDS, REFUSED, Ask, Gone, Wrong, why_not
from tongxin.site.confirming import ask_first

CONFLICT, WRONG = 409, 422


def conveners_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Anonymous people are sent to sign in; the view gets the place and the meeting of those who convene there."""

    @wraps(view)
    @never_cache
    @login_required
    def guarded(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
        place, found = meeting_at(request, pk)
        if not place.host.may_convene(place.actor, place.record):
            raise Http404
        try:
            return view(request, place, found, **kwargs)
        except NotConvener:
            raise Http404 from None

    return guarded


@require_safe
@conveners_only
def work_meeting(request: HttpRequest, place: Place, found: Meeting) -> HttpResponse:
    """The meeting for those who run it."""
    return _page(request, place, found)


def _page(
    request: HttpRequest,
    place: Place,
    found: Meeting,
    *,
    status: int = 200,
    forms: dict[str, Any] | None = None,
    kept: list[tuple[Any, str]] | None = None,
) -> HttpResponse:
    room, people = room_of(found), seats_of_meeting(found)
    is_open = found.opened_at is not None and not meetings.is_over(found)
    vote = room.vote
    context = place.context | {
        "meeting": found,
        "status": status_of(found),
        "when": when_words(found.starts_at),
        "is_open": is_open,
        "is_over": meetings.is_over(found),
        "may_open": found.opened_at is None and not meetings.is_over(found),
        "room": room,
        "speaker": turn_words(room.speaking) if room.speaking else "",
        "ends": ends_at(room.speaking),
        "now": int(timezone.now().timestamp() * 1000),
        "queue": [(turn, turn_words(turn)) for turn in room.waiting],
        "spoken": [(turn, turn_words(turn)) for turn in room.spoken],
        "results": [result_of(one) for one in closed_votes(found)],
        "tally": room_votes.tally(vote) if vote else None,
        "here": [(seat, seat_words(seat)) for seat in people.here],
        "expected": [(seat, seat_words(seat)) for seat in people.expected],
        "waiting": [(seat, seat_words(seat)) for seat in people.waiting],
        "statements": statements_to_vote(place.record.pk) if is_open and not vote else [],
        "put_form": PutVoteForm(),
        "hands_form": HandsForm(hands=vote.hands if vote else None),
        "speaker_form": SpeakerForm(),
        "walk_in_form": WalkInForm(),
        "questions_waiting": waiting_questions(found) if found.takes_questions else [],
        "questions_shown": questions_of(found) if found.takes_questions else [],
        "kept": kept,
        "minutes_page": reverse("work_meeting_minutes", args=[found.pk]),
        "attendance_files": [
            (extension.upper(), reverse("meeting_attendance_file", args=[found.pk, extension]))
            for extension in ("docx", "pdf")
        ],
    }
    return render(request, "deliberation/meetings/work.html", context | (forms or {}), status=status)


@require_POST
@conveners_only
def work_do(request: HttpRequest, place: Place, found: Meeting, name: str) -> HttpResponse:
    """One button of the page. When somebody else was faster, the page as it is now, 409, and what was typed."""
    if name not in DEEDS:
        raise Http404
    deed, part = DEEDS[name]
    here = reverse("work_meeting", args=[found.pk])
    try:
        words = deed(request, place, found)
    except Gone:
        raise Http404 from None
    except Ask as asked:
        return ask_first(request, asked.question, button=asked.button, back=here)
    except Wrong as wrong:
        return _page(request, place, found, status=WRONG, forms={wrong.name: wrong.form})
    except REFUSED as problem:
        messages.warning(request, why_not(problem))
        fresh = meeting_at(request, found.pk)[1]
        return _page(request, place, fresh, status=CONFLICT, kept=_typed(request))
    if words:
        messages.success(request, words)
    return redirect(f"{here}#{part}" if part else here)


def _typed(request: HttpRequest) -> list[tuple[Any, str]]:
    labels = {"text": _("观点"), "reason": _("不采用的理由"), "answer": _("答复"), "label": _("姓名或单位")}
    return [(label, request.POST[name]) for name, label in labels.items() if request.POST.get(name)]


# forms on pages of their own


def _form_page(
    request: HttpRequest,
    place: Place,
    found: Meeting,
    form: Any,
    words: tuple[str, str, str],
    *,
    status: int = 200,
) -> HttpResponse:
    title, lead, button = words
    context = place.context | {"meeting": found, "form": form, "title": title, "lead": lead, "button": button}
    return render(request, "deliberation/meetings/work_form.html", context, status=status)


def _moved_on(form: Any, found: Meeting) -> int:
    """Tell the person, keep their words, and let them send it again knowing how things are now."""
    form.add_error(None, _("别人刚刚动过这次会。您写的都还在，看一看现在的样子，再按一次就按您写的办。"))
    form.data = form.data.copy()
    form.data["version"] = str(found.version)
    return CONFLICT


@require_http_methods(["GET", "HEAD", "POST"])
@conveners_only
def move(request: HttpRequest, place: Place, found: Meeting) -> HttpResponse:
    """Another time or place; everybody is told."""
    words = (
        _("会议改期"),
        _("现在定在%(when)s，%(place)s。报了名的人都会收到通知，名额留着。")
        % {"when": when_words(found.starts_at), "place": found.place},
        _("改期，通知大家"),
    )
    initial = {"starts_at": timezone.localtime(found.starts_at), "place": found.place}

    def write(data: dict[str, Any], **common: Any) -> None:
        given = {name: data[name] for name in ("starts_at", "place", "reason")}
        meetings.move_meeting(place.host, place.record, found, **given, **common)

    return _write(
        request,
        place,
        found,
        _bound(request, MoveForm, found, initial),
        words,
        write=write,
        over=_("会已经开了、开完或者取消了，不能改期。"),
        done=_("改期好了，大家会收到通知。"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@conveners_only
def terms(request: HttpRequest, place: Place, found: Meeting) -> HttpResponse:
    """Seats, speaking time, questions."""
    words = (_("会议设置"), _("名额加了，排队的人按顺序补上，并且收到通知。"), _("保存"))
    names = ("capacity", "seconds_each", "takes_questions")

    def write(data: dict[str, Any], **common: Any) -> None:
        given = {name: data[name] for name in names}
        running.set_terms(place.host, place.record, found, **given, **common)

    return _write(
        request,
        place,
        found,
        _bound(request, TermsForm, found, {name: getattr(found, name) for name in names}),
        words,
        write=write,
        over=_("这次会已经结束或者取消，没有生效。"),
        done=_("保存了。"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@conveners_only
def item(request: HttpRequest, place: Place, found: Meeting, item: int = 0) -> HttpResponse:
    """One point of the agenda: a new one, or an old one with its document."""
    known = item_of(found, item) if item else None
    if item and known is None:
        raise Http404
    words = (_("改议题") if known else _("加一个议题"), _("议程和材料是公开的。"), _("保存"))
    initial = {n: getattr(known, n) for n in ("title", "presenter", "minutes_planned")} if known else {}
    form = _bound(request, ItemForm, found, initial)

    def write(data: dict[str, Any], **common: Any) -> None:
        if known:
            meetings.change_item(place.host, place.record, known, given=form.given(), **common)
        else:
            meetings.add_item(place.host, place.record, found, given=form.given(), **common)

    return _write(
        request,
        place,
        found,
        form,
        words,
        write=write,
        over=_("这次会已经结束或者取消，或者议题太多了。"),
        done=_("保存了。"),
        part="#agenda",
    )


def _bound(request: HttpRequest, kind: type[Any], found: Meeting, initial: dict[str, Any]) -> Any:
    """A form of the meeting: filled with what stands, or with what was sent."""
    if request.method != "POST":
        return kind(initial=initial | {"version": found.version})
    return kind(request.POST, request.FILES)


def _write(
    request: HttpRequest,
    place: Place,
    found: Meeting,
    form: Any,
    words: tuple[str, str, str],
    *,
    write: Callable[..., None],
    over: str,
    done: str,
    part: str = "",
) -> HttpResponse:
    """Show a form of the meeting, or carry out what was sent: everything typed stays when it can't be done."""
    if request.method != "POST":
        return _form_page(request, place, found, form, words)
    status = WRONG
    if form.is_valid():
        try:
            write(form.cleaned_data, actor=place.actor, seen_version=form.seen())
        except meetings.MeetingMovedOn:
            status = _moved_on(form, found)
        except meetings.MeetingOver:
            form.add_error(None, over)
            status = CONFLICT
        else:
            messages.success(request, done)
            return redirect(reverse("work_meeting", args=[found.pk]) + part)
    return _form_page(request, place, found, form, words, status=status)


@require_safe
@conveners_only
def code(request: HttpRequest, place: Place, found: Meeting) -> HttpResponse:
    """The code to check in, to be printed or shown at the door."""
    address = check_in_address(request, found)
    context = place.context | {
        "meeting": found,
        "when": when_words(found.starts_at),
        "qr": qr_inline(address, "qr"),
        "is_over": meetings.is_over(found),
    }
    return render(request, "deliberation/meetings/code.html", context)
