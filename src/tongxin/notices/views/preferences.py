"""How somebody wants to be told: what, by which channel, how often; and where they are reached."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tongxin.accounts.access import actor_of
from tongxin.notices import binding, selectors
from tongxin.notices.actions import choosing
from tongxin.notices.forms.reaching import OUTSIDE, AddressForm, RhythmsForm
from tongxin.notices.models import Channel
from tongxin.notices.times import waking_hours
from tongxin.notices.views.codes import PROVEN, prove
from tongxin.notices.views.inbox import signed_in


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def preferences(request: HttpRequest) -> HttpResponse:
    """The table of concerns and channels."""
    actor = actor_of(request)
    user_id = actor.user_id or 0
    channels = selectors.open_channels()
    form = RhythmsForm(
        request.POST if request.method == "POST" else None,
        channels=channels,
        rhythms=selectors.rhythms_of(user_id),
    )
    if form.is_valid():
        choosing.choose(form.changed(), actor=actor)
        messages.success(request, _("记住了，以后照这样告诉您。"))
        return redirect("notice_preferences")
    addresses = selectors.addresses_of(user_id)
    first, last = (f"{hour:%H:%M}" for hour in waking_hours())
    return render(
        request,
        "notices/preferences.html",
        {
            "form": form,
            "table": form.table(),
            "channels": [channel.label for channel in channels],
            "reached": [(c.value, c.label, addresses.get(c, "")) for c in OUTSIDE if c in channels],
            "first": first,
            "last": last,
            "digest": settings.TONGXIN["digest_at"],
            "has_wechat": Channel.WECHAT in channels,
            "binds_wechat": binding.can_bind(),
            "wechat": addresses.get(Channel.WECHAT, ""),
        },
        status=422 if form.is_bound else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new_address(request: HttpRequest, channel: str) -> HttpResponse:
    """Type in an address, then the code that was sent there."""
    channels = selectors.open_channels()
    if channel not in OUTSIDE or channel not in channels:
        raise Http404
    chosen = Channel(channel)
    form = AddressForm(
        {**request.POST.dict(), "channel": channel} if request.method == "POST" else None, channels=channels
    )
    form.fields["address"].label = _("邮箱") if channel == Channel.EMAIL else _("手机号")
    status, is_sent = 200, "check" in request.POST
    if request.method == "POST":
        status = 422
        if form.is_valid():
            status = prove(request, form)
            is_sent = is_sent or status == 200
            if status == PROVEN:
                choosing.keep_address(channel, form.cleaned_data["address"], actor=actor_of(request))
                messages.success(request, _("记住了，以后发到这里。"))
                return redirect("notice_preferences")
    if is_sent:
        form.ask_code()
    context = {"form": form, "channel": chosen, "is_sent": is_sent}
    return render(request, "notices/address.html", context, status=status)


@require_POST
@signed_in
def remove_address(request: HttpRequest, channel: str) -> HttpResponse:
    """Forget an address."""
    if channel not in Channel.values:
        raise Http404
    choosing.forget_address(channel, actor=actor_of(request))
    messages.success(request, _("删掉了，不会再发到那里。"))
    return redirect("notice_preferences")
