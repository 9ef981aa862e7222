"""One view for every transition: is it visible, is it offered, the form, the preview, the action."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tongxin.core.actor import Actor
from tongxin.core.history import Conflict
from tongxin.core.process import GuardFailed, ProcessError, Transition
from tongxin.core.redaction import find_personal_data, mark, redact
from tongxin.matters.actions.deliberating import MeetingNotHeld, ShortNotice
from tongxin.matters.actions.step import NotAllowed
from tongxin.matters.forms.work.base import WorkForm
from tongxin.matters.models import Matter
from tongxin.matters.presenters import rail_of, sentence_of
from tongxin.matters.process import SIX_STEPS
from tongxin.matters.rules import may_read_raiser, may_take
from tongxin.matters.selectors import matter_by_number
from tongxin.matters.views.work.access import may_work_on, staff_only
from tongxin.matters.views.work.table import FORMS, Deed, reason_against
from tongxin.matters.work_selectors import entries_for


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def do_transition(request: HttpRequest, actor: Actor, number: str, name: str) -> HttpResponse:
    """Take one transition with a matter, by those its table names.

    404 for everybody else; 409 with the typed words kept when somebody else was faster. Texts that go public come back
    once with likely personal data marked, to be confirmed.
    """
    deed = FORMS.get(name)
    if deed is None:
        raise Http404
    transition = SIX_STEPS.transition(name)
    matter = matter_by_number(number, actor)
    if matter is None:
        raise Http404
    seen = _seen_version(request, matter)
    if request.method == "POST" and seen != matter.version and _held_the_role(actor, transition, matter):
        form = deed.form(request.POST, matter=matter, actor=actor)
        return conflict_page(request, Conflict(matter, seen), form, actor)
    if not may_work_on(actor, matter) or not may_take(actor, transition, matter):
        raise Http404
    if not SIX_STEPS.is_available(name, matter):
        messages.info(
            request,
            _("这件事现在是“%(state)s”，不能“%(deed)s”。")
            % {"state": SIX_STEPS.state(matter.state).label, "deed": transition.label},
        )
        return redirect("work_matter", number=matter.number)
    if request.method != "POST":
        return _page(request, actor, matter, transition, deed, deed.form(matter=matter, actor=actor))
    form = deed.form(request.POST, request.FILES, matter=matter, actor=actor)
    if "more_rows" in request.POST:
        return _page(request, actor, matter, transition, deed, _again(form, {}))
    if not form.is_valid():
        return _page(request, actor, matter, transition, deed, form, status=422)
    preview = _preview_needed(request, form)
    if preview is not None:
        return _page(request, actor, matter, transition, deed, _again(form, preview), previewed=form)
    return _act(request, actor, matter, transition, deed, form, seen)


def _act(
    request: HttpRequest, actor: Actor, matter: Matter, transition: Transition, deed: Deed, form: Any, seen: int
) -> HttpResponse:
    try:
        deed.act(matter, actor, form, seen)
    except Conflict as conflict:
        return conflict_page(request, conflict, form, actor)
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
        messages.success(request, _("已完成：%(deed)s。") % {"deed": deed.label or transition.label})
        fresh = matter_by_number(matter.number, actor)
        if fresh is not None and may_work_on(actor, fresh):
            return redirect("work_matter", number=fresh.number)
        return redirect("work_list")
    return _page(request, actor, matter, transition, deed, form, status=422)


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
    if not names or (request.POST.get("stage") == "confirm" and (not found or request.POST.get("anyway") == "yes")):
        return None
    if request.POST.get("stage") == "confirm":
        return {}
    return {
        name: redact(form.cleaned_data[name], find_personal_data(form.cleaned_data[name])) for name in names
    }


def _again(form: WorkForm, changes: dict[str, str]) -> WorkForm:
    """The same form once more with some words changed and its photos kept."""
    form.is_valid()
    data = form.data.copy()
    for name, value in {**changes, **form.kept_photos()}.items():
        data[name] = value
    if hasattr(form, "row_count"):
        data["rows"] = str(form.row_count())
        data.pop("more_rows", None)
    again = type(form)(data, matter=form.matter, actor=form.actor)
    again.show_errors = False
    return again


def _page(
    request: HttpRequest,
    actor: Actor,
    matter: Matter,
    transition: Transition,
    deed: Deed,
    form: Any,
    *,
    previewed: WorkForm | None = None,
    status: int = 200,
) -> HttpResponse:
    nothing = form.nothing_to_do() if hasattr(form, "nothing_to_do") else ""
    context = {
        "matter": matter,
        "transition": transition,
        "deed": deed,
        "label": deed.label or transition.label,
        "form": form,
        "blocked": reason_against(transition, deed, matter) or nothing,
        "sentence": sentence_of(matter),
        "rail": rail_of(matter),
        "may_read_raiser": may_read_raiser(actor, matter),
        "preview": _marked(previewed) if previewed else None,
        "has_personal": bool(previewed and previewed.likely_personal()),
        "insists": bool(previewed and request.POST.get("stage") == "confirm"),
    }
    if context["may_read_raiser"]:
        context["original"] = mark(matter.original_text, find_personal_data(matter.original_text))
    return render(request, "matters/work/do.html", context, status=status)


def _marked(form: WorkForm) -> list[tuple[str, Any]]:
    """Each public text with likely personal data marked, under its label."""
    shown = []
    for name in form.public_names():
        text = form.cleaned_data.get(name)
        if text:
            shown.append((form.fields[name].label, mark(text, find_personal_data(text))))
    return shown


def conflict_page(request: HttpRequest, conflict: Conflict, form: Any, actor: Actor) -> HttpResponse:
    """Somebody else was faster: who did what, and everything the person typed."""
    matter = conflict.record
    readable = {entry.pk for entry in entries_for(matter, actor)} if conflict.entries else set()
    context = {
        "record": matter,
        "entries": [entry for entry in conflict.entries if entry.pk in readable],
        "kept": form.typed,
        "back": request.path,
    }
    return render(request, "409.html", context, status=409)
