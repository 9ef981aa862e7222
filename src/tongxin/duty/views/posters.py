"""Posters as PDF: one station's for anybody, many in one file for the office and for liaisons."""

from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.access import actor_of, gate
from tongxin.core.attachments import path_of
from tongxin.core.pagecache import same_for_all
from tongxin.core.visitors import within_limit
from tongxin.duty import posters
from tongxin.duty.actions.posters import (
    ask_again,
    ask_for_posters,
    is_office,
    may_make_posters,
    raise_address,
)
from tongxin.duty.forms_posters import PostersForm
from tongxin.duty.models import PosterBatch
from tongxin.duty.selectors.posters import (
    batch_by_id,
    recent_batches,
    shifts_of_month,
    station_by_code,
    stations_for_posters,
    streets_of,
)

PDF = "application/pdf"
AN_HOUR = 3600
DRAWN_AN_HOUR = 600
"""Posters that one address may have drawn in an hour: each costs a tenth of a second of work."""


def base_url_of(request: HttpRequest) -> str:
    """Where codes lead: the district's public address, or the one the page was opened at."""
    return str(settings.TONGXIN["base_url"] or request.build_absolute_uri("/")).rstrip("/")


@require_safe
@same_for_all
def station_poster_pdf(request: HttpRequest, code: str) -> HttpResponse:
    """One station's poster: ``?size=a4|a3&language=zh|en|both``."""
    station = station_by_code(code)
    size, language = request.GET.get("size", "a4"), request.GET.get("language", "zh")
    if station is None or size not in posters.SIZES or language not in posters.LANGUAGES:
        raise Http404
    if not within_limit(request, "poster", DRAWN_AN_HOUR, AN_HOUR):
        return render(request, "429.html", status=429)
    today = timezone.localdate()
    sheet = posters.sheet_of(
        station,
        shifts_of_month([station.pk], today).get(station.pk, []),
        address=raise_address(base_url_of(request), station),
        language=language,
        today=today,
    )
    response = HttpResponse(posters.draw([sheet], size=size), content_type=PDF)
    name = f"{station.name}-{size.upper()}-{language}.pdf"
    response["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name)}"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@gate(may_make_posters)
def work_posters(request: HttpRequest) -> HttpResponse:
    """Ask for posters of all one's stations, or of a street; what was asked for lately, and how far it is."""
    actor = actor_of(request)
    stations = stations_for_posters(actor)
    form = PostersForm(
        request.POST if request.method == "POST" else None,
        streets=streets_of(stations) if is_office(actor) else [],
    )
    if request.method == "POST" and stations and form.is_valid():
        chosen = form.cleaned_data
        batch = ask_for_posters(
            actor=actor,
            size=chosen["size"],
            language=chosen["language"],
            street=chosen.get("street", ""),
            base_url=base_url_of(request),
        )
        if batch is not None:
            return redirect("work_posters_batch", pk=batch.pk)
    context = {
        "form": form,
        "stations": stations,
        "singles": [] if is_office(actor) else stations,
        "batches": [
            (batch, posters.LANGUAGE_NAMES[batch.language])
            for batch in recent_batches(actor, is_office=is_office(actor))
        ],
    }
    return render(request, "duty/posters/list.html", context, status=422 if form.errors else 200)


def _batch(request: HttpRequest, pk: int) -> PosterBatch:
    actor = actor_of(request)
    batch = batch_by_id(pk, actor, is_office=is_office(actor))
    if batch is None:
        raise Http404
    return batch


@require_safe
@gate(may_make_posters)
def work_posters_batch(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a batch is; the part that changes asks again each second until it is done, where scripts run."""
    batch = _batch(request, pk)
    path = path_of(batch.file_digest) if batch.file_digest else None
    context = {
        "batch": batch,
        "language": posters.LANGUAGE_NAMES[batch.language],
        "is_under_way": batch.state in {PosterBatch.State.WAITING, PosterBatch.State.RUNNING},
        "is_there": path is not None and path.exists(),
        "size": path.stat().st_size if path is not None and path.exists() else 0,
    }
    template = "duty/posters/_progress.html" if request.htmx else "duty/posters/batch.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@require_POST
@gate(may_make_posters)
def work_posters_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a batch that failed made once more."""
    ask_again(_batch(request, pk), actor=actor_of(request))
    return redirect("work_posters_batch", pk=pk)


@require_safe
@gate(may_make_posters)
def work_posters_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The finished file, for who asked for it and the office."""
    batch = _batch(request, pk)
    if not batch.file_digest:
        messages.info(request, _("这份海报还没做好，或者已经不再保留。"))
        return redirect("work_posters_batch", pk=pk)
    try:
        source = path_of(batch.file_digest).open("rb")
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(source, content_type=PDF)
    name = f"{_('工作站海报')}-{batch.size.upper()}-{batch.language}-{batch.total}.pdf"
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response["Cache-Control"] = "no-store, private"
    return response
