"""The demo's message page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tongxin.accounts.views.demo import demo_only
from tongxin.notices.models import Channel
from tongxin.notices.shown import channel_choices, shown_messages

DIGITS = 18
"""Of a number in an address: more is no row's."""


@demo_only
@require_safe
@never_cache
def messages(request: HttpRequest) -> HttpResponse:
    """What would have been sent to whom. There is no such page outside the demo."""
    channel = request.GET.get("channel", "")
    channel = channel if channel in Channel.values else ""
    cursor = request.GET.get("before", "")
    before = int(cursor) if cursor.isascii() and cursor.isdecimal() and len(cursor) <= DIGITS else None
    return render(
        request,
        "notices/messages.html",
        {
            "page": shown_messages(channel=channel, before=before),
            "channels": channel_choices(),
            "channel": channel,
            "has_previous": before is not None,
        },
    )
