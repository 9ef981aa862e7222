"""Following with an account and without, and ending it by a link; nobody learns who follows what."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.notices.outbox_tools import dossier, follower, pass_through, receipt_of, told, user_with
from tongxin.core.receipts import new_token
from tongxin.directory.models import Area, Unit
from tongxin.notices import actions
from tongxin.notices.actions import following
from tongxin.notices.models import Channel, Concern, Message, Preference, Rhythm, Silence, Subscription
from tongxin.notices.targets import find_target
from tongxin.notices.unsubscribing import address_key, read_unsubscribe, short_code, unsubscribe_path

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _open(settings) -> None:
    settings.DEMO = True  # every channel leads to the demo's page


@pytest.fixture
def area() -> Area:
    return Area.objects.create(code="A1", name="示例街道", level=Area.Level.STREET)


@pytest.fixture
def address(area) -> str:
    return reverse("follow", args=["area", area.code])


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ask(client: Client, page: str, /, **more: str):
    wanted = {"channel": "email", "address": "Lin@Example.org ", "rhythm": "weekly"} | more
    wanted.setdefault("token", new_token("prove"))
    return client.post(page, wanted)


def code_sent() -> str:
    return Message.objects.order_by("-pk").first().data["code"]


def test_only_what_is_public_can_be_followed(address):
    Area.objects.create(code="D", name="示例区", level=Area.Level.DISTRICT)
    Unit.objects.create(code="U9", name="示例局", kind=Unit.Kind.GOVERNMENT)
    found = {
        path: Client().get(path).status_code
        for path in (
            address,
            "/follow/unit/U9/",
            "/follow/area/D/",
            "/follow/area/none/",
            "/follow/person/1/",
            "/follow/matter/S2026-1/",
        )
    }
    assert list(found.values()) == [200, 200, 404, 404, 404, 404]


def test_without_an_account_by_a_code_sent_there(address, area):
    client = Client()
    sent = ask(client, address)
    assert sent.status_code == 200
    assert not Subscription.objects.exists()
    message = Message.objects.get()
    assert message.channel == Channel.EMAIL
    assert code_sent() in message.subject
    done = ask(client, address, code=code_sent(), check="1")
    assert done.status_code == 200
    assert "关注了" in done.content.decode()
    kept = Subscription.objects.get()
    assert (kept.target, kept.target_id, kept.channel, kept.rhythm) == ("area", area.pk, "email", "weekly")
    assert "lin" not in kept.sealed_address.lower()
    assert kept.confirmed_at is not None


def test_sent_twice_it_is_followed_once_and_both_are_told_so(address):
    client = Client()
    ask(client, address)
    code = code_sent()
    pages = [ask(client, address, code=code, check="1") for _each in range(2)]
    assert [page.status_code for page in pages] == [200, 200]
    assert Subscription.objects.count() == 1


def test_the_same_form_sent_twice_asks_for_one_code_and_another_is_asked_for_with_a_fresh_form(address):
    client = Client()
    first = client.get(address).context["form"].token_value
    pages = [ask(client, address, token=first) for _each in range(3)]
    assert [page.status_code for page in pages] == [200, 200, 200]
    assert Message.objects.count() == 1
    fresh = pages[0].context["form"].token_value
    assert fresh != first
    assert f'name="token" value="{fresh}"' in pages[0].content.decode()
    assert ask(client, address, token=fresh).status_code == 429  # one a minute, and it is said
    assert ask(client, address, token="").status_code == 422


def test_a_wrong_code_follows_nothing(address):
    client = Client()
    ask(client, address)
    wrong = ask(client, address, code=f"{(int(code_sent()) + 1) % 1000000:06d}", check="1")
    assert wrong.status_code == 422
    assert "验证码不对" in wrong.content.decode()
    assert ask(client, address, code="", check="1").status_code == 422
    assert not Subscription.objects.exists()


def test_the_answer_is_the_same_whether_somebody_follows_or_not(address, area):
    following.follow_by_address(
        find_target("area", area.code), channel="email", address="lin@example.org", rhythm="now"
    )
    known = ask(Client(), address, address="lin@example.org").content.decode()
    unknown = ask(Client(), address, address="chen@example.org").content.decode()

    def plain(page: str) -> str:
        return "".join(
            line
            for line in page.replace("lin@example.org", "X").replace("chen@example.org", "X").splitlines()
            if "csrf" not in line
        )

    assert plain(known) == plain(unknown)


def test_an_address_that_is_none_is_refused_with_its_words_kept(address):
    page = ask(Client(), address, address="nobody at all")
    assert page.status_code == 422
    assert "nobody at all" in page.content.decode()
    assert ask(Client(), address, channel="sms", address="12").status_code == 422
    assert not Message.objects.exists()


def test_a_network_address_can_not_try_for_ever(address):
    client = Client()
    statuses = {ask(client, address, code="000000", check="1").status_code for _each in range(31)}
    assert statuses == {422, 429}


def test_where_nothing_is_sent_the_page_says_so(address, settings):
    settings.DEMO = False
    settings.TONGXIN = settings.TONGXIN | {"channels": []}
    assert "还没有开通" in Client().get(address).content.decode()


def test_signed_in_one_press_and_once(address):
    user = user_with()
    client = signed_in(user)
    for _each in range(2):
        assert client.post(address).status_code == 302
    (row,) = Subscription.objects.filter(user=user)
    assert "示例街道" in client.get(reverse("following")).content.decode()
    assert "不再关注" in client.get(address).content.decode()
    assert signed_in(user_with()).post(reverse("unfollow", args=[row.pk])).status_code == 404
    assert client.post(reverse("unfollow", args=[row.pk])).status_code == 302
    row.refresh_from_db()
    assert row.ended_at is not None


def test_what_one_follows_costs_as_many_queries_as_one_thing(address, area, django_assert_max_num_queries):
    user = user_with()
    for number in range(25):
        other = Area.objects.create(code=f"B{number}", name=f"示例{number}", level=Area.Level.STREET)
        follower("area", other.pk, user=user)
    client = signed_in(user)
    with django_assert_max_num_queries(10):
        page = client.get(reverse("following")).content.decode()
    assert page.count("<form") >= 20
    assert "?after=" in page


# ending it


def link(person: str, channel: str) -> str:
    return unsubscribe_path(person, channel)


def test_a_link_asks_on_get_and_ends_on_post_as_often_as_one_likes(area):
    row = follower("area", area.pk, email="a@example.org")
    path = link(f"s{row.pk}", "email")
    client = Client(enforce_csrf_checks=True)
    page = client.get(path)
    assert page.status_code == 200
    assert "示例街道" in page.content.decode()
    assert page.headers["Referrer-Policy"] == "no-referrer"
    row.refresh_from_db()
    assert row.ended_at is None
    for _each in range(2):
        assert (
            client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
        )  # a mail program, without a token
    row.refresh_from_db()
    assert row.ended_at is not None


def test_everything_of_an_address_can_end_at_once(area):
    rows = [follower("area", area.pk + n, email="a@example.org") for n in range(3)]
    other = follower("area", area.pk, email="b@example.org")
    path = link(f"s{rows[0].pk}", "email")
    assert "另外 2 项" in Client().get(path).content.decode()
    Client().post(path, {"everything": "1"})
    assert set(Subscription.objects.filter(ended_at=None)) == {other}


def test_one_link_shows_and_ends_all_that_an_address_follows(area):
    street = Area.objects.create(code="A2", name="另一街道", level=Area.Level.STREET)
    digest = "ab" * 32
    rows = [follower("area", pk, email="a@example.org") for pk in (area.pk, street.pk)]
    Subscription.objects.update(address_digest=digest)
    other = follower("area", area.pk, email="b@example.org")
    path = link(address_key(digest), "email")
    page = Client().get(path).content.decode()
    assert "示例街道" in page
    assert "另一街道" in page
    ended = {read_unsubscribe(token)[0] for token in re.findall(r"/unsubscribe/([^/]+)/", page)}
    assert ended >= {f"s{row.pk}" for row in rows}
    assert not Subscription.objects.filter(ended_at__isnull=False).exists()
    for _each in range(2):
        assert Client().post(path).status_code == 200
    assert list(Subscription.objects.filter(ended_at=None)) == [other]
    assert "没有关注什么了" in Client().get(path).content.decode()


def test_the_short_link_of_a_text_message_leads_to_its_page_and_no_other(area):
    receipt = receipt_of(dossier())
    code = short_code(f"r{receipt.pk}")
    assert len(code) < 20
    page = Client().get(f"/q/{code}/", follow=True)
    token = page.redirect_chain[0][0].split("/")[2]
    assert read_unsubscribe(token) == (f"r{receipt.pk}", "sms")
    assert "短信" in page.content.decode()
    another = short_code(f"r{receipt.pk + 1}")
    forged = another.partition("-")[0] + "-" + code.partition("-")[2]
    for wrong in (forged, code[:-1], code.upper(), "x1-aaaaaaaaaaaa"):
        assert Client().get(f"/q/{wrong}/").status_code == 404


def test_a_user_hears_no_more_by_that_channel_but_in_the_inbox():
    user = user_with(Channel.EMAIL)
    Client().post(link(f"u{user.pk}", "email"))
    assert set(Preference.objects.values_list("concern", "rhythm")) == {
        (c, Rhythm.NEVER) for c in Concern.values
    }
    told("c1", actions.to_user(user.pk), concern=Concern.DUTY)
    actions.dispatch()
    assert [row.channel for row in user.deliveries.all()] == [Channel.INBOX]


def test_the_holder_of_a_receipt_ends_text_messages_and_takes_them_up_again(receiver):
    receipt = receipt_of(dossier())
    path = link(f"r{receipt.pk}", "sms")
    Client().post(path)
    assert Silence.objects.count() == 1
    told("c1", actions.to_receipt(receipt.pk))
    pass_through()
    assert not receiver.parcels
    receipt.contact.refresh_from_db()
    assert receipt.contact.withdrawn_at is None  # they may still be asked back about their matter
    Client().post(path, {"again": "1"})
    assert not Silence.objects.exists()


def test_an_altered_link_is_no_link(area):
    row = follower("area", area.pk, email="a@example.org")
    path = link(f"s{row.pk}", "email")
    assert Client().post(path[:-3] + "x/").status_code == 404
    row.refresh_from_db()
    assert row.ended_at is None
