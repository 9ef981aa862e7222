"""Parcels and settings that the tests of channels share."""

import uuid
from typing import Any

from tests.testing.providers import Aliyun, Smtp, Tencent, Wechat
from tongxin.notices.channels import ChannelError, Parcel

PHONE = "13873120045"
ADDRESS = "zhou.daming@example.com"
OPENID = "oABCDEFGHIJKLMNOPQRSTUVWXYZ0"
SECRETS = (Aliyun.SECRET, Tencent.SECRET, Wechat.SECRET, Smtp.PASSWORD)


def parcel(address: str = PHONE, **changes: Any) -> Parcel:
    """A one-time code, unless changed."""
    given: dict[str, Any] = {
        "key": str(uuid.uuid4()),
        "address": address,
        "subject": "",
        "text": "您的验证码是 246810",
        "purpose": "code",
        "data": {"code": "246810"},
    }
    return Parcel(**(given | changes))


def notice(address: str, **changes: Any) -> Parcel:
    """A notice of a matter."""
    given: dict[str, Any] = {
        "subject": "TX-2026-0007 有了新进展",
        "text": "TX-2026-0007 进入第三步。",
        "purpose": "matter.step",
        "data": {"number": "TX-2026-0007", "url": "https://example.gov.cn/matters/TX-2026-0007/"},
    }
    return parcel(address, **(given | changes))


def aliyun_entry(url: str, **changes: Any) -> dict[str, Any]:
    return {
        "provider": "aliyun",
        "access_key_id": Aliyun.KEY_ID,
        "sign_name": Aliyun.SIGN,
        "endpoint": url,
        "seconds": 1,
        "templates": {
            "code": {"id": "SMS_1", "parameters": ["code"]},
            "notice": {"id": "SMS_2", "parameters": ["number"]},
        },
    } | changes


def tencent_entry(url: str, **changes: Any) -> dict[str, Any]:
    return {
        "provider": "tencent",
        "secret_id": Tencent.KEY_ID,
        "sdk_app_id": Tencent.APP,
        "sign_name": Tencent.SIGN,
        "endpoint": url,
        "seconds": 1,
        "templates": {
            "code": {"id": "1110", "parameters": ["code"]},
            "notice": {"id": "1111", "parameters": ["number"]},
        },
    } | changes


def wechat_entry(url: str, **changes: Any) -> dict[str, Any]:
    return {
        "provider": "wechat",
        "app_id": Wechat.APP,
        "endpoint": url,
        "seconds": 1,
        "templates": {"notice": {"id": "T-notice", "parameters": {"character_string1": "number"}}},
    } | changes


def smtp_entry(port: int, **changes: Any) -> dict[str, Any]:
    return {
        "provider": "smtp",
        "host": "127.0.0.1",
        "port": port,
        "user": Smtp.USER,
        "sender": "有事好商量 <tongxin@example.gov.cn>",
        "security": "none",
        "seconds": 1,
    } | changes


def says_nothing_private(error: ChannelError) -> bool:
    """Neither the error's text nor anything behind it names an address or a secret."""
    seen: BaseException | None = error
    text = ""
    while seen is not None:
        text += f"{seen!r} {seen}"
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return not any(private in text for private in (PHONE, ADDRESS, OPENID, "secret words", *SECRETS))
