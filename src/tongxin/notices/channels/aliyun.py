"""Short messages by Aliyun (Alibaba Cloud) Dysmsapi 2017-05-25, operation SendSms.

Request and answer: https://help.aliyun.com/zh/sms/developer-reference/api-dysmsapi-2017-05-25-sendsms
Signature ACS3-HMAC-SHA256: https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
Error codes: https://help.aliyun.com/zh/sms/developer-reference/api-error-codes (document_detail/101346.html)

SendSms is an RPC operation: its parameters stand in the query, the body is empty. ``OutId`` carries the message's key;
it comes back in delivery reports. The service itself knows no idempotency key.
"""

import hmac
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlsplit

from tongxin.notices.channels.base import ChannelError, Kind, Misconfigured, Parcel, Refused, Temporary
from tongxin.notices.channels.configuration import ProviderBase
from tongxin.notices.channels.http import Answer, Sender, error_code
from tongxin.notices.channels.templating import choose, mobile, template_problems
from tongxin.notices.models import Channel

ALGORITHM = "ACS3-HMAC-SHA256"
VERSION = "2017-05-25"
HOUR = 3600.0

_CREDENTIALS = (
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "InvalidTimeStamp",
    "Forbidden",
    "NoPermission",
    "isp.RAM_PERMISSION_DENY",
    "isv.OUT_OF_SERVICE",
    "isv.PRODUCT_UN_SUBSCRIPT",
    "isv.PRODUCT_UNSUBSCRIBE",
    "isv.ACCOUNT_NOT_EXISTS",
    "isv.ACCOUNT_ABNORMAL",
    "isv.AMOUNT_NOT_ENOUGH",
    "isv.DENY_IP_RANGE",
)
_TEMPLATE = (
    "isv.SMS_TEMPLATE_ILLEGAL",
    "isv.SMS_SIGNATURE_ILLEGAL",
    "isv.SMS_SIGNATURE_SCENE_ILLEGAL",
    "isv.SMS_SIGN_ILLEGAL",
    "isv.SIGN_STATE_ILLEGAL",
    "isv.SIGN_NAME_ILLEGAL",
    "isv.TEMPLATE_MISSING_PARAMETERS",
    "isv.TEMPLATE_PARAMS_ILLEGAL",
    "isv.INVALID_JSON_PARAM",
    "isv.INVALID_PARAMETERS",
    "isv.EXTEND_CODE_ERROR",
    "isv.DOMESTIC_NUMBER_NOT_SUPPORTED",
)
_CONTENT = (
    "isv.SMS_CONTENT_ILLEGAL",
    "isv.BLACK_KEY_CONTROL_LIMIT",
    "isv.PARAM_LENGTH_LIMIT",
    "isv.PARAM_NOT_SUPPORT_URL",
)
_LIMITS_OF_THE_ACCOUNT = ("isv.DAY_LIMIT_CONTROL", "isv.MONTH_LIMIT_CONTROL")


class AliyunSms(ProviderBase):
    """Aliyun's short messages."""

    kind = "aliyun"
    channel = Channel.SMS
    required = ("access_key_id", "sign_name", "templates")
    optional = {"endpoint": "https://dysmsapi.aliyuncs.com", "seconds": 10, "proxy": ""}
    secrets = {"access_key_secret": "TONGXIN_ALIYUN_ACCESS_KEY_SECRET"}

    def __init__(self, name: str, values: Mapping[str, Any], fingerprint: str = "") -> None:
        super().__init__(name, values, fingerprint)
        self._sender = Sender(seconds=float(self.values["seconds"]), proxy=self.values["proxy"])

    @classmethod
    def problems(cls, values: Mapping[str, Any]) -> list[str]:
        """Templates must have their codes."""
        return template_problems(values["templates"])

    def send(self, parcel: Parcel) -> str:
        """Send, and return the ``BizId`` by which the provider knows the message."""
        template = choose(parcel, self.values["templates"])
        query = canonical_query(
            {
                "PhoneNumbers": mobile(parcel.address),
                "SignName": str(template.entry.get("sign_name", self.values["sign_name"])),
                "TemplateCode": template.id,
                "TemplateParam": json.dumps(template.parameters, ensure_ascii=False),
                "OutId": parcel.key,
            }
        )
        endpoint = urlsplit(self.values["endpoint"])
        headers = {
            "host": endpoint.netloc,
            "x-acs-action": "SendSms",
            "x-acs-version": VERSION,
            "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": uuid.uuid4().hex,
            "x-acs-content-sha256": sha256(b"").hexdigest(),
        }
        headers["Authorization"] = authorization(
            self.values["access_key_id"], self.values["access_key_secret"], query=query, headers=headers
        )
        url = f"{endpoint.scheme}://{endpoint.netloc}/?{query}"
        return _reference(self._sender.post(url, headers=headers))


def canonical_query(parameters: Mapping[str, str]) -> str:
    """Sorted by name, names and values percent-encoded as in RFC 3986."""
    return "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(parameters.items()))


def authorization(
    key_id: str, secret: str, *, query: str, headers: Mapping[str, str], method: str = "POST"
) -> str:
    """The Authorization header over ``headers`` (lower-case names, all of them signed) for the path ``/``."""
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    request = "\n".join([method, "/", query, lines, names, headers["x-acs-content-sha256"]])
    to_sign = f"{ALGORITHM}\n{sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), to_sign.encode(), sha256).hexdigest()
    return f"{ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"


def _reference(answer: Answer) -> str:
    if answer.status == 429:
        answer.raise_for_load()
    try:
        found = answer.json()
    except Temporary:
        answer.raise_for_load()
        raise
    code = found.get("Code")
    if answer.status == 200 and code == "OK":
        return str(found.get("BizId", ""))
    if not isinstance(code, str):
        answer.raise_for_load()
        raise Temporary(f"HTTP {answer.status} without a code", kind=Kind.MALFORMED)
    raise _failure(code, answer)


def _failure(code: str, answer: Answer) -> ChannelError:
    reason = error_code(code)
    if code.startswith("Throttling"):
        return Temporary(reason, kind=Kind.RATE_LIMITED, retry_after=answer.retry_after)
    if code in _LIMITS_OF_THE_ACCOUNT:
        return Temporary(reason, kind=Kind.RATE_LIMITED, retry_after=HOUR)
    if code == "isv.BUSINESS_LIMIT_CONTROL":  # one number gets too much
        return Temporary(reason, kind=Kind.RATE_LIMITED, retry_after=HOUR, is_about_provider=False)
    if code.startswith(_CREDENTIALS):
        return Misconfigured(reason)
    if code in _TEMPLATE:
        return Misconfigured(reason, kind=Kind.TEMPLATE, is_about_provider=False)
    if code in {"isv.MOBILE_NUMBER_ILLEGAL", "isv.MOBILE_COUNT_OVER_LIMIT"}:
        return Refused(reason, kind=Kind.ADDRESS)
    if code in _CONTENT:
        return Refused(reason)
    return Temporary(reason, kind=Kind.SERVER_ERROR, retry_after=answer.retry_after)
