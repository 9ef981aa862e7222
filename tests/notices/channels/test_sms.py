"""Text messages by two providers."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.notices.channels.tools import (
    PHONE,
    aliyun_entry,
    notice,
    parcel,
    says_nothing_private,
    tencent_entry,
)
from tests.testing.providers import Aliyun, Reply, Tencent
from tongxin.notices.channels import (
    ChannelError,
    Kind,
    Misconfigured,
    Parcel,
    Refused,
    Temporary,
    providers_of,
)

Configure = Callable[..., None]
BOTH = pytest.mark.parametrize("which", ["aliyun", "tencent"])


@pytest.fixture
def server(which: str, request: pytest.FixtureRequest) -> Aliyun | Tencent:
    return request.getfixturevalue(which)


@pytest.fixture
def entry(which: str, server: Aliyun | Tencent) -> dict[str, Any]:
    return (aliyun_entry if which == "aliyun" else tencent_entry)(server.url)


def _send(given: Parcel | None = None) -> str:
    return providers_of("sms")[0].send(given or parcel())


def _fails(given: Parcel | None = None) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        _send(given)
    assert says_nothing_private(caught.value)
    return caught.value


def test_aliyun_takes_a_code(configure: Configure, aliyun: Aliyun) -> None:
    configure(aliyun_entry(aliyun.url))
    given = parcel()
    assert _send(given).startswith("9006195")
    sent = aliyun.sent[0]
    assert sent["PhoneNumbers"] == PHONE
    assert sent["OutId"] == given.key
    assert (sent["SignName"], sent["TemplateCode"]) == ("天心区", "SMS_1")
    assert json.loads(sent["TemplateParam"]) == {"code": "246810"}
    assert given.text not in str(sent)


def test_tencent_takes_a_code(configure: Configure, tencent: Tencent) -> None:
    configure(tencent_entry(tencent.url))
    given = parcel()
    assert _send(given) == "5000:1"
    assert tencent.sent == [
        {
            "PhoneNumberSet": ["+86" + PHONE],
            "SmsSdkAppId": Tencent.APP,
            "SignName": "天心区",
            "TemplateId": "1110",
            "TemplateParamSet": ["246810"],
            "SessionContext": given.key,
        }
    ]


@BOTH
def test_a_notice_uses_the_common_template_and_a_code_never(configure, server, entry, which) -> None:
    configure(entry)
    _send(notice(PHONE))
    assert ("SMS_2" if which == "aliyun" else "1111") in str(server.sent[0])
    entry["templates"].pop("code")
    configure(entry)
    error = _fails()
    assert isinstance(error, Misconfigured)
    assert (error.kind, error.is_about_provider) == (Kind.TEMPLATE, False)
    assert len(server.requests) == 1


@BOTH
def test_a_template_has_its_language_and_sign_name(configure, server, entry) -> None:
    entry["templates"]["code@en"] = {"id": "EN", "parameters": ["code"], "sign_name": "Tianxin"}
    server.SIGN, server.TEMPLATES = "Tianxin", {"EN": ["code"] if isinstance(server, Aliyun) else 1}
    configure(entry)
    _send(parcel(language="en"))
    assert "Tianxin" in str(server.sent[0])


@BOTH
def test_data_without_a_parameter_concerns_this_purpose_only(configure, server, entry) -> None:
    configure(entry)
    error = _fails(notice(PHONE, data={"url": ""}))
    assert (type(error), error.kind, error.is_about_provider) == (Misconfigured, Kind.TEMPLATE, False)
    assert "number" in error.reason
    assert not server.requests


@BOTH
@pytest.mark.parametrize("wrong", ["secret", "id"])
def test_wrong_credentials(configure, server, entry, which, wrong) -> None:
    if wrong == "id":
        entry["access_key_id" if which == "aliyun" else "secret_id"] = "somebody-else"
        configure(entry)
    else:
        configure(entry, TONGXIN_ALIYUN_ACCESS_KEY_SECRET="x" * 20, TONGXIN_TENCENT_SECRET_KEY="x" * 20)
    error = _fails()
    assert (type(error), error.kind, error.is_about_provider) == (Misconfigured, Kind.CREDENTIALS, True)
    assert not server.sent


@BOTH
def test_an_empty_account_waits_for_somebody_to_pay(configure, server, entry) -> None:
    configure(entry)
    server.is_paid = False
    assert _fails().kind == Kind.CREDENTIALS
    server.is_paid = True
    assert _send()


@BOTH
@pytest.mark.parametrize(
    "change", [{"sign_name": "别的"}, {"templates": {"code": {"id": "none", "parameters": ["code"]}}}]
)
def test_a_sign_name_or_template_that_is_not_approved(configure, server, entry, change) -> None:
    configure(entry | change)
    error = _fails()
    assert (type(error), error.kind, error.is_about_provider) == (Misconfigured, Kind.TEMPLATE, False)


@BOTH
@pytest.mark.parametrize("number", ["13800000000", "0731-88886666", "", "1380000000x", "+8613873120045"])
def test_a_refused_number_is_not_tried_again(configure, server, entry, number) -> None:
    configure(entry)
    error = _fails(parcel(number))
    assert (type(error), error.kind) == (Refused, Kind.ADDRESS)


@BOTH
def test_too_many_for_one_number_is_no_fault_of_the_provider(configure, server, entry) -> None:
    configure(entry)
    error = _fails(parcel("13800001111"))
    assert (type(error), error.kind, error.is_about_provider) == (Temporary, Kind.RATE_LIMITED, False)
    assert error.retry_after == 3600


@BOTH
@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(429, {}, {"Retry-After": "7"}), Kind.RATE_LIMITED),
        (Reply(500, b"<html>oops</html>"), Kind.SERVER_ERROR),
        (Reply(503, {}, {"Retry-After": "7"}), Kind.SERVER_ERROR),
        (Reply(200, b"<html>a portal of the network</html>"), Kind.MALFORMED),
        (Reply(200, b""), Kind.MALFORMED),
        (Reply(200, []), Kind.MALFORMED),
        (Reply(200, {"Response": {"SendStatusSet": []}}), Kind.MALFORMED),
        (Reply(200, {"Response": "?"}), Kind.MALFORMED),
        (Reply(200, b"x" * 100_000), Kind.MALFORMED),
        (Reply(302, b"", {"Location": "http://127.0.0.1:1/"}), Kind.MALFORMED),
        (Reply(raw=b"I am no HTTP server\r\n\r\n"), Kind.MALFORMED),
        (Reply(raw=b""), Kind.NETWORK),
        (Reply(200, {}, wait=1.6), Kind.TIMEOUT),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nX: " + b"y" * 400, drip=0.02), Kind.TIMEOUT),
    ],
)
def test_accidents_are_temporary_and_say_what_they_were(configure, server, entry, reply, kind) -> None:
    configure(entry)
    server.plan.append(reply)
    error = _fails()
    assert (type(error), error.kind) == (Temporary, kind)
    assert error.retry_after == (7 if "Retry-After" in reply.headers else None)
    assert _send()  # and then it works again


@BOTH
def test_nobody_listens(configure, entry) -> None:
    configure(entry | {"endpoint": "http://127.0.0.1:9"})
    assert _fails().kind == Kind.NETWORK
    configure(entry | {"endpoint": "http://no-such-host.invalid"})
    assert _fails().kind == Kind.NETWORK


def test_codes_of_aliyun_that_ask_for_patience(configure: Configure, aliyun: Aliyun) -> None:
    configure(aliyun_entry(aliyun.url))
    for code, kind, kept in [
        ("Throttling.User", Kind.RATE_LIMITED, Temporary),
        ("isv.DAY_LIMIT_CONTROL", Kind.RATE_LIMITED, Temporary),
        ("isp.SYSTEM_ERROR", Kind.SERVER_ERROR, Temporary),
        ("isv.SOMETHING_NEW", Kind.SERVER_ERROR, Temporary),
        ("isv.SMS_CONTENT_ILLEGAL", Kind.REFUSED, Refused),
        ("isp.RAM_PERMISSION_DENY", Kind.CREDENTIALS, Misconfigured),
    ]:
        aliyun.plan.append(Reply(200, {"Code": code, "Message": PHONE, "RequestId": "R"}))
        error = _fails()
        assert (type(error), error.kind, error.reason) == (kept, kind, code)


def test_codes_of_tencent_that_ask_for_patience(configure: Configure, tencent: Tencent) -> None:
    configure(tencent_entry(tencent.url))
    for code, kind, kept in [
        ("RequestLimitExceeded", Kind.RATE_LIMITED, Temporary),
        ("LimitExceeded.AppDailyLimit", Kind.RATE_LIMITED, Temporary),
        ("InternalError.Timeout", Kind.SERVER_ERROR, Temporary),
        ("FailedOperation.ContainSensitiveWord", Kind.REFUSED, Refused),
        ("FailedOperation.PhoneNumberInBlacklist", Kind.ADDRESS, Refused),
        ("UnauthorizedOperation.RequestIpNotInWhitelist", Kind.CREDENTIALS, Misconfigured),
    ]:
        tencent.plan.append(
            Reply(200, {"Response": {"Error": {"Code": code, "Message": PHONE}, "RequestId": "R"}})
        )
        error = _fails()
        assert (type(error), error.kind, error.reason) == (kept, kind, code)


def test_a_code_that_holds_a_number_is_not_repeated(configure: Configure, aliyun: Aliyun) -> None:
    configure(aliyun_entry(aliyun.url))
    for code in (f"isv.{PHONE}", "free text with words", "x" * 300):
        aliyun.plan.append(Reply(200, {"Code": code}))
        assert _fails().reason == "unreadable code"
