"""Binding one's WeChat: what stands in ``state`` on the way through WeChat's web sign-in, and who may come back with it.

The state is drawn for one session and one user, is signed, holds ten minutes and is good for one return: whoever gets
hold of somebody's return address, or has somebody else open theirs, binds nothing.
"""

import hmac
import secrets
import time
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from django.core.cache import caches
from django.utils.crypto import salted_hmac

from tongxin.notices.channels import providers_of
from tongxin.notices.channels.local import DemoProvider
from tongxin.notices.models import Channel

if TYPE_CHECKING:
    from tongxin.notices.channels.wechat import WechatTemplates

SESSION_KEY = "wechat_states"
VALID_SECONDS = 600
STATES_HELD = 3
"""So many pages may stand open at once in one session."""
SALT = "notices.binding"


class StateRefused(Exception):
    """The return belongs to no page that this person opened in this session a short while ago."""


def wechat_account() -> "WechatTemplates | None":
    """The district's service account, when one is configured; the first, as openids are known to one account only."""
    from tongxin.notices.channels.wechat import WechatTemplates  # loads all that speaks HTTP: when it is used

    return next((each for each in providers_of(Channel.WECHAT) if isinstance(each, WechatTemplates)), None)


def is_demonstration() -> bool:
    """Whether a made-up WeChat is bound: in the demo, where every channel leads to the demo's page."""
    return any(isinstance(each, DemoProvider) for each in providers_of(Channel.WECHAT))


def can_bind() -> bool:
    """Whether people can bind their WeChat here."""
    return wechat_account() is not None or is_demonstration()


def new_state(session: MutableMapping[str, Any], user_id: int) -> str:
    """Draw a state for this session and user: letters and digits, as WeChat takes them."""
    nonce, now = secrets.token_hex(12), int(time.time())
    held = [each for each in session.get(SESSION_KEY, []) if each[1] > now - VALID_SECONDS]
    session[SESSION_KEY] = [*held, [nonce, now]][-STATES_HELD:]
    return nonce + _sign(nonce, now, user_id)


def use_state(session: MutableMapping[str, Any], user_id: int, state: str) -> None:
    """Take the state that came back, once. Raises :class:`StateRefused`."""
    nonce, signature = state[:24], state[24:]
    held = session.get(SESSION_KEY, [])
    found = next((each for each in held if hmac.compare_digest(each[0].encode(), nonce.encode())), None)
    if found is None:
        raise StateRefused
    session[SESSION_KEY] = [each for each in held if each is not found]
    if found[1] <= time.time() - VALID_SECONDS:
        raise StateRefused
    if not hmac.compare_digest(_sign(nonce, found[1], user_id).encode(), signature.encode()):
        raise StateRefused
    # Two returns at the same moment both found it in their session; only one of them is the first.
    if not caches["shared"].add(f"wechat-state:{nonce}", 1, VALID_SECONDS):
        raise StateRefused


def _sign(nonce: str, at: int, user_id: int) -> str:
    return salted_hmac(SALT, f"{nonce} {at} {user_id}", algorithm="sha256").hexdigest()[:32]
