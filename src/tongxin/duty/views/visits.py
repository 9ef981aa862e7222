"""Members' visits (委员大走访): the list, the form, one visit, and the receipts to hand over."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.core.actor import Actor
from tongxin.core.kept import keepable, was_kept, with_errors
from tongxin.core.qr import qr_inline
from tongxin.core.receipts import Issued
from tongxin.core.records import number_text
from tongxin.duty.actions.reception.visits import receipts_of_visit, record_visit
from tongxin.duty.forms_visits import PURPOSE, VisitForm
from tongxin.duty.rules_reception import may_record_visits, may_see_visit
from tongxin.duty.selectors.visits import matters_of_visit, visit_by_token, visit_for, visits_page
from tongxin.matters.models import Matter
from tongxin.matters.presenters import due_text, sentence_of
from tongxin.matters.views.work.access import may_work_on, staff_only


def paper_of(request: HttpRequest, matter: Matter, issued: Issued) -> dict[str, object]:
    """What a receipt on paper says of a matter: number, code, QR, by when somebody answers."""
    where = request.build_absolute_uri(f"{reverse('track')}?{urlencode({'number': matter.number})}")
    return {
        "matter": matter,
        "number": number_text(matter.number),
        "code": issued.code,
        # After the # nothing is sent to a server: the code stays on the paper and in the phone.
        "qr": qr_inline(f"{where}#{issued.code}"),
        "address": request.build_absolute_uri(reverse("track")),
        "due": due_text(matter),
        "has_contact": issued.receipt.contact_id is not None,
    }


@require_safe
@staff_only
def visits(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Visits: a member's own, a liaison's station's, all for the office; paged by keyset."""
    if not may_record_visits(actor):
        raise Http404
    after = request.GET.get("after", "")[:40]
    page = visits_page(actor, after=after)
    context = {"visits": page.visits, "next_cursor": page.after, "has_previous": bool(after)}
    return render(request, "duty/reception/visits.html", context)


def told_of_visit(token: str) -> dict[str, object] | None:
    """What a phone is told of a visit it kept until there was a network: that it is here, and where the receipts are."""
    found = visit_by_token(token[:300]) if token else None
    if found is None:
        return None
    count = len(matters_of_visit(found))
    words = ngettext("走访已记下，听到 %(n)s 件事。", "走访已记下，听到 %(n)s 件事。", count) % {"n": count}
    return {
        "number": "",
        "code": "",
        "words": words,
        "url": f"{reverse('visit_receipts')}?{urlencode({'t': token})}",
    }


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
@keepable(PURPOSE, told=told_of_visit)
def new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Write a visit down, with up to five concerns. Leads to the receipts to hand over."""
    if not may_record_visits(actor):
        raise Http404
    if request.method != "POST":
        return render(request, "duty/reception/visit_new.html", {"form": VisitForm(actor=actor)})
    # A form that came before, from a phone that never heard so, is answered whatever its age.
    token = request.POST.get("token", "")[:300]
    before = visit_by_token(token) if token else None
    if before is not None and may_see_visit(actor, before):
        return _to_receipts(token, is_repeat=True)
    form = VisitForm(request.POST, request.FILES, actor=actor)
    if not form.is_valid():
        form.keep_photos()
        page = render(request, "duty/reception/visit_new.html", {"form": form}, status=422)
        return with_errors(page, form, *form.concerns)
    made = record_visit(
        actor=actor,
        token=form.cleaned_data["token"],
        given=form.given(was_kept=was_kept(request)),
        concerns=form.concerns_given(),
    )
    return _to_receipts(form.cleaned_data["token"], is_repeat=made.is_repeat)


def _to_receipts(token: str, *, is_repeat: bool) -> HttpResponseRedirect:
    query = {"t": token} | ({"again": "1"} if is_repeat else {})
    return HttpResponseRedirect(f"{reverse('visit_receipts')}?{urlencode(query)}")


@require_safe
@staff_only
def receipts(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The receipts of a visit's concerns, one a sheet, for who has the form's token and may see the visit."""
    token = request.GET.get("t", "")[:300]
    visit = visit_by_token(token) if token else None
    if visit is None or not may_see_visit(actor, visit):
        raise Http404
    issued = {one.receipt.dossier_id: one for one in receipts_of_visit(visit, token)}
    papers = [
        paper_of(request, matter, issued[matter.pk])
        for matter in matters_of_visit(visit)
        if matter.pk in issued
    ]
    context = {"visit": visit, "papers": papers, "is_repeat": request.GET.get("again") == "1"}
    return render(request, "duty/reception/visit_receipts.html", context)


@require_safe
@staff_only
def visit(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """One visit: what was written, and what became of each concern."""
    found = visit_for(actor, pk)
    if found is None:
        raise Http404
    rows = [
        {"matter": matter, "url": _address(actor, matter), "sentence": sentence_of(matter)}
        for matter in matters_of_visit(found)
    ]
    return render(request, "duty/reception/visit.html", {"visit": found, "rows": rows})


def _address(actor: Actor, matter: Matter) -> str:
    """Where the actor may read on about a matter; "" before it is public, for who may not work on it."""
    if may_work_on(actor, matter):
        return reverse("work_matter", args=[matter.number])
    return reverse("matter_detail", args=[matter.number]) if matter.publication == "public" else ""
