"""The inbox and how somebody wants to be told."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.notices.outbox_tools import told, user_with
from tongxin.core.receipts import new_token
from tongxin.notices import actions, selectors
from tongxin.notices.models import Address, Channel, Concern, Delivery, Message, Preference, Rhythm

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return user_with()


@pytest.fixture
def client(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def fill(user, count: int, concern: str = Concern.DUTY, start: int = 0) -> list[int]:
    for number in range(start, start + count):
        told(f"c{number}", actions.to_user(user.pk), concern=concern, number=f"S2026-{number}")
    while actions.dispatch():
        pass
    return list(
        Delivery.objects.filter(user=user, channel="inbox").order_by("pk").values_list("pk", flat=True)
    )


def walk(user, **wanted) -> list[int]:
    """Every notice, page by page."""
    found, after = [], ""
    while True:
        page = selectors.inbox_page(user.pk, language="zh-hans", after=after, **wanted)
        found += [item.pk for item in page.items]
        if not page.next_cursor:
            return found
        after = page.next_cursor


@pytest.mark.parametrize("unread", [0, 1, 19, 20, 21, 40, 45])
def test_unread_first_then_the_newest_and_none_lost_between_pages(user, unread):
    ids = fill(user, 45)
    read = ids[: 45 - unread] if unread % 2 else ids[unread:]
    Delivery.objects.filter(pk__in=read).update(read_at="2026-03-04T12:00:00Z")
    new = sorted(set(ids) - set(read), reverse=True)
    assert walk(user) == new + sorted(read, reverse=True)
    assert walk(user, unread_only=True) == new


def test_others_inboxes_are_none_of_ones_business(client):
    other = user_with()
    (pk,) = fill(other, 1)
    assert client.get(reverse("inbox_open", args=[pk])).status_code == 404
    client.post(reverse("inbox_mark"), {"chosen": pk})
    assert Delivery.objects.get().read_at is None
    assert "S2026-0" not in client.get(reverse("inbox")).content.decode()


def test_opening_leads_there_and_marks_read(client, user):
    (pk,) = fill(user, 1)
    response = client.get(reverse("inbox_open", args=[pk]))
    assert response["Location"] == "/matters/S2026-0/"
    assert selectors.unread_count(user.pk) == 0


def test_all_is_what_was_there_when_the_page_was_shown(client, user):
    ids = fill(user, 3)
    fill(user, 1, start=10)
    client.post(reverse("inbox_mark"), {"up_to": ids[-1]})
    assert selectors.unread_count(user.pk) == 1


def test_one_concern_alone(client, user):
    fill(user, 1)
    fill(user, 1, Concern.CLOCK, start=5)
    page = client.get(reverse("inbox"), {"concern": "clock"}).content.decode()
    assert "S2026-5" in page
    assert "S2026-0 " not in page


def test_the_header_says_how_much_is_unread_by_one_query(client, user, django_assert_num_queries):
    fill(user, 3)
    assert 'href="/work/inbox/">消息 <span class="num">3</span>' in client.get("/work/").content.decode()
    with django_assert_num_queries(1):
        selectors.unread_count(user.pk)


def test_the_inbox_asks_the_same_few_things_however_full_it_is(client, user, django_assert_max_num_queries):
    fill(user, 40)
    with django_assert_max_num_queries(10):
        client.get(reverse("inbox"))


def test_nonsense_in_the_address_is_the_first_page(client, user):
    fill(user, 1)
    for after in ("x", "u", "r", "u99999999999999999999", "u١"):
        assert client.get(reverse("inbox"), {"after": after}).status_code == 200
    assert (
        client.post(reverse("inbox_mark"), {"chosen": "no", "next": "https://elsewhere.example/"})["Location"]
        == "/work/inbox/"
    )


# preferences


def test_only_what_was_changed_is_kept_so_that_defaults_may_change(client, user, settings):
    settings.DEMO = True
    page = client.get(reverse("notice_preferences"))
    fields = {name: field.initial for name, field in page.context["form"].fields.items()}
    assert client.post(reverse("notice_preferences"), fields | {"duty-email": "weekly"}).status_code == 302
    (kept,) = Preference.objects.filter(user=user)
    assert (kept.concern, kept.channel, kept.rhythm) == ("duty", "email", Rhythm.WEEKLY)
    assert client.post(reverse("notice_preferences"), fields | {"duty-email": "hourly"}).status_code == 422


def test_channels_that_are_not_open_are_not_offered(client, settings):
    settings.DEMO = False
    settings.TONGXIN = settings.TONGXIN | {"channels": []}
    page = client.get(reverse("notice_preferences")).content.decode()
    assert "站内消息" in page
    assert "微信" not in page
    assert "发到哪里" not in page
    assert client.get(reverse("notice_address", args=["email"])).status_code == 404


def test_an_address_counts_once_its_code_was_typed_in(client, user, settings):
    settings.DEMO = True
    path = reverse("notice_address", args=["sms"])
    assert client.post(path, {"token": new_token("prove"), "address": "138 0000 1234"}).status_code == 200
    assert not Address.objects.exists()
    code = Message.objects.get().data["code"]
    assert (
        client.post(
            path, {"token": new_token("prove"), "address": "13800001234", "code": code, "check": "1"}
        ).status_code
        == 302
    )
    assert Address.objects.get(user=user).verified_at is not None
    page = client.get(reverse("notice_preferences")).content.decode()
    assert "138****1234" in page
    assert "13800001234" not in page
    client.post(reverse("notice_address_remove", args=["sms"]))
    assert not Address.objects.exists()


def test_a_code_for_one_address_proves_no_other(client, settings):
    settings.DEMO = True
    path = reverse("notice_address", args=["sms"])
    client.post(path, {"token": new_token("prove"), "address": "13800001234"})
    code = Message.objects.get().data["code"]
    assert (
        client.post(
            path, {"token": new_token("prove"), "address": "13800005678", "code": code, "check": "1"}
        ).status_code
        == 422
    )
    assert not Address.objects.filter(channel=Channel.SMS).exists()
