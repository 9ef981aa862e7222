"""Template messages of a WeChat service account.

Sending: https://developers.weixin.qq.com/doc/service/api/notify/template/api_sendtemplatemessage.html
Token: https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken.html
Web sign-in: https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsaccesstoken.html
Error codes: https://developers.weixin.qq.com/doc/oplatform/developers/errCode/errCode.html

``client_msg_id`` carries the message's key: for one openid and key one message goes out within ten minutes. The stable
token is the same for every process that asks for it, so each may keep its own copy.
"""

import json
import re
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from tongxin.notices.channels.base import ChannelError, Kind, Misconfigured, Parcel, Refused, Temporary
from tongxin.notices.channels.configuration import ProviderBase
from tongxin.notices.channels.http import Sender
from tongxin.notices.channels.templating import choose, template_problems
from tongxin.notices.models import Channel

_STALE_TOKEN = {40001, 40014, 42001}
_CREDENTIALS = {
    40001,
    40002,
    40013,
    40014,
    40125,
    40164,
    40243,
    41002,
    41004,
    42001,
    48001,
    48004,
    50002,
    50004,
    50007,
}
_TEMPLATE = {40036, 40037, 41030, 47001, 47003, 43107}
_ADDRESS = {40003, 43004, 43019, 43101}
_QUOTA = {45009, 45011, 45047}
_CONTENT = {45168, 87009, 40066, 40165}
_CODE = {40029, 40163, 41008, 42003}
"""The code of a web sign-in is unknown, used, missing or too old."""
_OPENID = re.compile(r"[A-Za-z0-9_-]{10,64}")
HOUR = 3600.0
EARLY = 300.0
"""A token is asked for anew this many seconds before it ends; in these the platform lets both work."""


class CodeRefused(Refused):
    """The code of a web sign-in is no good (any more)."""


