"""Which special committee works on which category of matter."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.matters.actions.routing import route_categories
from tongxin.matters.forms.work.routing import RoutingForm
from tongxin.matters.views.work.access import staff_only


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def categories(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The conference office says which categories go to which committee's office account."""
    if not actor.has(Role.OFFICE, Scope.DISTRICT):
        raise Http404
    form = RoutingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        route_categories(form.routes(), actor=actor)
        messages.success(request, _("已经保存。"))
        return redirect("work_categories")
    status = 422 if form.is_bound else 200
    return render(request, "matters/work/categories.html", {"form": form}, status=status)
