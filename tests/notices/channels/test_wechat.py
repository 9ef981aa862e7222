"""WeChat template messages and their token."""

import pytest

from tests.notices.channels.tools import OPENID, notice, says_nothing_private, wechat_entry
from tests.testing.providers import Reply, Wechat
from tongxin.notices.channels import (
    ChannelError,
    Kind,
    Misconfigured,
    Parcel,
    Refused,
    Temporary,
    providers_of,
)


def _send(given: Parcel | None = None) -> str:
    return providers_of("wechat")[0].send(given or notice(OPENID))


def _fails(given: Parcel | None = None) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        _send(given)
    assert says_nothing_private(caught.value)
    return caught.value


def test_a_notice_arrives_with_its_link(configure, wechat: Wechat) -> None:
    configure(wechat_entry(wechat.url))
    given = notice(OPENID)
    assert _send(given) == "200228001"
    assert wechat.sent == [
        {
            "touser": OPENID,
            "template_id": "T-notice",
            "client_msg_id": given.key,
            "data": {"character_string1": {"value": "TX-2026-0007"}},
            "url": "https://example.gov.cn/matters/TX-2026-0007/",
        }
    ]


def test_the_same_parcel_twice_is_one_message(configure, wechat: Wechat) -> None:
    configure(wechat_entry(wechat.url))
    given = notice(OPENID)
    assert _send(given) == _send(given)
    assert len(wechat.sent) == 1


def test_the_token_is_asked_for_once(configure, wechat: Wechat) -> None:
    configure(wechat_entry(wechat.url))
    for _number in range(3):
        _send()
    assert wechat.tokens_given == 1


def test_a_token_that_ends_early_is_replaced(configure, wechat: Wechat) -> None:
    configure(wechat_entry(wechat.url))
    _send()
    wechat.end_token()
    assert _send()
    assert (len(wechat.sent), wechat.tokens_given, wechat.forced) == (2, 2, 0)


def test_a_token_that_stays_stale_is_forced(configure, wechat: Wechat) -> None:
    """The platform hands out an old token: only then a new one is forced, which is allowed twenty times a day."""
    configure(wechat_entry(wechat.url))
    wechat.is_stuck = True
    assert _send()
    assert wechat.forced == 1
    assert len(wechat.sent) == 1


@pytest.mark.parametrize("seconds", [7200, 300])
def test_a_token_is_renewed_before_it_ends(configure, wechat: Wechat, seconds: int, monkeypatch) -> None:
    from tongxin.notices.channels import wechat as module

    clock = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    configure(wechat_entry(wechat.url, seconds=1e6))
    wechat.expires_in = seconds
    _send()
    clock[0] += seconds - 1
    _send()
    assert wechat.tokens_given == 2


@pytest.mark.parametrize("change", [{"app_id": "wx-other"}, {}])
def test_wrong_credentials(configure, wechat: Wechat, change: dict) -> None:
    configure(
        wechat_entry(wechat.url, **change), **({} if change else {"TONGXIN_WECHAT_APP_SECRET": "x" * 20})
    )
    error = _fails()
    assert (type(error), error.kind, error.is_about_provider) == (Misconfigured, Kind.CREDENTIALS, True)
    assert not wechat.sent


def test_who_left_is_refused(configure, wechat: Wechat) -> None:
    configure(wechat_entry(wechat.url))
    error = _fails(notice("gone-" + OPENID))
    assert (type(error), error.kind) == (Refused, Kind.ADDRESS)


def test_an_unknown_template_concerns_its_purpose(configure, wechat: Wechat) -> None:
    configure(wechat_entry(wechat.url, templates={"notice": {"id": "T-old", "parameters": {"k": "number"}}}))
    error = _fails()
    assert (type(error), error.kind, error.is_about_provider) == (Misconfigured, Kind.TEMPLATE, False)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(200, {"errcode": -1, "errmsg": "system error"}), Kind.SERVER_ERROR),
        (Reply(200, {"errcode": 45009, "errmsg": "reach max api daily quota limit"}), Kind.RATE_LIMITED),
        (Reply(429, {}, {"Retry-After": "3"}), Kind.RATE_LIMITED),
        (Reply(502, b"bad gateway"), Kind.SERVER_ERROR),
        (Reply(200, b"not json"), Kind.MALFORMED),
        (Reply(200, {"errmsg": "?"}), Kind.MALFORMED),
        (Reply(200, {}, wait=1.5), Kind.TIMEOUT),
    ],
)
@pytest.mark.parametrize("has_token", [True, False])
def test_accidents_are_temporary(
    configure, wechat: Wechat, reply: Reply, kind: Kind, has_token: bool
) -> None:
    configure(wechat_entry(wechat.url))
    if has_token:
        _send()
    wechat.plan.append(reply)
    error = _fails()
    assert (type(error), error.kind) == (Temporary, kind)
    assert _send()
