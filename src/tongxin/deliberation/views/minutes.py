"""A meeting's minutes: drafted, completed in place, handed out as papers, and what becomes of each conclusion."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.core.documents import WRITERS, paper_response
from tongxin.deliberation.actions.minutes import (
    DraftMovedOn,
    MinutesRecorded,
    NoSuchRecord,
    link_conclusion,
    save_draft,
)
from tongxin.deliberation.drafting import digest_of, draft_of
from tongxin.deliberation.forms.minutes import DraftForm, LinkForm
from tongxin.deliberation.hosts import record_of
from tongxin.deliberation.models import Meeting
from tongxin.deliberation.papers import attendance_sheet, minutes_paper
from tongxin.deliberation.selectors.minutes import (
    attendance_of,
    conclusion_of,
    meeting_by_id,
    number_of,
    seats_of,
    views_of,
)
from tongxin.deliberation.views.common import NOBODY, Place


def _meeting(request: HttpRequest, pk: int) -> tuple[Place, Meeting]:
    """The meeting and its record as far as the visitor may see them; raises Http404 otherwise."""
    actor = request.user.as_actor() if request.user.is_authenticated else NOBODY
    meeting = meeting_by_id(pk)
    found = record_of(meeting.dossier, actor if actor.assignments else None) if meeting else None
    if meeting is None or found is None:
        raise Http404
    return Place(*found, actor), meeting


def convened_meeting(request: HttpRequest, pk: int) -> tuple[Place, Meeting]:
    """The meeting for those who convene it; raises Http404 for everybody else."""
    place, meeting = _meeting(request, pk)
    if not place.host.may_convene(place.actor, place.record):
        raise Http404
    return place, meeting


@never_cache
@login_required
@require_safe
def attendance_file(request: HttpRequest, pk: int, extension: str) -> HttpResponse:
    """The attendance sheet as Word or PDF, for the convener and the office."""
    place, meeting = convened_meeting(request, pk)
    if extension not in WRITERS:
        raise Http404
    paper = attendance_sheet(
        meeting, seats_of(meeting), title=place.host.title(place.record), number=place.record.number
    )
    return paper_response(paper, extension, name=f"签到表-{place.record.number}-{meeting.pk}")


@never_cache
@login_required
@require_safe
def minutes_file(request: HttpRequest, pk: int, extension: str) -> HttpResponse:
    """The minutes as Word or PDF for the convener and the office, the draft as long as there is nothing else."""
    place, meeting = convened_meeting(request, pk)
    return _minutes(place, meeting, extension, text=meeting.minutes or meeting.minutes_draft)


@require_safe
def public_minutes(request: HttpRequest, pk: int, extension: str) -> HttpResponse:
    """The published minutes as Word or PDF, for everybody."""
    place, meeting = _meeting(request, pk)
    if meeting.minutes_at is None or meeting.cancelled_at is not None:
        raise Http404
    return _minutes(place, meeting, extension, text=meeting.minutes)


def _minutes(place: Place, meeting: Meeting, extension: str, *, text: str) -> HttpResponse:
    if extension not in WRITERS:
        raise Http404
    paper = minutes_paper(
        meeting,
        attendance_of(meeting),
        views_of(meeting),
        title=place.host.title(place.record),
        number=place.record.number,
        text=text,
    )
    return paper_response(paper, extension, name=f"纪要-{place.record.number}-{meeting.pk}")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def minutes_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The draft, completed in place and saved as often as one likes; once recorded, what became of its conclusions.

    A first visit starts from the agenda with its notes, the speakers and the votes.
    """
    place, meeting = convened_meeting(request, pk)
    if meeting.minutes_at is not None or meeting.cancelled_at is not None:
        return _recorded(request, place, meeting, status=409 if request.method == "POST" else 200)
    if request.method != "POST":
        is_afresh = not meeting.minutes_draft or "again" in request.GET
        text = draft_of(meeting) if is_afresh else meeting.minutes_draft
        form = DraftForm(initial={"text": text, "seen": digest_of(meeting.minutes_draft)})
        return _draft(request, place, meeting, form)
    form = DraftForm(request.POST)
    if not form.is_valid():
        return _draft(request, place, meeting, form, status=422)
    text = form.cleaned_data["text"]
    try:
        save_draft(
            place.host, place.record, meeting, actor=place.actor, text=text, seen=form.cleaned_data["seen"]
        )
    except DraftMovedOn as moved:
        again = DraftForm(initial={"text": text, "seen": digest_of(moved.text)})
        return _draft(request, place, meeting, again, theirs=moved.text, status=409)
    except MinutesRecorded:
        return redirect("work_meeting_minutes", pk)
    if request.headers.get("HX-Request"):
        return render(request, "deliberation/minutes/saved.html", {"seen": digest_of(text), "is_saved": True})
    messages.success(request, _("草稿已保存。"))
    return redirect("work_meeting_minutes", pk)


def _draft(
    request: HttpRequest,
    place: Place,
    meeting: Meeting,
    form: DraftForm,
    *,
    theirs: str = "",
    status: int = 200,
) -> HttpResponse:
    context = place.context | {
        "meeting": meeting,
        "form": form,
        "theirs": theirs,
        "confirm_url": place.host.minutes_url(place.record),
    }
    return render(request, "deliberation/minutes/draft.html", context, status=status)


def _recorded(
    request: HttpRequest, place: Place, meeting: Meeting, *, wrong: str = "", status: int = 200
) -> HttpResponse:
    conclusions = [(view, number_of(view.became) if view.became else "") for view in views_of(meeting)]
    context = place.context | {"meeting": meeting, "conclusions": conclusions, "wrong": wrong}
    return render(request, "deliberation/minutes/recorded.html", context, status=status)


@never_cache
@login_required
@require_POST
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which record a conclusion became."""
    place, meeting = convened_meeting(request, pk)
    form = LinkForm(request.POST)
    if not form.is_valid():
        return _recorded(request, place, meeting, wrong=_("请写事项编号。"), status=422)
    view = conclusion_of(meeting, form.cleaned_data["view"])
    if view is None:
        raise Http404
    try:
        link_conclusion(place.host, place.record, view, actor=place.actor, number=form.cleaned_data["number"])
    except NoSuchRecord:
        return _recorded(request, place, meeting, wrong=_("没有这个编号的公开事项。"), status=422)
    messages.success(request, _("已写明落实到哪件事。"))
    return redirect("work_meeting_minutes", pk)
