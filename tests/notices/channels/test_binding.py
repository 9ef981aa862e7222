"""Binding one's WeChat: by its owner, from inside WeChat, once; whatever the platform answers, in the reader's words."""

import threading
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.notices.channels.tools import OPENID, wechat_entry
from tests.notices.outbox_tools import user_with
from tests.testing.providers import Reply, Wechat
from tongxin.core.contacts import sealer
from tongxin.notices.models import Address, Channel

pytestmark = pytest.mark.django_db
INSIDE = "Mozilla/5.0 (iPhone) AppleWebKit/605 MicroMessenger/8.0.50(0x18003) Language/zh_CN"
PAGE, RETURN = "/notices/wechat/", "/notices/wechat/return/"


@pytest.fixture(autouse=True)
def account(configure, wechat: Wechat, settings) -> Wechat:
    configure(wechat_entry(wechat.url))
    settings.TONGXIN = settings.TONGXIN | {"base_url": "https://tongxin.example"}
    wechat.codes |= {"code-1": OPENID, "code-2": "oSOMEBODYELSE000000000000000"}
    return wechat


def signed_in(user=None) -> Client:
    client = Client(headers={"User-Agent": INSIDE})
    client.force_login(user or user_with())
    return client


def state_of(client: Client) -> str:
    address = client.get(PAGE).context["authorize"]
    return parse_qs(urlsplit(address).query)["state"][0]


def back(client: Client, code: str = "code-1", state: str | None = None):
    return client.get(RETURN, {"code": code, "state": state_of(client) if state is None else state})


def bound(user) -> list[str]:
    rows = Address.objects.filter(user=user, channel=Channel.WECHAT, verified_at__isnull=False)
    return [sealer().unseal(row.sealed_address) for row in rows]


def test_the_way_there_is_as_the_platform_documents_it() -> None:
    address = signed_in().get(PAGE).context["authorize"]
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc, parts.path) == (
        "https",
        "open.weixin.qq.com",
        "/connect/oauth2/authorize",
    )
    assert parts.fragment == "wechat_redirect"
    asked = parse_qs(parts.query)
    assert list(asked) == ["appid", "redirect_uri", "response_type", "scope", "state"]
    assert asked["appid"] == [Wechat.APP]
    assert asked["redirect_uri"] == [f"https://tongxin.example{RETURN}"]
    assert asked["scope"] == ["snsapi_base"]
    (state,) = asked["state"]
    assert state.isalnum()
    assert len(state) <= 128


def test_there_and_back_binds_the_one_who_went_and_can_be_undone(account: Wechat) -> None:
    user = user_with()
    client = signed_in(user)
    answer = back(client)
    assert (answer.status_code, answer["Location"]) == (302, reverse("notice_preferences"))
    assert bound(user) == [OPENID]
    page = client.get(reverse("notice_preferences")).content.decode()
    assert "绑定过" in page
    assert OPENID not in page
    assert OPENID not in Address.objects.get().sealed_address
    back(client, "code-2")
    assert bound(user) == ["oSOMEBODYELSE000000000000000"]
    client.post(reverse("notice_address_remove", args=["wechat"]))
    assert bound(user) == []


def test_a_return_works_once(account: Wechat) -> None:
    user = user_with()
    client = signed_in(user)
    state = state_of(client)
    assert back(client, state=state).status_code == 302
    again = back(client, "code-2", state)
    assert again.status_code == 422
    assert "重新点一次" in again.content.decode()
    assert bound(user) == [OPENID]
    assert account.used_codes == {"code-1"}


def test_nobody_is_bound_by_somebody_elses_return(account: Wechat) -> None:
    mine, theirs = user_with(), user_with()
    attacker, victim = signed_in(mine), signed_in(theirs)
    state = state_of(attacker)
    state_of(victim)
    assert back(victim, state=state).status_code == 422
    for wrong in ("", state[:-1], state[:24] + "0" * 32, "é" * 30, state + "0"):
        assert back(victim, state=wrong).status_code == 422
    # The same browser, another account meanwhile: the state is for who it was drawn for.
    attacker.force_login(theirs)
    assert back(attacker, state=state).status_code == 422
    assert bound(mine) == bound(theirs) == []
    assert not account.used_codes
    assert (
        Client(headers={"User-Agent": INSIDE}).get(RETURN, {"code": "code-1", "state": state}).status_code
        == 302
    )
    assert not Address.objects.exists()


