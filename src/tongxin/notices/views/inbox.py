"""The inbox: what somebody signed in was told."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, ngettext
from django.views.decorators.http import require_POST, require_safe

from tongxin.accounts.access import actor_of, gate
from tongxin.core.actor import Actor
from tongxin.notices import selectors
from tongxin.notices.actions import choosing
from tongxin.notices.forms.reaching import MarkForm
from tongxin.notices.models import Concern


def is_anybody(actor: Actor) -> bool:
    """Everybody who is signed in has an inbox."""
    return actor.user_id is not None


signed_in = gate(is_anybody)


@require_safe
@signed_in
def inbox(request: HttpRequest) -> HttpResponse:
    """Unread first, then the newest; narrowed to one concern, or to what is unread."""
    concern = request.GET.get("concern", "")
    concern = concern if concern in Concern.values else ""
    unread_only = request.GET.get("unread") == "1"
    after = request.GET.get("after", "")[:20]
    page = selectors.inbox_page(
        actor_of(request).user_id or 0,
        language=get_language() or "",
        concern=concern,
        unread_only=unread_only,
        after=after,
    )
    return render(
        request,
        "notices/inbox.html",
        {
            "page": page,
            "concern": concern,
            "unread_only": unread_only,
            "concerns": [(value, label) for value, label in Concern.choices],
            "has_previous": bool(after),
            "here": request.get_full_path(),
            "is_unread_here": any(not item.is_read for item in page.items),
        },
    )


@require_safe
@signed_in
def open_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Go where a notice leads; it is read then."""
    actor = actor_of(request)
    item = selectors.inbox_item(actor.user_id or 0, pk, language=get_language() or "")
    if item is None:
        raise Http404
    if not item.is_read:
        choosing.mark_read([pk], actor=actor)
    return redirect(item.url or "inbox")


@require_POST
@signed_in
def mark(request: HttpRequest) -> HttpResponse:
    """Mark some as read, or everything that was there."""
    form = MarkForm(request.POST)
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}) or not back.startswith(
        reverse("inbox")
    ):
        back = reverse("inbox")
    if not form.is_valid():
        return redirect(back)
    actor = actor_of(request)
    if form.cleaned_data.get("up_to"):
        count = choosing.mark_all_read(actor=actor, up_to=form.cleaned_data["up_to"])
    else:
        count = choosing.mark_read(form.cleaned_data["chosen"], actor=actor)
    messages.success(
        request, ngettext("%(count)s 条标为已读。", "%(count)s 条标为已读。", count) % {"count": count}
    )
    return redirect(back)
