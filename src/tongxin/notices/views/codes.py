"""One way to prove an address: a code is sent there, and typed in on the same page."""

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest
from django.utils.translation import gettext as _

from tongxin.core.crypto import lookup_digest
from tongxin.core.visitors import within_limit
from tongxin.notices import actions
from tongxin.notices.forms.reaching import AddressForm

TRIES, TRIES_SECONDS = 30, 600
"""Codes asked for and typed in from one network address; a community's shared address must not be shut out."""
PROVEN, PROVEN_SECONDS = 0, 120
ASKED_SECONDS = 3600


def prove(request: HttpRequest, form: AddressForm) -> int:
    """Go one step on: send the code, or look at it. :data:`PROVEN`, or the status of the page to show again.

    What is answered never depends on whether the address is known.
    """
    if not within_limit(request, "prove", TRIES, TRIES_SECONDS):
        form.add_error(None, _("这个网络地址试得太多了，请过十分钟再试。"))
        return 429
    channel, to, code = (form.cleaned_data[name] for name in ("channel", "address", "code"))
    shared = caches["shared"]  # the second request may reach another process
    if "check" not in request.POST:
        token = form.cleaned_data["token"]
        asked = f"asked:{lookup_digest(f'{channel} {to} {token}', settings.SECRET_KEY)}"
        if not shared.add(asked, 1, ASKED_SECONDS):
            return 200  # the same form sent twice: its code is on the way
        try:
            actions.send_code(channel, to, address=request.META.get("REMOTE_ADDR", ""))
        except actions.TooManyCodes as refused:
            shared.delete(asked)
            form.add_error("address", refused.reason)
            return 429
        return 200
    if not code:
        form.add_error("code", _("请写上收到的验证码。"))
        return 422
    # The same form sent twice must not be told that its code is used up.
    mark = f"proven:{lookup_digest(f'{channel} {to} {code}', settings.SECRET_KEY)}"
    if shared.get(mark):
        return PROVEN
    try:
        if actions.check_phone_code(to, code):
            shared.set(mark, 1, PROVEN_SECONDS)
            return PROVEN
        form.add_error("code", _("验证码不对，请再看看，或者重新发一个。"))
    except actions.PhoneCodeExpired as expired:
        form.add_error("code", expired.reason)
    return 422
