"""One view for every transition: is it visible, is it offered, the form, the preview, the action."""

from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tongxin.core.actor import Actor
from tongxin.core.history import Conflict
from tongxin.core.process import GuardFailed, ProcessError, Transition
from tongxin.core.redaction import find_personal_data, mark, redact
from tongxin.deliberation.actions.meetings import ShortNotice
from tongxin.deliberation.selectors.handover import handover_of
from tongxin.matters.actions.deliberating import MeetingNotHeld
from tongxin.matters.actions.step import NotAllowed
from tongxin.matters.forms.work.base import WorkForm
from tongxin.matters.forms.work.photos import PhotosMixin
from tongxin.matters.models import Matter
from tongxin.matters.presenters import entry_title, number_text, sentence_of, who_text
from tongxin.matters.process import SIX_STEPS
from tongxin.matters.rules import may_read_raiser, may_take
from tongxin.matters.selectors import matter_by_number
from tongxin.matters.views.work.access import may_work_on, staff_only
from tongxin.matters.views.work.lists import shown_title
from tongxin.matters.views.work.table import FORMS, Deed, reason_against
from tongxin.matters.work_selectors import readable_entries


@dataclass(frozen=True, slots=True)
class Doing:
    """One request to take a transition: who, with which matter, by which line of the table."""

    request: HttpRequest
    actor: Actor
    matter: Matter
    transition: Transition
    deed: Deed

    @property
    def label(self) -> Any:
        """What is being done, in words."""
        return self.deed.label or self.transition.label

    def form(self, *data: Any) -> Any:
        """The form, bound to data when there is some."""
        return self.deed.form(*data, matter=self.matter, actor=self.actor)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def do_transition(request: HttpRequest, actor: Actor, number: str, name: str) -> HttpResponse:
    """Take one transition with a matter, by those its table names.

    404 for everybody else; 409 with the typed words kept when somebody else was faster. Texts that go public come back
    once with likely personal data marked, to be confirmed.
    """
    deed = FORMS.get(name)
    matter = matter_by_number(number, actor)
    if deed is None or matter is None:
        raise Http404
    transition = SIX_STEPS.transition(name)
    doing = Doing(request, actor, matter, transition, deed)
    seen = _seen_version(request, matter)
    if request.method == "POST" and seen != matter.version and _held_the_role(actor, transition, matter):
        return conflict_page(doing, Conflict(matter, seen), doing.form(request.POST))
    if not may_work_on(actor, matter) or not may_take(actor, transition, matter):
        raise Http404
    if not SIX_STEPS.is_available(name, matter):
        messages.info(
            request,
            _("这件事现在是“%(state)s”，不能“%(deed)s”。")
            % {"state": SIX_STEPS.state(matter.state).label, "deed": doing.label},
        )
        return redirect("work_matter", number=matter.number)
    if request.method != "POST":
        return _page(doing, doing.form())
    form = doing.form(request.POST, request.FILES)
    if "more_rows" in request.POST:
        return _page(doing, _again(form, {}))
    if not form.is_valid():
        return _page(doing, _with_photos(form), status=422)
    preview = _preview_needed(request, form)
    if preview is not None:
        return _page(doing, _again(form, preview), previewed=form)
    return _act(doing, form, seen)


def _act(doing: Doing, form: Any, seen: int) -> HttpResponse:
    try:
        doing.deed.act(doing.matter, doing.actor, form, seen)
    except Conflict as conflict:
        return conflict_page(doing, conflict, form)
    except NotAllowed:
        raise Http404 from None
    except ShortNotice as short:
        form.add_error(
            "short_notice_reason",
            _("这次会议最早可以定在%(day)s。要提前开，请写明理由。") % {"day": str(short)},
        )
    except MeetingNotHeld:
        form.add_error("meeting", _("会议还没有开始，不能记纪要。"))
    except GuardFailed as failed:
        form.add_error(None, failed.reason)
    except ProcessError:
        form.add_error(None, _("这一步现在不能做。请回到事项页看看它到哪一步了。"))
    except ValueError:
        form.add_error(None, _("只能并入公开的、还没有办结的事项。"))
    else:
        messages.success(doing.request, _("已完成：%(deed)s。") % {"deed": doing.label})
        fresh = matter_by_number(doing.matter.number, doing.actor)
        if fresh is not None and may_work_on(doing.actor, fresh):
            return redirect("work_matter", number=fresh.number)
        return redirect("work_list")
    return _page(doing, _with_photos(form), status=422)


