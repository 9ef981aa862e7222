"""The audit administrator's page: read-only."""

import csv
from collections.abc import Iterator
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tongxin.accounts import audit as records
from tongxin.accounts.access import actor_of, gate
from tongxin.accounts.actions.audit import note_export
from tongxin.accounts.forms import AuditForm
from tongxin.accounts.rules import may_audit

auditors_only = gate(may_audit)


class _Echo:
    def write(self, value: str) -> str:
        """The line itself."""
        return value


def _safe(cell: str) -> str:
    # A spreadsheet would run what begins with these.
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


@require_safe
@auditors_only
def audit(request: HttpRequest) -> HttpResponse:
    """Who saw what, who signed in, whose roles changed."""
    form = AuditForm(request.GET or {"kind": "access"})
    wanted = form.wanted()
    page = records.read(wanted)
    kept = {
        name: value
        for name, value in (
            ("kind", wanted.kind),
            ("user", wanted.user),
            ("first", wanted.first),
            ("last", wanted.last),
        )
        if value
    }
    context = {
        "form": form,
        "page": page,
        "kind": wanted.kind,
        "kinds": list(records.KINDS.items()),
        "actions": records.ACTIONS,
        "query": urlencode(kept),
    }
    return render(request, "accounts/audit.html", context)


@require_safe
@auditors_only
def export(request: HttpRequest) -> HttpResponseBase:
    """The same as a spreadsheet file; that it was taken is itself recorded."""
    wanted = AuditForm(request.GET or {"kind": "access"}).wanted()
    note_export(actor=actor_of(request), kind=wanted.kind)
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield "\ufeff"
        for row in records.export(wanted):
            yield writer.writerow([_safe(cell) for cell in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="tongxin-audit-{wanted.kind}.csv"'
    response["Cache-Control"] = "no-store, private"
    return response
