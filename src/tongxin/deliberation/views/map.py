"""The opinion map: the page and its live part, the report to print, the export files."""

import zlib
from collections.abc import Iterator
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from tongxin.deliberation import exporting
from tongxin.deliberation.actions.voting import find_participant
from tongxin.deliberation.drawing import own_place
from tongxin.deliberation.hosts import find_record
from tongxin.deliberation.mapping import newest_map, newest_map_id
from tongxin.deliberation.models import Conversation, MapSnapshot, Participant
from tongxin.deliberation.presenters.opinion_map import groups_in_words, map_page, numbers_in, own_words
from tongxin.deliberation.selectors.maps import own_label, own_votes, texts_of
from tongxin.deliberation.views.common import Place, conversation_at, is_taking, voter_at

MARK, WORDS = "<!--own-mark-->", "<!--own-words-->"
KEPT_FOR, ASKED_ONCE_IN = 120, 1  # seconds
NO_CHANGE = 204
"""What the script takes for "nothing to put in": it asks again, and the page stays as it is."""


def _head(place: Place, conversation: Conversation) -> str:
    """Which map is newest and whether votes are taken: what a page that is open asks for again and again."""
    newest = newest_map_id(conversation) or 0
    return f"{newest}.{conversation.smallest_group}.{int(is_taking(place, conversation))}"


def _tag(request: HttpRequest, head: str, person: Participant | None) -> str:
    """Names what the answer holds: the newest map, the visitor's own votes, the way it is presented."""
    own = f"{person.pk}.{person.vote_count}" if person else "0"
    # The demo's bar, the name of who is signed in and messages depend on the visitor; so do language and large type.
    look = (
        f"{translation.get_language()}.{int(bool(getattr(request, 'elder', False)))}.{request.user.pk or 0}"
    )
    return f'W/"{head}.{own}.{look}.{int(bool(request.htmx))}"'  # type: ignore[attr-defined]


@require_safe
def opinion_map(request: HttpRequest, number: str) -> HttpResponse:
    """The map; asked by the script every few seconds, with what it has, only what is newer is sent.

    Hundreds of open pages ask at the same time: within a second one look at the database answers all of this process.
    """
    is_piece, have = bool(request.htmx), request.GET.get("have", "")  # type: ignore[attr-defined]
    key = f"opinion-map-head:{number[:24]}"
    if is_piece and have and not request.user.is_authenticated and cache.get(key) == have:
        return HttpResponse(status=NO_CHANGE)
    place, conversation = conversation_at(request, number)
    head = _head(place, conversation)
    if not place.actor.assignments:  # found as anybody would find it
        cache.set(key, head, ASKED_ONCE_IN)
    if is_piece and have == head:
        return HttpResponse(status=NO_CHANGE)
    person = find_participant(conversation, voter_at(request, place))
    tag = _tag(request, head, person)
    if request.headers.get("If-None-Match") == tag:
        return _tagged(HttpResponse(status=304), tag)
    context = _context(place, conversation, person) | {"tag": head}
    name = "deliberation/map/live.html" if is_piece else "deliberation/map/page.html"
    return _tagged(render(request, name, context), tag)


def _tagged(response: HttpResponse, tag: str) -> HttpResponse:
    response["ETag"] = tag
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ("Cookie", "Accept-Language", "HX-Request"))
    return response


def _findings(
    conversation: Conversation, snapshot: MapSnapshot | None, texts: dict[int, str], *, is_report: bool
) -> str:
    """What is the same for all visitors; kept for a while, since hundreds of pages ask for each new map."""
    words = zlib.crc32("".join(f"{number}{text}" for number, text in sorted(texts.items())).encode())
    drawn = snapshot.pk if snapshot else f"{conversation.pk}-none"
    key = (
        f"opinion-map:{drawn}:{conversation.smallest_group}:{words}:{translation.get_language()}:{is_report}"
    )
    found: str | None = cache.get(key)
    if found is None:
        page = map_page(conversation, snapshot, texts)
        context = {
            "conversation": conversation,
            "page": page,
            "in_words": groups_in_words(page),
            "is_report": is_report,
        }
        found = render_to_string("deliberation/map/findings.html", context)
        cache.set(key, found, KEPT_FOR)
    return found


def _context(
    place: Place, conversation: Conversation, person: Participant | None, *, is_report: bool = False
) -> dict[str, Any]:
    snapshot = newest_map(conversation)
    texts = texts_of(conversation, numbers_in(snapshot.result)) if snapshot else {}
    findings = _findings(conversation, snapshot, texts, is_report=is_report)
    if snapshot and person and MARK in findings:
        own = own_place(snapshot.result["axes"], own_votes(person))
        if own:
            mark = render_to_string("deliberation/map/own.html", {"own": own})
            findings = findings.replace(MARK, mark, 1)
            findings = findings.replace(WORDS, f" {own_words(own_label(snapshot, person))}", 1)
    return place.context | {
        "conversation": conversation,
        "findings": mark_safe(findings),  # noqa: S308  (rendered by templates)
        "is_taking": is_taking(place, conversation),
        "is_public": find_record(place.record.number, None) is not None,
        "missing": max(conversation.vote_count - snapshot.vote_count, 0) if snapshot else 0,
    }


@require_safe
def report(request: HttpRequest, number: str) -> HttpResponse:
    """The same on paper, without anybody's own place."""
    place, conversation = conversation_at(request, number)
    context = _context(place, conversation, None, is_report=True)
    return render(request, "deliberation/map/print.html", context)


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
