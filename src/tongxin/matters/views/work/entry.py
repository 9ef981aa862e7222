"""Entry on behalf: the same matter, the same clocks and the same receipt as from a phone."""

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.core.kept import keepable, with_errors
from tongxin.core.qr import qr_inline
from tongxin.core.receipts import TokenRefused, check_token, find_repeat, new_token
from tongxin.matters import held
from tongxin.matters.actions.raising import raise_matter
from tongxin.matters.forms.work.entry import PURPOSE, EnterForm
from tongxin.matters.presenters import number_text, sentence_of
from tongxin.matters.views.work.access import staff_only
from tongxin.matters.views.work.lists import place_of
from tongxin.matters.work_selectors import matter_of_dossier, station_of_area, stations_of

SESSION_KEY = "entered_token"


def _may_enter(actor: Actor) -> bool:
    return actor.has(Role.LIAISON) or actor.has(Role.OFFICE, Scope.DISTRICT)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
@keepable(PURPOSE)
def enter(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Take down what somebody said; for liaisons and the office. Leads to the receipt to hand over."""
    if not _may_enter(actor):
        raise Http404
    own = stations_of(actor) if actor.has(Role.LIAISON) else []
    if request.method != "POST":
        form = EnterForm(initial={"area": own[0].area_id} if own else {})
        return render(request, "matters/work/enter.html", {"form": form, "station": own[0] if own else None})
    form = EnterForm(request.POST, request.FILES)
    is_valid = form.is_valid()
    try:
        token = check_token(request.POST.get("token", ""), PURPOSE)
    except TokenRefused as refused:
        form.add_error(None, refused.reason)
        return _again(request, form, own, token=new_token(PURPOSE))
    if not is_valid:
        return _again(request, form, own)
    data = form.cleaned_data
    station = next((s for s in own if s.area_id == data["area"].pk), None) or (
        own[0] if own and not actor.has(Role.OFFICE) else station_of_area(data["area"])
    )
    raise_matter(
        actor=actor,
        token=token,
        text=data["text"],
        area=data["area"],
        place=data["place"],
        category=data["category"],
        station=station,
        source=data["source"],
        contact=form.contact(),
        photos=data["photos"],
    )
    request.session[SESSION_KEY] = token
    return redirect("work_entered")


def _again(request: HttpRequest, form: EnterForm, own: list[Any], token: str = "") -> HttpResponse:
    """The form once more, everything typed and every photo kept."""
    data = cast(QueryDict, form.data).copy()
    if token:
        data["token"] = token
    photos = form.cleaned_data.get("photos")
    if photos:
        data["photos_held"] = held.hold_all(photos)
    form.data = data
    context = {"form": form, "station": own[0] if own else None, "kept_count": len(photos or [])}
    return with_errors(render(request, "matters/work/enter.html", context, status=422), form)


@require_safe
@staff_only
def entered(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The receipt of the matter just entered: number, tracking code, QR and what happens by when. To be printed."""
    token = request.session.get(SESSION_KEY, "")
    issued = find_repeat(token) if token and _may_enter(actor) else None
    if issued is None:
        messages.info(request, _("没有刚刚代录的事项。"))
        return redirect("work_list")
    matter = matter_of_dossier(issued.receipt.dossier_id)
    address = request.build_absolute_uri(f"/track/?number={matter.number}")
    context = {
        "matter": matter,
        "number_text": number_text(matter.number),
        "place": place_of(matter),
        "code": issued.code,
        "sentence": sentence_of(matter),
        "address": address,
        "qr": qr_inline(address, css_class="drawing"),
    }
    return render(request, "matters/work/entered.html", context)
