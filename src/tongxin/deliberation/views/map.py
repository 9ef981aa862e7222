"""The opinion map: the page and its live part, the report to print, the export files."""

from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_safe

from tongxin.deliberation import exporting
from tongxin.deliberation.actions.voting import find_participant
from tongxin.deliberation.hosts import find_record
from tongxin.deliberation.mapping import newest_map, newest_map_id
from tongxin.deliberation.models import Conversation, Participant
from tongxin.deliberation.presenters.opinion_map import groups_in_words, map_page, numbers_in
from tongxin.deliberation.selectors.maps import own_label, own_votes, texts_of
from tongxin.deliberation.views.common import Place, conversation_at, is_taking, voter_at

NO_CHANGE = 204
"""What the script takes for "nothing to put in": it asks again, and the page stays as it is."""


def _tag(request: HttpRequest, place: Place, conversation: Conversation, person: Participant | None) -> str:
    """Names what the page shows: the newest map, the visitor's own votes, the way it is presented."""
    own = f"{person.pk}.{person.vote_count}" if person else "0"
    # The demo's bar, the name of who is signed in and messages depend on the visitor; so do language and large type.
    look = (
        f"{translation.get_language()}.{int(bool(getattr(request, 'elder', False)))}.{request.user.pk or 0}"
    )
    parts = (newest_map_id(conversation) or 0, conversation.smallest_group, own, look)
    return f"{'.'.join(map(str, parts))}.{int(is_taking(place, conversation))}"


@require_safe
def opinion_map(request: HttpRequest, number: str) -> HttpResponse:
    """The map; asked by the script every few seconds, with what it has, only what is newer is sent."""
    place, conversation = conversation_at(request, number)
    person = find_participant(conversation, voter_at(request, place))
    shown, is_piece = _tag(request, place, conversation, person), bool(request.htmx)  # type: ignore[attr-defined]
    tag = f'W/"{shown}.{int(is_piece)}"'
    if request.headers.get("If-None-Match") == tag:
        return _tagged(HttpResponse(status=304), tag)
    if is_piece and request.GET.get("have") == shown:
        return HttpResponse(status=NO_CHANGE)
    context = _context(request, place, conversation, person) | {"tag": shown}
    name = "deliberation/map/live.html" if is_piece else "deliberation/map/page.html"
    return _tagged(render(request, name, context), tag)


def _tagged(response: HttpResponse, tag: str) -> HttpResponse:
    response["ETag"] = tag
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ("Cookie", "Accept-Language", "HX-Request"))
    return response


def _context(
    request: HttpRequest, place: Place, conversation: Conversation, person: Participant | None
) -> dict[str, Any]:
    snapshot = newest_map(conversation)
    texts = texts_of(conversation, numbers_in(snapshot.result)) if snapshot else {}
    label = own_label(snapshot, person) if snapshot and person else None
    page = map_page(conversation, snapshot, texts, own_votes(person), label)
    is_public = find_record(place.record.number, None) is not None
    return place.context | {
        "conversation": conversation,
        "page": page,
        "in_words": groups_in_words(page),
        "is_taking": is_taking(place, conversation),
        "is_public": is_public,
        "missing": max(conversation.vote_count - snapshot.vote_count, 0) if snapshot else 0,
    }


@require_safe
def report(request: HttpRequest, number: str) -> HttpResponse:
    """The same on paper, without anybody's own place."""
    place, conversation = conversation_at(request, number)
    return render(
        request,
        "deliberation/map/print.html",
        _context(request, place, conversation, None) | {"is_report": True},
    )


@require_safe
def export(request: HttpRequest, number: str, name: str) -> HttpResponse | StreamingHttpResponse:
    """One file of Polis's export format; for public conversations only."""
    place, conversation = conversation_at(request, number)
    if name not in exporting.FILES or find_record(place.record.number, None) is None:
        raise Http404
    lines: Iterator[str] = exporting.FILES[name](
        conversation, request.build_absolute_uri(f"/opinions/{number}/")
    )
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{place.record.number}-{name}.csv"'
    return response
