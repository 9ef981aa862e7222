"""The public ledger."""

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tongxin.core import ledger
from tongxin.core.pagecache import same_for_all
from tongxin.core.selectors import recent_public_entries

VERIFIER = Path(__file__).parent / "offline_verifier.py"


@require_safe
@same_for_all
def ledger_page(request: HttpRequest) -> HttpResponse:
    """What the ledger is, its newest public entries, how to download and to verify it."""
    head, entries = recent_public_entries()
    return render(
        request,
        "core/ledger.html",
        {"head": head, "entries": entries, "algorithm": settings.TONGXIN["digest"]},
    )


@require_safe
def ledger_entries(request: HttpRequest) -> StreamingHttpResponse:
    """The public download, one JSON object a line. ``?after=<number>`` continues an earlier download."""
    after = request.GET.get("after", "0")
    lines = ledger.public_lines(int(after) if after.isdigit() and len(after) < 18 else 0)
    response = StreamingHttpResponse(lines, content_type="application/x-ndjson; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="tongxin-ledger.jsonl"'
    return response


@require_safe
def ledger_verifier(request: HttpRequest) -> HttpResponse:
    """The offline verifier: one file of Python that needs nothing but Python."""
    response = HttpResponse(VERIFIER.read_bytes(), content_type="text/x-python; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="verify.py"'
    return response
