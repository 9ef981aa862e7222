"""Settings of channels: mistakes are said in words, and secrets never."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.notices.channels.tools import SECRETS, aliyun_entry, smtp_entry, tencent_entry, wechat_entry
from tongxin.notices.channels import is_open, masked, providers_of
from tongxin.notices.channels.checks import check_channels

URL = "https://example.com"


def _said() -> str:
    said = "\n".join(message.msg for message in check_channels(None))
    assert not any(secret in said for secret in SECRETS)
    return said


def test_a_whole_configuration_is_silent(configure: Callable[..., None]) -> None:
    configure(aliyun_entry(URL), tencent_entry(URL), smtp_entry(25), wechat_entry(URL))
    assert _said() == ""
    assert [provider.name for provider in providers_of("sms")] == ["aliyun", "tencent"]
    assert providers_of("webhook")[0].name == "webhook"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("nonsense", "is not an object"),
        ({"provider": "pigeon"}, 'needs "provider": one of aliyun'),
        (aliyun_entry(URL, sign_name=""), 'needs "sign_name"'),
        (
            aliyun_entry(URL, access_key_secret="in the settings"),
            'has the secret "access_key_secret" in the settings',
        ),
        (aliyun_entry(URL, acess_key_id="x"), 'has the unknown setting "acess_key_id"'),
        (aliyun_entry(URL, templates=["SMS_1"]), 'needs "templates" as an object'),
        (aliyun_entry(URL, templates={"code": {"parameters": []}}), 'template "code" needs an "id"'),
        (
            aliyun_entry(URL, access_key_secret_env="NOT_SET_ANYWHERE"),
            "variable NOT_SET_ANYWHERE (access_key_secret)",
        ),
        (smtp_entry(25, sender="nobody"), 'needs "sender" with a mail address'),
        (smtp_entry(25, security="rot13"), 'needs "security"'),
        (smtp_entry(25, password_env="NOT_SET_ANYWHERE"), "has a user but no password"),
        ({"provider": "webhook", "allowed_networks": ["10.0.0.1/8"]}, "allowed_networks"),
        ({"provider": "console", "channel": "inbox"}, 'needs "channel"'),
    ],
)
def test_mistakes_are_said(configure: Callable[..., None], entry: Any, words: str) -> None:
    configure(entry)
    assert words in _said()
    assert not is_open("sms")


def test_a_missing_secret_is_named_by_its_variable(configure: Callable[..., None]) -> None:
    configure(tencent_entry(URL), TONGXIN_TENCENT_SECRET_KEY="")
    assert "TONGXIN_TENCENT_SECRET_KEY (secret_key)" in _said()


def test_two_of_a_kind_need_names(configure: Callable[..., None]) -> None:
    configure(aliyun_entry(URL), aliyun_entry(URL))
    assert "two providers named aliyun" in _said()
    configure(aliyun_entry(URL), aliyun_entry(URL, name="second"))
    assert _said() == ""


def test_any_value_may_come_from_the_environment(configure: Callable[..., None]) -> None:
    entry = aliyun_entry(URL)
    entry.pop("access_key_id")
    configure(entry | {"access_key_id_env": "DISTRICT_KEY_ID"}, DISTRICT_KEY_ID="LTAI-from-outside")
    assert _said() == ""
    assert providers_of("sms")[0].values["access_key_id"] == "LTAI-from-outside"


def test_no_list(settings: Any) -> None:
    settings.TONGXIN = settings.TONGXIN | {"channels": {"provider": "aliyun"}}
    assert "must be a list" in _said()


def test_production_is_told_what_is_missing(settings: Any, configure: Callable[..., None]) -> None:
    settings.PRODUCTION = True
    configure(smtp_entry(25), aliyun_entry("http://example.com"), {"provider": "console", "channel": "sms"})
    said = _said()
    assert "aliyun is spoken to without TLS" in said
    assert "smtp sends mail without TLS" in said
    assert "does not work in production" in said
    configure(smtp_entry(25))
    assert "No provider for text messages" in _said()


@pytest.mark.parametrize(
    ("channel", "address", "shown"),
    [
        ("sms", "13873120045", "138****0045"),
        ("sms", "12345", "****"),
        ("email", "zhou@example.com", "z***@example.com"),
        ("email", "zhou", "****"),
        ("wechat", "oABCDEFGHIJKLMNOPQRSTUVWXYZ0", "oABC****"),
        ("wechat", "short", "****"),
        ("webhook", "7", "№7"),
    ],
)
def test_addresses_are_masked(channel: str, address: str, shown: str) -> None:
    assert masked(channel, address) == shown
