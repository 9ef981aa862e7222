"""Servers, settings that lead to them, and a watch over what is logged."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.notices.channels.tools import ADDRESS, OPENID, PHONE, SECRETS
from tests.testing.providers import Aliyun, Smtp, Tencent, Wechat
from tongxin.notices.channels.configuration import _providers


@pytest.fixture(autouse=True)
def _nothing_private_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever happens in a test here: no address and no secret in any log, however much is logged."""
    caplog.set_level(logging.DEBUG)
    yield
    ours = [
        record for record in caplog.get_records("call") if record.name != "mail.log"
    ]  # the test's own server
    logged = "\n".join(f"{record.getMessage()} {record.exc_info}" for record in ours)
    for private in (PHONE, ADDRESS, OPENID, *SECRETS):
        assert private not in logged


@pytest.fixture(autouse=True)
def _fresh_providers() -> Iterator[None]:
    _providers.cache_clear()
    yield
    _providers.cache_clear()


@pytest.fixture
def configure(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set the channels; secrets are the right ones unless named otherwise."""

    def set_to(*entries: dict[str, Any], **environment: str) -> None:
        right = {
            "TONGXIN_ALIYUN_ACCESS_KEY_SECRET": Aliyun.SECRET,
            "TONGXIN_TENCENT_SECRET_KEY": Tencent.SECRET,
            "TONGXIN_WECHAT_APP_SECRET": Wechat.SECRET,
            "TONGXIN_SMTP_PASSWORD": Smtp.PASSWORD,
        }
        for name, value in (right | environment).items():
            monkeypatch.setenv(name, value)
        settings.DEMO = False
        settings.TONGXIN = settings.TONGXIN | {"channels": list(entries)}

    return set_to


@pytest.fixture
def aliyun() -> Iterator[Aliyun]:
    with Aliyun().running() as server:
        yield server


@pytest.fixture
def tencent() -> Iterator[Tencent]:
    with Tencent().running() as server:
        yield server


@pytest.fixture
def wechat() -> Iterator[Wechat]:
    with Wechat().running() as server:
        yield server


@pytest.fixture
def smtp() -> Iterator[Smtp]:
    with Smtp().running() as server:
        yield server
