"""The demo's page of messages: what would have been sent to whom."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tongxin.core.contacts import sealer
from tongxin.notices.models import Message, Notice
from tongxin.notices.shown import PAGE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _demo(settings) -> None:
    settings.DEMO = True


def _message(address: str, **changes) -> Message:
    return Message.objects.create(
        **(
            {"channel": "sms", "sealed_address": sealer().seal(address), "text": "您好", "status": "sent"}
            | changes
        )
    )


def _page(client: Client, query: str = "") -> str:
    answer = client.get(f"/demo/messages/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_channel_with_masked_addresses(client: Client) -> None:
    _message("13873120045")
    _message(
        "zhou@example.com", channel="email", subject="两件事有新进展", purpose="digest", text="· 一\n· 二"
    )
    page = _page(client)
    assert "138****0045" in page
    assert "z***@example.com" in page
    assert "两件事有新进展" in page
    assert "13873120045" not in page
    assert "zhou@" not in page


def test_a_digest_says_how_much_it_folds(client: Client) -> None:
    message = _message("zhou@example.com", channel="email", purpose="digest")
    for number in range(3):
        notice = Notice.objects.create(
            key=f"test:{number}", template="test.event", concern="followed", at=timezone.now()
        )
        notice.deliveries.create(
            channel="email", person_key="s1", rhythm="daily", due_at=timezone.now(), message=message
        )
    assert "汇总，3 条通知" in _page(client)


def test_one_channel(client: Client) -> None:
    _message("13873120045", text="短的")
    _message("zhou@example.com", channel="email", text="长的")
    page = _page(client, "?channel=email")
    assert "长的" in page
    assert "短的" not in page
    assert "短的" in _page(client, "?channel=nonsense")


def test_pages_are_bounded_and_lead_on(client: Client) -> None:
    _message("13873120045", text="第000条")
    with CaptureQueriesContext(connection) as few:
        _page(client)
    for number in range(1, PAGE + 5):
        _message("13873120045", text=f"第{number:03d}条")
    with CaptureQueriesContext(connection) as many:
        page = _page(client)
    assert len(many) == len(few)
    assert page.count("138****0045") == PAGE
    assert "第034条" in page
    assert "第004条" not in page
    last = Message.objects.order_by("-pk")[PAGE - 1].pk
    assert f"before={last}" in page
    page = _page(client, f"?before={last}")
    assert page.count("138****0045") == 5
    assert "第004条" in page


@pytest.mark.parametrize("query", ["?before=x", "?before=" + "9" * 40, "?before=-1", "?before=²"])
def test_strange_cursors_begin_at_the_beginning(client: Client, query: str) -> None:
    _message("13873120045")
    assert "138****0045" in _page(client, query)


def test_text_is_shown_as_text(client: Client) -> None:
    _message("13873120045", text="<script>alert(1)</script>\n不想再收到：https://example.gov.cn/a/")
    page = _page(client)
    assert "<script>alert(1)" not in page
    assert 'href="https://example.gov.cn/a/"' in page


def test_an_address_that_opens_no_more(client: Client) -> None:
    _message("x", sealed_address="broken")
    _message("x", sealed_address="", status="dropped", text="")
    assert "****" in _page(client)


def test_no_such_page_outside_the_demo(client: Client, settings) -> None:
    settings.DEMO = False
    assert client.get("/demo/messages/").status_code == 404
