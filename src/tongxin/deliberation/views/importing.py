"""Bringing a conversation in from export files: a trial first, which writes nothing."""

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from tongxin.deliberation.actions.conversations import NotDeliberating
from tongxin.deliberation.actions.importing import Export, NotEmpty, import_conversation, read_export
from tongxin.deliberation.forms.importing import ImportForm
from tongxin.deliberation.opinion.files import NotAnExport
from tongxin.deliberation.opinion.votes import NotAVote
from tongxin.deliberation.selectors.conversations import conversation_of
from tongxin.deliberation.views.common import place_of


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_opinions(request: HttpRequest, number: str) -> HttpResponse:
    """Choose files, see what would come in, bring it in."""
    place = place_of(request, number)
    if not place.host.may_convene(place.actor, place.record):
        raise Http404
    existing = conversation_of(place.record.pk)
    context: dict[str, Any] = place.context | {
        "can_import": place.host.is_deliberating(place.record)
        and not (existing and (existing.participant_count or existing.statement_count)),
    }
    form = ImportForm(request.POST or None, request.FILES or None)
    export = _read(form) if request.method == "POST" and form.is_valid() else None
    if export is not None and "try" not in request.POST:
        try:
            import_conversation(
                place.host,
                place.record,
                actor=place.actor,
                export=export,
                stays_open=form.cleaned_data["stays_open"],
            )
        except NotEmpty:
            form.add_error(None, _("这件事已经有意见征集了，导入不会混进去。"))
        except NotDeliberating:
            form.add_error(None, _("这件事现在不在协商，开不了意见征集。"))
        else:
            messages.success(request, _("导入了，意见图几秒钟就好。"))
            return redirect("opinions_map", number)
    status = 422 if form.is_bound and form.errors else 200
    return render(
        request,
        "deliberation/opinions/import.html",
        context | {"form": form, "export": export},
        status=status,
    )


def _read(form: ImportForm) -> Export | None:
    """What the files hold; None, with the reason at the form, for files that are no export."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("votes", "comments", "summary"):
            file = form.cleaned_data[name]
            if file is not None:
                with (Path(folder) / f"{name}.csv").open("wb") as target:
                    for chunk in file.chunks():
                        target.write(chunk)
        try:
            return read_export(Path(folder))
        except (NotAnExport, NotAVote) as problem:
            form.add_error(None, _("这不是能读的导出文件：%(problem)s") % {"problem": problem})
            return None
