"""The pages of a conversation: taking part without an account or a script, putting statements, looking after them."""

import re

import pytest
from django.test import Client

from tests.testing.clients import client_of
from tests.testing.district import District, Journey, build_district
from tongxin.core.receipts import new_token
from tongxin.deliberation.actions.conversations import Terms, open_conversation
from tongxin.deliberation.hosts import find_record
from tongxin.deliberation.models import Conversation, Participant, Statement, Vote
from tongxin.matters.models import Matter

SEEDS = ["村口装红绿灯", "早高峰派人疏导", "两侧停车位取消"]


@pytest.fixture
def district(db) -> District:
    return build_district()


@pytest.fixture
def matter(district: District) -> Matter:
    return Journey(district).to_deliberating().fresh()


@pytest.fixture
def conversation(district: District, matter: Matter) -> Conversation:
    host, record = find_record(matter.number, district.actor("convener"))
    return open_conversation(
        host, record, actor=district.actor("convener"), terms=Terms(question="村口怎么改？"), seeds=SEEDS
    )


def _page(client: Client, matter: Matter, rest: str = "") -> str:
    return client.get(f"/opinions/{matter.number}/{rest}").content.decode()


def _shown_number(page: str) -> int:
    found = re.search(r'name="statement" value="(\d+)"', page)
    assert found
    return int(found[1])


def test_a_visitor_votes_on_all_without_account_or_script(client, matter, conversation) -> None:
    for _turn in SEEDS:
        number = _shown_number(_page(client, matter, "vote/"))
        answer = client.post(f"/opinions/{matter.number}/vote/", {"statement": number, "vote": "agree"})
        assert answer.status_code == 302

    assert "都表过态了" in _page(client, matter, "vote/")
    assert Vote.objects.filter(value=1).count() == 3
    assert Participant.objects.get().user_id is None
    assert client.cookies["device"]["httponly"]


def test_the_script_gets_the_next_statement_in_the_same_trip(client, matter, conversation) -> None:
    number = _shown_number(_page(client, matter, "vote/"))

    answer = client.post(
        f"/opinions/{matter.number}/vote/",
        {"statement": number, "vote": "pass"},
        headers={"HX-Request": "true"},
    )

    piece = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in piece
    assert _shown_number(piece) != number


def test_two_devices_are_two_people_and_one_device_is_one(matter, conversation) -> None:
    for client in (Client(), Client()):
        for value in ("agree", "disagree"):
            client.post(f"/opinions/{matter.number}/vote/", {"statement": 0, "vote": value})

    assert sorted(Vote.objects.values_list("value", flat=True)) == [-1, -1]


def test_a_vote_is_looked_up_and_changed(client, matter, conversation) -> None:
    client.post(f"/opinions/{matter.number}/vote/", {"statement": 1, "vote": "agree"})

    assert _page(client, matter, "mine/").count('aria-pressed="true"') == 1
    answer = client.post(
        f"/opinions/{matter.number}/vote/", {"statement": 1, "vote": "disagree", "back": "mine"}
    )

    assert answer["Location"].endswith("/mine/")
    assert Vote.objects.get().value == -1


def test_nobody_sees_anothers_votes(client, matter, conversation) -> None:
    Client().post(f"/opinions/{matter.number}/vote/", {"statement": 1, "vote": "agree"})

    assert 'aria-pressed="true"' not in _page(client, matter, "mine/")


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"vote": "agree"},
        {"statement": "0"},
        {"statement": "x", "vote": "agree"},
        {"statement": "0", "vote": "9"},
    ],
)
def test_a_broken_vote_is_told_and_counts_nothing(client, matter, conversation, sent) -> None:
    answer = client.post(f"/opinions/{matter.number}/vote/", sent)

    assert answer.status_code == 422
    assert "请按三个按钮中的一个" in answer.content.decode()
    assert not Vote.objects.exists()


def test_a_statement_taken_off_meanwhile_is_told(client, matter, conversation) -> None:
    Statement.objects.filter(number=0).update(state="removed")

    answer = client.post(f"/opinions/{matter.number}/vote/", {"statement": 0, "vote": "agree"})

    assert "刚刚被拿下" in answer.content.decode()
    assert not Vote.objects.exists()


def test_a_statement_is_put_and_waits(client, matter, conversation) -> None:
    answer = client.post(
        f"/opinions/{matter.number}/say/", {"token": new_token("statement"), "text": "公交站往后挪二十米"}
    )

    assert answer.status_code == 302
    assert "召集人看过就上" in client.get(answer["Location"]).content.decode()
    assert Statement.objects.get(number=3).state == "waiting"