def _seen_version(request: HttpRequest, matter: Matter) -> int:
    """The version the form was made at; a form without one was made by nobody we know and counts as outdated."""
    if request.method != "POST":
        return matter.version
    version = request.POST.get("version", "")
    return int(version) if version.isdigit() and len(version) < 9 else 0


def _held_the_role(actor: Actor, transition: Transition, matter: Matter) -> bool:
    """Whether the actor may take it, or could have before somebody else moved the matter out of their hands."""
    if may_take(actor, transition, matter):
        return may_work_on(actor, matter)
    return matter.publication == "public" and any(actor.has(role) for role in transition.roles)


def _preview_needed(request: HttpRequest, form: WorkForm) -> dict[str, str] | None:
    """What the public texts are proposed to be, when the person hasn't confirmed them yet.

    Confirmed texts without likely personal data go through; with it only when the person said so once more.
    """
    names = [name for name in form.public_names() if form.cleaned_data.get(name)]
    found = form.likely_personal()
    if not names or (
        request.POST.get("stage") == "confirm" and (not found or request.POST.get("anyway") == "yes")
    ):
        return None
    if request.POST.get("stage") == "confirm":
        return {}
    return {
        name: redact(form.cleaned_data[name], find_personal_data(form.cleaned_data[name])) for name in names
    }


def _with_photos(form: WorkForm) -> WorkForm:
    """The form with the photos sent so far kept in it."""
    kept = form.kept_photos()
    if kept:
        data = cast(QueryDict, form.data).copy()
        for name, value in kept.items():
            data[name] = value
        form.data = data
    return form


def _again(form: WorkForm, changes: dict[str, str]) -> WorkForm:
    """The same form once more with some words changed and its photos kept; nothing is called wrong yet."""
    form.is_valid()
    data = cast(QueryDict, form.data).copy()
    for name, value in {**changes, **form.kept_photos()}.items():
        data[name] = value
    if hasattr(form, "row_count"):
        data["rows"] = str(form.row_count())
        data.pop("more_rows", None)
    again = type(form)(data, matter=form.matter, actor=form.actor)
    again.error_class = form.error_class
    again.full_clean()
    again.errors.clear()
    return again


def _page(doing: Doing, form: Any, *, previewed: WorkForm | None = None, status: int = 200) -> HttpResponse:
    matter, actor = doing.matter, doing.actor
    may_read = may_read_raiser(actor, matter)
    context = {
        "matter": matter,
        "number_text": number_text(matter.number),
        "title": shown_title(actor, matter),
        "transition": doing.transition,
        "deed": doing.deed,
        "label": doing.label,
        "form": form,
        "blocked": reason_against(doing.transition, doing.deed, matter),
        "sentence": sentence_of(matter),
        "original": mark(matter.original_text) if may_read else None,
        "preview": _marked(previewed) if previewed else None,
        "previewed_photos": _chosen_photos(previewed) if previewed else None,
        "has_personal": bool(previewed and previewed.likely_personal()),
        "kept_photos": form.kept_counts(),
        "handover": handover_of(matter.pk) if doing.transition.name == "decide" and not previewed else None,
        "insists": bool(previewed and doing.request.POST.get("stage") == "confirm"),
    }
    return render(doing.request, "matters/work/do.html", context, status=status)


def _chosen_photos(form: WorkForm) -> list[tuple[Any, str]] | None:
    """The photos that would go public, each with what it shows; None when the form offers none."""
    if not isinstance(form, PhotosMixin) or not form.shown_photos:
        return None
    chosen = form.chosen_photos()
    return [(photo, told) for photo, told, _box, _words in form.photo_rows() if photo in chosen]


def _marked(form: WorkForm) -> list[tuple[Any, Any]]:
    """Each public text with likely personal data marked, under its label."""
    shown = []
    for name in form.public_names():
        text = form.cleaned_data.get(name)
        if text:
            shown.append((form.fields[name].label, mark(text)))
    return shown


def conflict_page(doing: Doing, conflict: Conflict, form: Any) -> HttpResponse:
    """Somebody else was faster: who did what, and everything the person typed."""
    matter = doing.matter
    readable = {entry.pk for entry in readable_entries(matter, doing.actor)} if conflict.entries else set()
    context = {
        "record": conflict.record,
        "number": number_text(conflict.record.number),
        "entries": [
            {
                "actor_label": who_text(entry.actor_label),
                "at": entry.at,
                "title": entry_title(entry),
                "event": entry.event,
            }
            for entry in conflict.entries
            if entry.pk in readable
        ],
        "kept": form.typed,
        "back": f"/work/matters/{matter.number}/",
    }
    return render(doing.request, "409.html", context, status=409)
