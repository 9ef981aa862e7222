"""Raise a matter: one page, similar ones shown on the way, a receipt at the end."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.core.kept import keepable, with_errors
from tongxin.core.qr import qr_inline
from tongxin.core.receipts import TokenRefused, check_token, find_repeat
from tongxin.core.text import clean_text
from tongxin.core.visitors import within_limit
from tongxin.matters.actions.raising import passer_by, raise_matter
from tongxin.matters.forms.public import RaiseForm
from tongxin.matters.models import Matter
from tongxin.matters.presenters import due_text, number_text, rows_of
from tongxin.matters.public_selectors import area_by_code, matter_of_dossier, station_for
from tongxin.matters.selectors import similar_matters

PURPOSES = ("raise", "me_too", "comment", "object", "help", "sign_up")
"""What a public form can be for; each ends on the same page with its tracking code."""
SHORTEST = 6
"""Characters from which similar matters are looked for."""
LONGEST = 2000


def _similar(text: str, area_code: str) -> list[Matter]:
    text = clean_text(text[:LONGEST]).text
    if len(text.strip()) < SHORTEST:
        return []
    area = area_by_code(area_code[:16]) if area_code else None
    return similar_matters(text, area_id=area.pk if area else None, limit=3)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@keepable("raise", is_personal=False)
def raise_page(request: HttpRequest) -> HttpResponse:
    """The form. ``?text=`` fills in what was begun on the home page, ``?station=`` the place of a station's QR code."""
    if request.method == "POST":
        return _submitted(request)
    station = station_for(request.GET.get("station", "")[:16])
    area = request.GET.get("area", "")[:16]
    form = RaiseForm(
        initial={
            "text": clean_text(request.GET.get("text", "")[:LONGEST]).text,
            "station": station.code if station else "",
            "area": station.area.code if station else area,
        }
    )
    return _page(request, form)


def _submitted(request: HttpRequest) -> HttpResponse:
    form = RaiseForm(request.POST, request.FILES)
    if "look" in request.POST:  # without a script: look for similar matters, keep everything typed
        form.is_valid()
        typed = {
            name: request.POST.get(name, "") for name in form.fields if name not in {"photos", "consent"}
        }
        again = RaiseForm(initial={**typed, "consent": "consent" in request.POST})
        again.images = getattr(form, "images", [])
        found = _similar(request.POST.get("text", ""), request.POST.get("area", ""))
        return _page(request, again, similar=found, has_looked=True)
    if not form.is_valid():
        return _page(request, form, status=422)
    data = form.cleaned_data
    limit = int(settings.TONGXIN["raise_per_hour"])
    if not within_limit(request, "raise", limit, 3600, once=data["token"]):
        return _page(request, form, status=429, is_limited=True)
    made = raise_matter(
        actor=passer_by(),
        token=data["token"],
        text=data["text"],
        area=data["area"],
        place=data["place"],
        category=data["category"],
        station=data["station"],
        source=form.source,
        contact=form.contact(),
        latitude=data["latitude"] if data["longitude"] is not None else None,
        longitude=data["longitude"] if data["latitude"] is not None else None,
        photos=data["photos"],
    )
    return redirect_to_receipt(data["token"], is_repeat=made.issued.is_repeat)


def redirect_to_receipt(token: str, *, is_repeat: bool) -> HttpResponseRedirect:
    """The page with the number and the code; it can be opened again for a week by whoever has its address."""
    query = {"t": token} | ({"again": "1"} if is_repeat else {})
    return HttpResponseRedirect(f"{reverse('raise_done')}?{urlencode(query)}")


def _page(
    request: HttpRequest,
    form: RaiseForm,
    *,
    status: int = 200,
    similar: list[Matter] | None = None,
    has_looked: bool = False,
    is_limited: bool = False,
) -> HttpResponse:
    station = station_for(str(form["station"].value() or "")[:16])
    response = render(
        request,
        "matters/public/raise.html",
        {
            "form": form,
            "station": station,
            "similar": rows_of(similar or []),
            "has_looked": has_looked,
            "is_limited": is_limited,
            "photo_limit": settings.TONGXIN["photo_limit"],
            "kept": form.kept_photos(),
            "has_files": bool(request.FILES),
        },
        status=status,
    )
    return with_errors(response, form)


@require_GET
def similar(request: HttpRequest) -> HttpResponse:
    """A piece of the page: public open matters that say something alike."""
    found = _similar(request.GET.get("text", ""), request.GET.get("area", ""))
    return render(
        request, "matters/public/_similar.html", {"similar": rows_of(found), "has_looked": bool(found)}
    )


@never_cache
@require_GET
def done(request: HttpRequest) -> HttpResponse:
    """The receipt of a public submission: number, tracking code, QR, what happens by when. 404 for a token not ours."""
    token = request.GET.get("t", "")[:300]
    for purpose in PURPOSES:
        try:
            check_token(token, purpose)
        except TokenRefused:
            continue
        break
    else:
        raise Http404
    issued = find_repeat(token)
    matter = matter_of_dossier(issued.receipt.dossier_id) if issued else None
    if issued is None or matter is None:
        raise Http404
    where = request.build_absolute_uri(f"{reverse('track')}?{urlencode({'number': matter.number})}")
    return render(
        request,
        "matters/public/raise_done.html",
        {
            "purpose": purpose,
            "matter": matter,
            "number": number_text(matter.number),
            "code": issued.code,
            # After the # nothing is sent to a server: the code stays on the paper and in the phone.
            "qr": qr_inline(f"{where}#{issued.code}"),
            "due": due_text(matter),
            "is_repeat": request.GET.get("again") == "1",
            "has_contact": issued.receipt.contact_id is not None,
        },
    )
