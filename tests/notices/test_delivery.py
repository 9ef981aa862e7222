"""Messages leave in the background, once, or say why not."""

import pytest
from django.db import connection, transaction
from django.test import Client

from tongxin.notices import actions, tasks
from tongxin.notices.models import Message

PHONE = "13800000000"


def _channel(settings, name: str, *, demo: bool = True) -> None:
    settings.DEMO = demo
    settings.TONGXIN = settings.TONGXIN | {"sms_backend": name}


def _jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'tongxin.notices.tasks.deliver'"
        )
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_delivery_is_queued_with_the_message_or_not_at_all(settings) -> None:
    _channel(settings, "demo")
    before = _jobs()
    with transaction.atomic():
        actions.queue_message(PHONE, text="您好")
        transaction.set_rollback(True)
    assert _jobs() == before
    assert not Message.objects.exists()
    actions.queue_message(PHONE, text="您好")
    assert _jobs() == before + 1


@pytest.mark.django_db
def test_the_demo_channel_marks_it_sent_and_shows_it(settings, client: Client) -> None:
    _channel(settings, "demo")
    message = actions.queue_message(PHONE, text="您的验证码是 246810")
    tasks.deliver(message_id=message.pk)
    message.refresh_from_db()
    assert message.status == Message.Status.SENT
    assert message.sent_at is not None
    page = client.get("/demo/messages/").content.decode()
    assert "246810" in page
    assert "138****0000" in page
    assert PHONE not in page


@pytest.mark.django_db
def test_delivering_twice_sends_once(settings, capsys) -> None:
    _channel(settings, "console")
    message = actions.queue_message(PHONE, text="您的验证码是 246810")
    tasks.deliver(message_id=message.pk)
    tasks.deliver(message_id=message.pk)
    printed = capsys.readouterr().out
    assert printed.count("246810") == 1
    assert PHONE not in printed
    message.refresh_from_db()
    assert message.text == ""  # outside the demo the code doesn't stay
    assert message.tries == 1


@pytest.mark.parametrize(("name", "demo"), [("nothing", True), ("demo", False)])
@pytest.mark.django_db
def test_a_refusing_channel_is_tried_five_times_and_then_says_why(settings, name: str, demo: bool) -> None:
    _channel(settings, name, demo=demo)
    message = actions.queue_message(PHONE, text="您好")
    for _try in range(4):
        with pytest.raises(tasks.NotDelivered):
            tasks.deliver(message_id=message.pk)
    tasks.deliver(message_id=message.pk)
    message.refresh_from_db()
    assert message.status == Message.Status.DEAD
    assert message.error
    assert PHONE not in message.error


@pytest.mark.django_db
def test_a_message_that_is_gone_is_nothing_to_do(settings) -> None:
    _channel(settings, "demo")
    tasks.deliver(message_id=999_999_999)
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_console_refuses_in_production(settings, capsys) -> None:
    _channel(settings, "console", demo=False)
    settings.PRODUCTION = True
    message = actions.queue_message(PHONE, text="您的验证码是 246810")
    with pytest.raises(tasks.NotDelivered):
        tasks.deliver(message_id=message.pk)
    assert "246810" not in capsys.readouterr().out


@pytest.mark.django_db
def test_no_messages_yet(settings, client: Client) -> None:
    _channel(settings, "demo")
    page = client.get("/demo/messages/")
    assert page.status_code == 200
    assert "/track/" in page.content.decode()