def test_one_form_sent_often_makes_one_statement(client, matter, conversation) -> None:
    sent = {"token": new_token("statement"), "text": "公交站往后挪二十米"}
    for _time in range(5):
        assert client.post(f"/opinions/{matter.number}/say/", sent).status_code == 302

    assert Statement.objects.count() == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "请写上您的观点"),
        ("好", "太短了"),
        ("长" * 141, "最多140个字"),
        ("联系人张三丰13812345678说要修", "像是个人信息"),
    ],
)
def test_a_bad_statement_is_told_beside_the_field_and_kept(client, matter, conversation, text, words) -> None:
    answer = client.post(f"/opinions/{matter.number}/say/", {"token": new_token("statement"), "text": text})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert text in page
    assert Statement.objects.count() == 3


def test_a_near_duplicate_is_pointed_out_first(client, matter, conversation) -> None:
    sent = {"token": new_token("statement"), "text": "村口要装红绿灯"}

    page = client.post(f"/opinions/{matter.number}/say/", sent).content.decode()

    assert "已经有一条很像的" in page
    assert "村口要装红绿灯" in page
    assert Statement.objects.count() == 3
    client.post(f"/opinions/{matter.number}/say/", {**sent, "is_different": "on"})
    assert Statement.objects.count() == 4


def test_what_comes_too_late_is_kept_on_the_page(client, matter, conversation) -> None:
    Conversation.objects.update(closed_at=conversation.opened_at)

    answer = client.post(
        f"/opinions/{matter.number}/say/", {"token": new_token("statement"), "text": "公交站往后挪二十米"}
    )

    assert answer.status_code == 409
    assert "公交站往后挪二十米" in answer.content.decode()


def test_the_convener_opens_looks_after_and_closes(district, matter) -> None:
    convener = client_of(district, "convener")
    address = f"/work/opinions/{matter.number}/"
    opened = convener.post(
        address,
        {
            "question": "村口怎么改？",
            "takes_statements": "on",
            "is_moderated_first": "on",
            "takes_guests": "on",
            "smallest_group": "5",
            "seeds": "\n".join(SEEDS),
        },
    )
    assert opened.status_code == 302
    Client().post(
        f"/opinions/{matter.number}/say/", {"token": new_token("statement"), "text": "卖手机贴膜哦"}
    )

    assert "卖手机贴膜哦" in convener.get(address).content.decode()
    refused = convener.post(f"{address}statements/3/", {})
    assert refused.status_code == 422
    convener.post(f"{address}statements/3/", {"ground": "advert", "leaves_author_out": "on"})
    public = Client().get(f"/opinions/{matter.number}/").content.decode()
    assert "理由：广告" in public
    assert "卖手机贴膜哦" not in public
    assert Participant.objects.get(number=0).is_excluded
    convener.post(f"{address}participants/0/")
    assert not Participant.objects.get(number=0).is_excluded

    assert "要关闭吗" in convener.post(f"{address}close/").content.decode()
    convener.post(f"{address}close/", {"sure": "yes"})
    assert "已经不收表态了" in Client().get(f"/opinions/{matter.number}/").content.decode()
    convener.post(f"{address}close/", {"again": "1"})
    assert "开始表态" in Client().get(f"/opinions/{matter.number}/").content.decode()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("question", "", "必填"),
        ("seeds", "只有一条", "至少要两条"),
        ("seeds", "好主意\n联系人张三丰13812345678", "像是个人信息"),
        ("closes_at", "2020-01-01T10:00", "要在现在以后"),
        ("smallest_group", "1", "3"),
    ],
)
def test_wrong_terms_are_told_and_what_was_typed_stays(district, matter, field, value, words) -> None:
    sent = {"question": "村口怎么改？", "smallest_group": "5", "seeds": "\n".join(SEEDS)} | {field: value}

    answer = client_of(district, "convener").post(f"/work/opinions/{matter.number}/", sent)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert value in page
    assert not Conversation.objects.exists()


def test_no_conversation_before_it_is_opened(client, matter) -> None:
    assert client.get(f"/opinions/{matter.number}/").status_code == 404
    assert client.get("/opinions/S2099-1/").status_code == 404


def test_pages_take_few_queries_however_much_was_said(
    client, matter, conversation, django_assert_max_num_queries
) -> None:
    Statement.objects.bulk_create(
        Statement(
            conversation=conversation, number=n, text=f"观点{n}", state="shown", at=conversation.opened_at
        )
        for n in range(3, 120)
    )
    client.post(f"/opinions/{matter.number}/vote/", {"statement": 0, "vote": "agree"})

    for rest, most in (("", 7), ("vote/", 7), ("mine/", 8)):
        with django_assert_max_num_queries(most):
            assert client.get(f"/opinions/{matter.number}/{rest}").status_code == 200
