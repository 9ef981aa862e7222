"""Short messages by Tencent Cloud SMS 2021-01-11, operation SendSms.

Request and answer: https://cloud.tencent.com/document/api/382/55981
Signature TC3-HMAC-SHA256: https://cloud.tencent.com/document/api/382/52072 (the same for every product: api/213/30654)
Error codes: https://cloud.tencent.com/document/api/382/52075 and https://cloud.tencent.com/document/api/382/59177

``SessionContext`` carries the message's key and is given back unchanged, in delivery reports too. The service itself
knows no idempotency key. An error of the request is ``Response.Error``, one of the number ``SendStatusSet[0].Code``.
"""

import hmac
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from tongxin.notices.channels.base import ChannelError, Kind, Misconfigured, Parcel, Refused, Temporary
from tongxin.notices.channels.configuration import ProviderBase
from tongxin.notices.channels.http import Answer, Sender, error_code
from tongxin.notices.channels.templating import choose, mobile, template_problems
from tongxin.notices.models import Channel

ALGORITHM = "TC3-HMAC-SHA256"
CONTENT_TYPE = "application/json; charset=utf-8"
VERSION = "2021-01-11"
HOUR = 3600.0

_CREDENTIALS = (
    "AuthFailure",
    "UnauthorizedOperation",
    "InternalError.SigVerificationFail",
    "InternalError.SigFieldMissing",
    "FailedOperation.InsufficientBalanceInSmsPackage",
    "InvalidParameterValue.SdkAppIdNotExist",
    "InvalidParameterValue.InvalidSdkAppId",
    "IpNotInWhitelist",
    "IpInBlacklist",
)
_TEMPLATE = (
    "FailedOperation.SignatureIncorrectOrUnapproved",
    "FailedOperation.TemplateIncorrectOrUnapproved",
    "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
    "FailedOperation.TemplateIdNotExist",
    "FailedOperation.MissingSignature",
    "FailedOperation.MissingTemplateToModify",
    "InvalidParameterValue.TemplateParameterFormatError",
    "InvalidParameterValue.TemplateParameterLengthLimit",
    "InvalidParameterValue.MissingSignatureList",
    "UnsupportedOperation",
)
_CONTENT = (
    "FailedOperation.ContainSensitiveWord",
    "FailedOperation.MarketingSendTimeConstraint",
    "InvalidParameterValue.ContentLengthLimit",
    "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
)


class TencentSms(ProviderBase):
    """Tencent Cloud's short messages."""

    kind = "tencent"
    channel = Channel.SMS
    required = ("secret_id", "sdk_app_id", "sign_name", "templates")
    optional = {
        "endpoint": "https://sms.tencentcloudapi.com",
        "region": "ap-guangzhou",
        "seconds": 10,
        "proxy": "",
    }
    secrets = {"secret_key": "TONGXIN_TENCENT_SECRET_KEY"}

    def __init__(self, name: str, values: Mapping[str, Any], fingerprint: str = "") -> None:
        super().__init__(name, values, fingerprint)
        self._sender = Sender(seconds=float(self.values["seconds"]), proxy=self.values["proxy"])

    @classmethod
    def problems(cls, values: Mapping[str, Any]) -> list[str]:
        """Templates must have their ids."""
        return template_problems(values["templates"])

    def send(self, parcel: Parcel) -> str:
        """Send, and return the ``SerialNo`` by which the provider knows the message."""
        template = choose(parcel, self.values["templates"])
        payload = json.dumps(
            {
                "PhoneNumberSet": [f"+86{mobile(parcel.address)}"],
                "SmsSdkAppId": str(self.values["sdk_app_id"]),
                "SignName": str(template.entry.get("sign_name", self.values["sign_name"])),
                "TemplateId": template.id,
                "TemplateParamSet": list(template.parameters.values()),
                "SessionContext": parcel.key,
            },
            ensure_ascii=False,
        ).encode()
        endpoint = urlsplit(self.values["endpoint"])
        moment = int(time.time())
        headers = {
            "Host": endpoint.netloc,
            "Content-Type": CONTENT_TYPE,
            "Content-Length": str(len(payload)),
            "X-TC-Action": "SendSms",
            "X-TC-Version": VERSION,
            "X-TC-Region": str(self.values["region"]),
            "X-TC-Timestamp": str(moment),
            "Authorization": authorization(
                self.values["secret_id"],
                self.values["secret_key"],
                service="sms",
                headers={"content-type": CONTENT_TYPE, "host": endpoint.netloc, "x-tc-action": "sendsms"},
                payload=payload,
                moment=moment,
            ),
        }
        return _reference(
            self._sender.post(f"{endpoint.scheme}://{endpoint.netloc}/", headers=headers, content=payload)
        )


def authorization(
    secret_id: str, secret_key: str, *, service: str, headers: Mapping[str, str], payload: bytes, moment: int
) -> str:
    """The Authorization header of a POST to ``/``; ``headers`` are those signed (lower case), ``moment`` Unix time."""
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = "\n".join(["POST", "/", "", lines, names, sha256(payload).hexdigest()])
    day = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")
    scope = f"{day}/{service}/tc3_request"
    to_sign = f"{ALGORITHM}\n{moment}\n{scope}\n{sha256(request.encode()).hexdigest()}"
    key = f"TC3{secret_key}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.new(key, part.encode(), sha256).digest()
    signature = hmac.new(key, to_sign.encode(), sha256).hexdigest()
    return f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={names}, Signature={signature}"


def _reference(answer: Answer) -> str:
    answer.raise_for_load()
    response = answer.json().get("Response")
    if not isinstance(response, dict):
        raise Temporary(f"HTTP {answer.status} without a Response", kind=Kind.MALFORMED)
    error = response.get("Error")
    if isinstance(error, dict):
        raise _failure(str(error.get("Code", "")))
    statuses = response.get("SendStatusSet")
    if not isinstance(statuses, list) or not statuses or not isinstance(statuses[0], dict):
        raise Temporary("an answer without SendStatusSet", kind=Kind.MALFORMED)
    status = statuses[0]
    if status.get("Code") != "Ok":
        raise _failure(str(status.get("Code", "")))
    return str(status.get("SerialNo", ""))


def _failure(code: str) -> ChannelError:
    reason = error_code(code)
    if code.startswith(("LimitExceeded.PhoneNumber", "LimitExceeded.DeliveryFrequencyLimit")):
        return Temporary(reason, kind=Kind.RATE_LIMITED, retry_after=HOUR, is_about_provider=False)
    if code.startswith("LimitExceeded"):
        return Temporary(reason, kind=Kind.RATE_LIMITED, retry_after=HOUR)
    if code.startswith("RequestLimitExceeded"):
        return Temporary(reason, kind=Kind.RATE_LIMITED)
    if code.startswith(_CREDENTIALS):
        return Misconfigured(reason)
    if code.startswith(_TEMPLATE):
        return Misconfigured(reason, kind=Kind.TEMPLATE, is_about_provider=False)
    if code in {"InvalidParameterValue.IncorrectPhoneNumber", "FailedOperation.PhoneNumberInBlacklist"}:
        return Refused(reason, kind=Kind.ADDRESS)
    if code in _CONTENT:
        return Refused(reason)
    return Temporary(reason, kind=Kind.SERVER_ERROR)