class WechatTemplates(ProviderBase):
    """Template messages to people who follow the district's service account."""

    kind = "wechat"
    channel = Channel.WECHAT
    required = ("app_id", "templates")
    optional = {
        "endpoint": "https://api.weixin.qq.com",
        "web_endpoint": "https://open.weixin.qq.com",
        "seconds": 10,
        "proxy": "",
    }
    secrets = {"app_secret": "TONGXIN_WECHAT_APP_SECRET"}

    def __init__(self, name: str, values: Mapping[str, Any], fingerprint: str = "") -> None:
        super().__init__(name, values, fingerprint)
        self._sender = Sender(seconds=float(self.values["seconds"]), proxy=self.values["proxy"])
        self._lock = threading.Lock()
        self._token, self._good_until = "", 0.0

    @classmethod
    def problems(cls, values: Mapping[str, Any]) -> list[str]:
        """Templates must have their ids."""
        return template_problems(values["templates"])

    def send(self, parcel: Parcel) -> str:
        """Send, and return the ``msgid``. A token that ended early is replaced once."""
        template = choose(parcel, self.values["templates"])
        message: dict[str, Any] = {
            "touser": parcel.address,
            "template_id": template.id,
            "client_msg_id": parcel.key[:64],
            "data": {name: {"value": value} for name, value in template.parameters.items()},
        }
        if parcel.data.get("url"):
            message["url"] = str(parcel.data["url"])
        token = self._current()
        answer = self._post(f"/cgi-bin/message/template/send?access_token={quote(token)}", message)
        if answer.get("errcode") in _STALE_TOKEN:
            token = self._renewed(token)
            answer = self._post(f"/cgi-bin/message/template/send?access_token={quote(token)}", message)
        _raise_for(answer)
        return str(answer.get("msgid", ""))

    def authorize_url(self, redirect_uri: str, state: str) -> str:
        """Where a browser inside WeChat is sent to learn who looks, without asking them (``snsapi_base``).

        The parameters stand in the order of the documentation, which the platform insists on.
        """
        asked = {
            "appid": self.values["app_id"],
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": "snsapi_base",
            "state": state,
        }
        endpoint = str(self.values["web_endpoint"]).rstrip("/")
        return f"{endpoint}/connect/oauth2/authorize?{urlencode(asked)}#wechat_redirect"

    def openid_of(self, code: str) -> str:
        """The openid for which the platform gave this code; a code works once.

        Raises :class:`CodeRefused` when the person can help it by trying again, another :class:`ChannelError` else.
        """
        asked = {
            "appid": self.values["app_id"],
            "secret": self.values["app_secret"],
            "code": code,
            "grant_type": "authorization_code",
        }
        endpoint = str(self.values["endpoint"]).rstrip("/")
        answer = self._sender.get(
            f"{endpoint}/sns/oauth2/access_token?{urlencode(asked)}",
            headers={"Host": endpoint.partition("://")[2]},
        )
        answer.raise_for_load()
        said = answer.json()
        if said.get("errcode") in _CODE:
            raise CodeRefused(f"errcode {said['errcode']}")
        if said.get("is_snapshotuser") == 1:
            raise CodeRefused("a snapshot page, which shows nobody's own openid")
        openid = said.get("openid")
        if not isinstance(openid, str) or not _OPENID.fullmatch(openid):
            _raise_for(said)
            raise Temporary("an answer without an openid", kind=Kind.MALFORMED)
        return openid

    def _current(self) -> str:
        with self._lock:
            if time.monotonic() >= self._good_until:
                self._fetch(is_forced=False)
            return self._token

    def _renewed(self, stale: str) -> str:
        """Another token than ``stale``. Forcing is allowed twenty times a day, so it is tried only when it must be."""
        with self._lock:
            if self._token == stale:
                self._fetch(is_forced=False)
            if self._token == stale:
                self._fetch(is_forced=True)
            return self._token

    def _fetch(self, *, is_forced: bool) -> None:
        answer = self._post(
            "/cgi-bin/stable_token",
            {
                "grant_type": "client_credential",
                "appid": self.values["app_id"],
                "secret": self.values["app_secret"],
                "force_refresh": is_forced,
            },
        )
        token, seconds = answer.get("access_token"), answer.get("expires_in")
        if not token:
            _raise_for(answer)
        if not isinstance(token, str) or not token or not isinstance(seconds, int):
            raise Temporary("an answer without a token", kind=Kind.MALFORMED)
        self._token = token
        self._good_until = time.monotonic() + max(seconds - EARLY, min(seconds, 60))

    def _post(self, path: str, content: Mapping[str, Any]) -> dict[str, Any]:
        payload = json.dumps(content, ensure_ascii=False).encode()
        endpoint = str(self.values["endpoint"]).rstrip("/")
        headers = {
            "Host": endpoint.partition("://")[2],
            "Content-Type": "application/json; charset=utf-8",
            "Content-Length": str(len(payload)),
        }
        answer = self._sender.post(endpoint + path, headers=headers, content=payload)
        answer.raise_for_load()
        return answer.json()


def _raise_for(answer: Mapping[str, Any]) -> None:
    code = answer.get("errcode")
    if code == 0:
        return
    if not isinstance(code, int):
        raise Temporary("an answer without errcode", kind=Kind.MALFORMED)
    raise _failure(code)


def _failure(code: int) -> ChannelError:
    reason = f"errcode {code}"
    if code in _CREDENTIALS:
        return Misconfigured(reason)
    if code in _TEMPLATE:
        return Misconfigured(reason, kind=Kind.TEMPLATE, is_about_provider=False)
    if code in _ADDRESS:
        return Refused(reason, kind=Kind.ADDRESS)
    if code in _CONTENT:
        return Refused(reason)
    if code in _QUOTA:
        return Temporary(reason, kind=Kind.RATE_LIMITED, retry_after=60.0 if code == 45011 else HOUR)
    return Temporary(reason, kind=Kind.SERVER_ERROR)
