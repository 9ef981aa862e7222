"""Joining and tracking: what a person without an account can do, and no more than that."""

import re

import pytest

from tests.testing.district import District, Journey
from tongxin.core.receipts import new_token
from tongxin.deliberation.models import Comment, SignUp
from tongxin.matters.actions import deliberating, raising, triage
from tongxin.matters.models import HelpOffer, Objection, Rating


def _open(client, journey: Journey) -> str:
    """Open the tracking page of a journey's raiser and return its address."""
    number = journey.fresh().number
    client.post("/track/", {"number": number, "code": journey.raised.code})
    return f"/track/{number}/"


@pytest.mark.parametrize(
    ("to", "path", "purpose", "fields", "count"),
    [
        ("to_assigned", "me-too/", "me_too", {}, lambda m: m.me_too_count),
        (
            "to_assigned",
            "comment/",
            "comment",
            {"text": "装灯好", "stance": "support"},
            lambda m: Comment.objects.count(),
        ),
        (
            "to_published",
            "object/",
            "object",
            {"text": "不同意，应当先修路。"},
            lambda m: Objection.objects.count(),
        ),
        ("to_acting", "help/", "help", {"text": "我家门口可以借场地"}, lambda m: HelpOffer.objects.count()),
    ],
)
def test_each_way_to_join_counts_once(client, district: District, to, path, purpose, fields, count) -> None:
    journey = Journey(district)
    if to == "to_published":
        from datetime import timedelta

        from django.utils import timezone

        journey.at = timezone.now() - timedelta(days=16)
    matter = getattr(journey, to)().fresh()
    address = f"/matters/{matter.number}/{path}"
    page = client.get(address).content.decode()
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    data = {"token": token, **fields}
    first = client.post(address, data, follow=True).content.decode()
    again = client.post(address, data, follow=True).content.decode()
    assert count(journey.fresh()) == 1
    code = re.search(r"[2-9A-Z]{5}-[2-9A-Z]{5}", first)[0]
    assert code in again
    assert "之前已经提交过了" in again
    bad = client.post(address, {**data, "token": "forged"})
    assert bad.status_code == 422
    assert all(str(value) in bad.content.decode() for value in fields.values())


def test_a_seat_at_a_meeting(client, district: District) -> None:
    from datetime import timedelta

    from django.utils import timezone

    matter = Journey(district).to_deliberating().fresh()
    meeting = deliberating.call_meeting(
        matter,
        actor=district.actor("convener"),
        starts_at=timezone.now() + timedelta(days=20),
        place="活动室",
        agenda="议程",
        capacity=1,
        seen_version=None,
    )
    page = client.get(f"/matters/{matter.number}/").content.decode()
    address = f"/matters/{matter.number}/meetings/{meeting.pk}/sign-up/"
    assert address in page
    for _n in range(2):
        assert client.post(address, {"token": new_token("sign_up")}).status_code == 302
    assert [s.is_waiting for s in SignUp.objects.order_by("pk")] == [False, True]
    assert client.get(f"/matters/{matter.number}/meetings/{10**12}/sign-up/").status_code == 404


def test_what_is_typed_too_late_is_kept(client, district: District) -> None:
    matter = Journey(district).to_rating().fresh()
    assert client.get(f"/matters/{matter.number}/comment/").status_code == 404
    response = client.post(
        f"/matters/{matter.number}/comment/",
        {"token": new_token("comment"), "text": "来晚了的话", "stance": "support"},
    )
    assert response.status_code == 409
    assert "来晚了的话" in response.content.decode()
    assert Comment.objects.count() == 0


def test_a_wrong_code_opens_nothing_and_tries_are_limited(client, district: District) -> None:
    journey = Journey(district).to_raised()
    number = journey.fresh().number
    unknown = client.post("/track/", {"number": "S2026-99999", "code": "22222-22222"}).content.decode()
    wrong = client.post("/track/", {"number": number, "code": "22222-22222"}).content.decode()
    assert "对不上" in unknown
    assert "对不上" in wrong
    assert (
        "编号看起来不对" in client.post("/track/", {"number": "乱写", "code": "22222-22222"}).content.decode()
    )
    assert client.get(f"/track/{number}/").status_code == 302
    assert client.post(f"/track/{number}/withdraw/").url.startswith("/track/?number=")
    assert journey.fresh().state == "raised"
    for _n in range(40):
        response = client.post("/track/", {"number": number, "code": "22222-22222"})
    assert response.status_code == 429
    assert "试得太多了" in response.content.decode()


def test_opening_a_receipt_changes_the_session(client, district: District) -> None:
    one, other = Journey(district).to_raised(), Journey(district).to_raised()
    _open(client, one)
    before = client.session.session_key
    _open(client, other)
    assert client.session.session_key != before
    assert client.get(f"/track/{one.fresh().number}/").status_code == 200
    client.post("/track/", {"forget": "1"})
    assert client.get(f"/track/{one.fresh().number}/").status_code == 302


