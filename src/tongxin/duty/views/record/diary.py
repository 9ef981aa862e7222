"""The member's own diary: what the work noted, own words, who may read what."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.core.actor import Actor
from tongxin.core.redaction import mark
from tongxin.directory.models import Member
from tongxin.duty.actions.record.words import (
    EntryMovedOn,
    EntryWithdrawn,
    NotConfirmed,
    NotYours,
    OnlyOwnWords,
    change_entry,
    withdraw_words,
    write_words,
)
from tongxin.duty.diary_words import HISTORY
from tongxin.duty.forms_record import WordsForm
from tongxin.duty.models import DiaryEntry
from tongxin.duty.rules_record import is_office, is_own, may_read_record
from tongxin.duty.selectors import record as reads
from tongxin.matters.views.work.access import staff_only
from tongxin.site.confirming import ask_first, is_sure

CONFLICT, WRONG = 409, 422


def own_member(actor: Actor) -> Member:
    """The member that the actor is. Raises Http404 for everybody else."""
    member = reads.member_of(actor)
    if member is None:
        raise Http404
    return member


def year_asked(request: HttpRequest) -> int | None:
    """The year of the address, when it is one."""
    asked = request.GET.get("year", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else None


@require_safe
@staff_only
def diary(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One's own diary by month, by kind and year if asked."""
    member = own_member(actor)
    kind, year = request.GET.get("kind", "")[:12], year_asked(request)
    after = request.GET.get("after", "")[:40]
    page = reads.diary_page(actor, member, year=year, kind=kind, after=after)
    years = reads.record_years(member)
    context = {
        "member": member,
        "rows": page.rows,
        "next_cursor": page.after,
        "has_previous": bool(after),
        "kinds": DiaryEntry.Kind.choices,
        "kind": kind if kind in DiaryEntry.Kind.values else "",
        "year": year,
        "years": years,
        "this_year": year or (years[0] if years else timezone.localdate().year),
        "contests": reads.contests_page(member=member, size=5).contests,
        "is_own": True,
    }
    return render(request, "duty/record/diary.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Write about one's work in one's own words; what is to be public is shown as others will see it first."""
    member = own_member(actor)
    if request.method != "POST":
        return _form(request, WordsForm())
    form = WordsForm(request.POST, request.FILES)
    if not form.is_valid():
        return _form(request, _with_photos(form), status=WRONG)
    if (preview := _preview(request, form)) is not None:
        return preview
    try:
        write_words(
            actor=actor,
            member=member,
            token=form.cleaned_data["token"],
            given=form.given(is_confirmed=_is_confirmed(request)),
            at=form.moment(),
        )
    except NotConfirmed:
        return _form(request, form.again(redacted=True), previewed=form)
    messages.success(request, _("已写进日记。"), extra_tags="diary")
    return redirect("diary")


def _is_confirmed(request: HttpRequest) -> bool:
    return request.POST.get("stage") == "confirm" and request.POST.get("anyway") == "yes"


def _preview(request: HttpRequest, form: WordsForm, entry: DiaryEntry | None = None) -> HttpResponse | None:
    """The page that shows what everybody would see, unless nothing becomes public or it was confirmed."""
    if not form.goes_public:
        return None
    if request.POST.get("stage") == "confirm" and (not form.has_personal or _is_confirmed(request)):
        return None
    insists = request.POST.get("stage") == "confirm"
    return _form(request, form.again(redacted=not insists), previewed=form, insists=insists, entry=entry)


def _with_photos(form: WordsForm) -> WordsForm:
    if kept := form.held_photos():
        form.data = form.data.copy()
        form.data["photos_held"] = kept
    return form


def _form(
    request: HttpRequest,
    form: WordsForm,
    *,
    previewed: WordsForm | None = None,
    insists: bool = False,
    entry: DiaryEntry | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "insists": insists, "entry": entry}
    if previewed is not None:
        context |= {
            "is_preview": True,
            "segments": mark(previewed.cleaned_data.get("words") or ""),
            "has_personal": previewed.has_personal,
            "photo_count": len(previewed.cleaned_data.get("photos") or []),
        }
        if entry is not None:
            out = set(previewed.without_ids())
            context["staying"] = [one for one in entry.photos.all() if one.pk not in out]
            context["sentence"] = reads.show(None, entry.record.member, [entry])[0].sentence
    template = "duty/record/words.html" if entry is None or previewed else "duty/record/entry.html"
    return render(request, template, context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def entry(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """An entry for whoever may read it; its member changes words, photos and who may read it."""
    found = reads.entry_for(actor, pk)
    if found is None:
        raise Http404
    is_mine = is_own(actor, found.record.member) and found.withdrawn_at is None
    if request.method != "POST":
        return _entry(request, actor, found, WordsForm(entry=found) if is_mine else None)
    if not is_own(actor, found.record.member):
        raise Http404
    form = WordsForm(request.POST, request.FILES, entry=found)
    if not is_mine:
        messages.warning(request, _("这一笔已经撤下，不能再改。您写的没有保存。"))
        return _entry(request, actor, found, None, kept=_typed(request), status=CONFLICT)
    if not form.is_valid():
        return _entry(request, actor, found, _with_photos(form), status=WRONG)
    if (preview := _preview(request, form, found)) is not None:
        return preview
    try:
        change_entry(
            pk,
            actor=actor,
            given=form.given(is_confirmed=_is_confirmed(request)),
            seen_version=form.cleaned_data["version"],
            without_photos=form.without_ids(),
        )
    except EntryMovedOn as moved:
        again = form.at_version(moved.entry.version)
        return _entry(request, actor, moved.entry, again, theirs=moved.entry, status=CONFLICT)
    except EntryWithdrawn:
        messages.warning(request, _("这一笔已经撤下，不能再改。您写的没有保存。"))
        fresh = reads.entry_for(actor, pk) or found
        return _entry(request, actor, fresh, None, kept=_typed(request), status=CONFLICT)
    except (NotYours, NotConfirmed):
        raise Http404 from None
    messages.success(request, _("已保存。"), extra_tags=f"diary-{pk}")
    return redirect("diary_entry", pk)


def _typed(request: HttpRequest) -> list[tuple[Any, str]]:
    words = request.POST.get("words", "").strip()
    return [(_("自己的话"), words)] if words else []


def _entry(
    request: HttpRequest,
    actor: Actor,
    found: DiaryEntry,
    form: WordsForm | None,
    *,
    theirs: DiaryEntry | None = None,
    kept: list[tuple[Any, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    member = found.record.member
    is_inside = may_read_record(actor, member)
    context = {
        "entry": found,
        "member": member,
        "shown": reads.show(actor, member, [found])[0],
        "form": form,
        "theirs": theirs,
        "kept": kept,
        "is_own": is_own(actor, member),
        "is_office": is_office(actor),
        "is_inside": is_inside,
        "contests": reads.contests_of(found) if is_inside else [],
        "history": [(HISTORY.get(line.event, line.event), line) for line in reads.history_of(found)]
        if is_inside
        else [],
    }
    return render(request, "duty/record/entry.html", context, status=status)


@require_POST
@staff_only
def withdraw(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """Take one's own words out, after being asked."""
    found = reads.entry_for(actor, pk)
    if found is None or not is_own(actor, found.record.member):
        raise Http404
    back = reverse("diary_entry", args=[pk])
    if not is_sure(request):
        return ask_first(
            request,
            _("撤下以后，除了您和政协办公室，谁也看不到这一笔和它的照片，也不再算进档案。撤下了不能恢复。"),
            button=_("撤下"),
            back=back,
        )
    version = request.POST.get("version", "")
    try:
        withdraw_words(
            pk, actor=actor, seen_version=int(version) if version.isdecimal() and len(version) < 9 else 0
        )
    except EntryMovedOn:
        messages.warning(request, _("这一笔刚刚改过。请看一看现在的样子，还要撤下就再按一次。"))
        return redirect(back)
    except EntryWithdrawn:
        messages.info(request, _("这一笔已经撤下了。"))
    except OnlyOwnWords:
        messages.info(request, _("系统记的不能自己撤下；觉得不对，请提出异议。"))
        return redirect(back)
    else:
        messages.success(request, _("已撤下。"))
    return redirect("diary")