def test_a_page_left_open_too_long_binds_nothing() -> None:
    user = user_with()
    client = signed_in(user)
    state = state_of(client)
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert back(client, state=state).status_code == 422
    assert bound(user) == []


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("unknown", 422, "没有认出您"),
        ("", 422, "没有认出您"),
        ("snapshot-1", 422, "快照页"),
    ],
)
def test_a_code_that_is_no_good(account: Wechat, code: str, status: int, words: str) -> None:
    account.codes["snapshot-1"] = OPENID
    user = user_with()
    answer = back(signed_in(user), code)
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert bound(user) == []


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(500, {}), "连不上微信"),
        (Reply(429, {}), "连不上微信"),
        (Reply(200, b"<html>"), "连不上微信"),
        (Reply(200, {"openid": ["x"]}), "连不上微信"),
        (Reply(200, {"openid": "../../x"}), "连不上微信"),
        (Reply(raw=b"nonsense"), "连不上微信"),
        (Reply(200, {}, wait=1.5), "连不上微信"),
        (Reply(200, {"errcode": 40125, "errmsg": "invalid appsecret"}), "还没有设好"),
        (Reply(200, {"errcode": 48001, "errmsg": "api unauthorized"}), "还没有设好"),
        (Reply(200, {"errcode": -1, "errmsg": "system error"}), "连不上微信"),
    ],
)
def test_whatever_the_platform_answers_nothing_is_bound_and_it_is_said(
    account: Wechat, reply: Reply, words: str
) -> None:
    user = user_with()
    client = signed_in(user)
    state = state_of(client)
    account.plan.append(reply)
    answer = back(client, state=state)
    assert answer.status_code == 503
    assert words in answer.content.decode()
    assert bound(user) == []


def test_in_the_readers_language(account: Wechat) -> None:
    client = signed_in()
    account.plan.append(Reply(500, {}))
    answer = client.get(RETURN, {"code": "x", "state": state_of(client)}, headers={"Accept-Language": "en"})
    assert "WeChat can’t be reached" in answer.content.decode()


def test_outside_wechat_the_page_shows_where_to_open_it() -> None:
    client = signed_in()
    page = client.get(PAGE, headers={"User-Agent": "Mozilla/5.0 (X11; Linux) Firefox/140"})
    text = page.content.decode()
    assert "<svg" in text
    assert f"https://tongxin.example{PAGE}" in text
    assert "authorize" not in page.context
    assert client.post(PAGE).status_code == 404  # the demo's way is closed


def test_without_an_account_of_the_district_there_is_no_such_page(configure, settings) -> None:
    configure()
    client = signed_in()
    assert client.get(PAGE).status_code == client.get(RETURN).status_code == 404
    assert PAGE not in client.get(reverse("notice_preferences")).content.decode()


def test_the_demo_binds_a_made_up_one(settings, configure) -> None:
    configure()
    settings.DEMO = True
    user = user_with()
    client = signed_in(user)
    assert PAGE in client.get(reverse("notice_preferences")).content.decode()
    assert "演示的微信" in client.get(PAGE).content.decode()
    assert client.post(PAGE).status_code == 302
    assert bound(user)[0].startswith("oDEMO")
    assert client.get(RETURN).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_returns_at_once_bind_once(account: Wechat) -> None:
    user = user_with()
    client = signed_in(user)
    state = state_of(client)
    statuses: list[int] = []

    def come_back(code: str) -> None:
        other = Client(headers={"User-Agent": INSIDE})
        other.cookies = client.cookies.copy()
        statuses.append(other.get(RETURN, {"code": code, "state": state}).status_code)
        connection.close()

    threads = [threading.Thread(target=come_back, args=[code]) for code in ("code-1", "code-2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [302, 422]
    assert len(bound(user)) == 1