def test_the_raiser_answers_what_is_asked(client, district: District) -> None:
    journey = Journey(district).to_raised()
    triage.ask_more(
        journey.fresh(), actor=district.actor("office"), question="是哪个路口？", seen_version=None
    )
    address = _open(client, journey)
    page = client.get(address).content.decode()
    assert "是哪个路口？" in page
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    stale = client.post(f"{address}answer/", {"version": "1", "answer": "东边那个"})
    assert stale.status_code == 409
    assert "东边那个" in stale.content.decode()
    assert client.post(f"{address}answer/", {"version": version, "answer": ""}).status_code == 422
    assert client.post(f"{address}answer/", {"version": "x", "answer": "东边"}).status_code == 422
    client.post(f"{address}answer/", {"version": version, "answer": "东边那个"})
    matter = journey.fresh()
    assert matter.state == "raised"
    assert matter.questions.get().answer == "东边那个"


def test_a_declined_matters_reply_reaches_its_raiser_only(client, district: District) -> None:
    journey = Journey(district).to_raised()
    triage.decline_matter(
        journey.fresh(),
        actor=district.actor("office"),
        ground="litigation",
        reply="法院正在审理，请等判决。",
        seen_version=None,
    )
    page = client.get(_open(client, journey)).content.decode()
    assert "法院正在审理，请等判决。" in page
    client.post("/track/", {"forget": "1"})
    assert client.get(f"/matters/{journey.fresh().number}/").status_code == 404


def test_the_raiser_of_a_merged_matter_follows_the_survivor_and_rates_it(client, district: District) -> None:
    survivor, merged = Journey(district).to_acting(), Journey(district).to_raised()
    triage.merge_matter(
        merged.fresh(), actor=district.actor("office"), survivor=survivor.fresh(), seen_version=None
    )
    survivor.finish()
    page = client.get(_open(client, merged)).content.decode()
    assert survivor.fresh().number in page
    address = f"/matters/{survivor.fresh().number}/rate/"
    assert address in page
    client.post(address, {"solved": "yes", "attitude": "5", "result": "4", "words": "好了"})
    assert Rating.objects.get().rater == "participant"


def test_not_solved_reopens_and_the_page_says_so(client, district: District) -> None:
    journey = Journey(district).to_rating()
    address = f"/matters/{journey.fresh().number}/rate/"
    stranger = client.get(address).content.decode()
    assert "我有查询码" in stranger
    assert client.post(address, {"solved": "yes", "attitude": "5", "result": "5"}).status_code == 404
    track = _open(client, journey)
    assert client.post(address, {"solved": "maybe", "attitude": "9", "result": ""}).status_code == 422
    client.post(address, {"solved": "no", "attitude": "2", "result": "1", "words": "灯没亮"})
    assert journey.fresh().state == "acting"
    assert "正在按规定重新办理" in client.get(track).content.decode()
    journey.finish()
    client.post(address, {"solved": "yes", "attitude": "5", "result": "5", "words": "这回好了"})
    client.post(address, {"solved": "no", "attitude": "1", "result": "1"})
    assert journey.fresh().state == "rating"
    assert journey.fresh().solved_count == 1


def test_members_rate_signed_in(client, district: District) -> None:
    journey = Journey(district).to_rating()
    client.force_login(
        district.users["member"], backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    client.post(f"/matters/{journey.fresh().number}/rate/", {"solved": "yes", "attitude": "4", "result": "4"})
    assert Rating.objects.get().rater == "member"


def test_tracking_by_phone_lists_what_the_phone_follows(
    client, district: District, settings, monkeypatch
) -> None:
    from tongxin.core.contacts import ContactGiven
    from tongxin.notices import actions as notices

    settings.TONGXIN = settings.TONGXIN | {"channels": []}
    assert client.get("/track/phone/").status_code == 404
    assert "/track/phone/" not in client.get("/track/").content.decode()
    settings.TONGXIN = settings.TONGXIN | {"channels": [{"provider": "demo", "channel": "sms"}]}
    made = raising.raise_matter(
        actor=raising.passer_by(),
        token=new_token("raise"),
        text="楼下路灯坏了很久",
        area=district.community,
        contact=ContactGiven("", "13873120045", "同意"),
    )
    sent = []
    monkeypatch.setattr(notices, "send_phone_code", lambda phone, address="": sent.append(phone))
    monkeypatch.setattr(notices, "check_phone_code", lambda phone, code: code == "246810")
    client.post("/track/phone/", {"phone": "138-7312-0045", "send": "1"})
    assert sent == ["13873120045"]
    wrong = client.post("/track/phone/", {"phone": "13873120045", "code": "1", "check": "1"})
    assert "验证码不对" in wrong.content.decode()
    page = client.post("/track/phone/", {"phone": "13873120045", "code": "246810", "check": "1"}, follow=True)
    assert f"/track/{made.matter.number}/" in page.content.decode()
