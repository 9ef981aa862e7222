"""Pages of who keeps the directory: importing tables."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.access import gate
from tongxin.core.actor import Actor
from tongxin.core.tables import Unreadable
from tongxin.directory import actions, selectors
from tongxin.directory.forms import UploadForm
from tongxin.directory.importing import blanks
from tongxin.directory.importing.kinds import KINDS
from tongxin.directory.importing.planning import Plan
from tongxin.directory.models import ImportBatch
from tongxin.directory.rules import may_import
from tongxin.site.confirming import ask_first, is_sure

SHOWN = 300
"""Faults and changes on one page; the whole list of faults can be downloaded."""


def _actor(request: HttpRequest) -> Actor:
    return request.user.as_actor()  # type: ignore[union-attr]


def _batch(pk: int) -> ImportBatch:
    batch = selectors.batch_by_id(pk) if pk < 2**63 else None
    if batch is None:
        raise Http404
    return batch


def _attachment(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@gate(may_import)
def import_start(request: HttpRequest) -> HttpResponse:
    """Choose a table, take its template, upload a file; a readable one leads to its dry run."""
    is_sent = request.method == "POST"
    form = UploadForm(
        request.POST if is_sent else None,
        request.FILES if is_sent else None,
        initial={"kind": request.GET.get("kind", "")},
    )
    if is_sent and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            batch = actions.upload_table(
                form.cleaned_data["kind"], file.name, file.read(), actor=_actor(request)
            )
        except Unreadable as unreadable:
            form.add_error("file", unreadable.reason)
        else:
            return redirect("import_batch", pk=batch.pk)
    context = {
        "form": form,
        "kinds": list(KINDS.values()),
        "batches": _with_titles(selectors.recent_batches()),
    }
    return render(request, "directory/import_start.html", context, status=422 if form.errors else 200)


def _with_titles(batches: list[ImportBatch]) -> list[tuple[ImportBatch, str]]:
    return [(batch, KINDS[batch.kind].title if batch.kind in KINDS else batch.kind) for batch in batches]


@require_safe
@gate(may_import)
def import_template(request: HttpRequest, kind: str, extension: str) -> HttpResponse:
    """An empty table to fill in, in the reader's language."""
    table = KINDS.get(kind)
    if table is None:
        raise Http404
    if extension == "csv":
        return _attachment(blanks.blank_csv(table), "text/csv; charset=utf-8", f"{kind}.csv")
    excel = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _attachment(blanks.blank_excel(table), excel, f"{kind}.xlsx")


def _batch_page(
    request: HttpRequest, batch: ImportBatch, plan: Plan | None, *, notice: str = "", status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "batch": batch,
        "kind": KINDS[batch.kind],
        "plan": plan,
        "counts": plan.counts if plan else batch.counts,
        "notice": notice,
        "shown": SHOWN,
    }
    if plan:
        context |= {
            "faults": plan.faults[:SHOWN],
            "changed": plan.of("change")[:SHOWN],
            "created": plan.of("create")[:SHOWN],
            "removed": plan.of("remove")[:SHOWN],
        }
    return render(request, "directory/import_batch.html", context, status=status)


@require_safe
@gate(may_import)
def import_batch(request: HttpRequest, pk: int) -> HttpResponse:
    """The dry run of an uploaded table against the directory as it is now, or what became of it."""
    batch = _batch(pk)
    plan = actions.plan_of(batch) if batch.status == ImportBatch.Status.WAITING else None
    return _batch_page(request, batch, plan)


@require_safe
@gate(may_import)
def import_faults(request: HttpRequest, pk: int) -> HttpResponse:
    """Every fault of a dry run, as CSV."""
    batch = _batch(pk)
    if batch.status != ImportBatch.Status.WAITING:
        raise Http404
    content = blanks.faults_csv(actions.plan_of(batch).faults)
    return _attachment(content, "text/csv; charset=utf-8", f"{batch.kind}-faults.csv")


@require_POST
@gate(may_import)
def import_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Import what the page showed; when the directory changed meanwhile, show it anew instead."""
    batch = _batch(pk)
    try:
        actions.confirm_import(batch.pk, actor=_actor(request), seen_digest=request.POST.get("digest", ""))
    except actions.DirectoryChanged as changed:
        notice = _("您看过之后名录有了变动，什么都没有导入。下面是按现在的名录重新核对的结果，请再看一遍。")
        return _batch_page(request, batch, changed.plan or actions.plan_of(batch), notice=notice, status=409)
    except actions.Refused as refused:
        messages.error(request, refused.reason)
    else:
        messages.success(request, _("已导入。"))
    return redirect("import_batch", pk=batch.pk)


@require_POST
@gate(may_import)
def import_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an uploaded table up."""
    batch = _batch(pk)
    if not is_sure(request):
        return ask_first(
            request,
            _("上传的这张表和核对结果会放弃，名录不变。"),
            button=_("放弃这次导入"),
            back=reverse("import_batch", args=[pk]),
        )
    actions.cancel_import(batch.pk, actor=_actor(request))
    messages.success(request, _("已放弃，名录没有改动。"))
    return redirect("import_start")
