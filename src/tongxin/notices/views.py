"""The demo's message page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tongxin.accounts.views.demo import demo_only
from tongxin.notices.selectors import recent_messages


@demo_only
@require_safe
@never_cache
def messages(request: HttpRequest) -> HttpResponse:
    """What would have been sent to whom. There is no such page outside the demo."""
    return render(request, "notices/messages.html", {"shown": recent_messages()})
