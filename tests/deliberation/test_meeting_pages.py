"""The pages of meetings, as people use them without JavaScript: signing up, the room, the desk, the screen."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.deliberation.meeting_world import World
from tests.testing.clients import client_of
from tests.testing.district import District, build_district
from tongxin.core.receipts import new_token
from tongxin.deliberation.actions import hearing_questions, running, seats, speaking
from tongxin.deliberation.models import Meeting, Question, RoomBallot, RoomVote, SignUp, Turn
from tongxin.matters.actions import raising
from tongxin.matters.actions.raising import passer_by


@pytest.fixture
def district(db) -> District:
    return build_district()


@pytest.fixture
def world(district: District) -> World:
    return World(district, kind="hearing")


def _text(response) -> str:
    return response.content.decode()


def _do(client: Client, meeting: Meeting, name: str, **data):
    return client.post(f"/work/meetings/{meeting.pk}/do/{name}/", data)


def _signed_up(client: Client, world: World) -> SignUp:
    address = f"/matters/{world.record.number}/meetings/{world.meeting.pk}/sign-up/"
    assert client.post(address, {"token": new_token("sign_up")}).status_code == 302
    return SignUp.objects.order_by("-pk").first()


def test_from_the_list_to_a_seat_and_back(client: Client, world: World) -> None:
    assert "村口装红绿灯" in _text(client.get("/meetings/"))
    page = _text(client.get(f"/meetings/{world.meeting.pk}/"))
    assert "现状和方案" in page
    assert "还有30个名额" in page

    seat = _signed_up(client, world)

    assert "居民 1 号" in _text(client.get(f"/meetings/{world.meeting.pk}/seat/"))
    asked = client.post(f"/meetings/{world.meeting.pk}/seat/", {"do": "give_up"})
    assert "名额就给下一位" in _text(asked)
    client.post(f"/meetings/{world.meeting.pk}/seat/", {"do": "give_up", "sure": "yes"})
    seat.refresh_from_db()
    assert seat.cancelled_at is not None
    assert "没有您的报名" in _text(client.get(f"/meetings/{world.meeting.pk}/seat/"))


def test_the_calendar_file_is_whole_and_follows_a_move(client: Client, world: World) -> None:
    from icalendar import Calendar

    event = Calendar.from_ical(client.get(f"/meetings/{world.meeting.pk}/meeting.ics").content).walk(
        "VEVENT"
    )[0]
    assert event["location"] == "社区活动室"
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(minutes=35)
    before = int(event["sequence"])
    convener = client_of(world.district, "convener")
    later = timezone.localtime() + timedelta(days=40)
    moved = convener.post(
        f"/work/meetings/{world.meeting.pk}/move/",
        {
            "starts_at": f"{later:%Y-%m-%dT%H:%M}",
            "place": "小学礼堂",
            "reason": "漏水",
            "version": world.meeting.version,
        },
    )
    assert moved.status_code == 302
    event = Calendar.from_ical(client.get(f"/meetings/{world.meeting.pk}/meeting.ics").content).walk(
        "VEVENT"
    )[0]
    assert (event["location"], int(event["sequence"])) == ("小学礼堂", before + 1)


def test_a_move_made_at_an_old_version_keeps_the_words(world: World) -> None:
    convener = client_of(world.district, "convener")
    later = timezone.localtime() + timedelta(days=40)
    data = {"starts_at": f"{later:%Y-%m-%dT%H:%M}", "place": "小学礼堂", "reason": "漏水", "version": 99}
    refused = convener.post(f"/work/meetings/{world.meeting.pk}/move/", data)
    assert refused.status_code == 409
    assert "小学礼堂" in _text(refused)
    assert f'name="version" value="{world.meeting.version}"' in _text(refused)
    assert world.fresh().place == "社区活动室"


def test_a_whole_evening_without_javascript(client: Client, world: World) -> None:
    convener = client_of(world.district, "convener")
    seat = _signed_up(client, world)
    assert _do(convener, world.meeting, "open", version=world.meeting.version).status_code == 302

    check_in = f"/meetings/{world.meeting.pk}/check-in/"
    client.post(f"{check_in}?k=wrong")
    assert SignUp.objects.get(pk=seat.pk).checked_in_at is None
    assert client.post(check_in, {"k": world.fresh().check_in_key}).status_code == 302
    assert SignUp.objects.get(pk=seat.pk).checked_in_by == "qr"

    _do(convener, world.meeting, "walk-in", role="resident", count=3)
    point = world.meeting.items.first()
    _do(convener, world.meeting, "start-item", id=point.pk, version=world.fresh().version)
    assert point.title in _text(Client().get(f"/meetings/{world.meeting.pk}/screen/"))

    client.post(f"/meetings/{world.meeting.pk}/seat/", {"do": "floor"})
    turn = Turn.objects.get()
    _do(convener, world.meeting, "start-turn", id=turn.pk)
    screen = _text(Client().get(f"/meetings/{world.meeting.pk}/screen/"))
    assert "居民 1 号" in screen
    assert "data-ends" in screen
    _do(convener, world.meeting, "end-turn", id=turn.pk)

    _do(convener, world.meeting, "put-vote", text="先装红绿灯")
    vote = RoomVote.objects.get()
    client.post(f"/meetings/{world.meeting.pk}/seat/", {"do": "vote", "id": vote.pk, "value": "agree"})
    assert RoomBallot.objects.get().value == 1
    _do(convener, world.meeting, "hands", id=vote.pk, resident_agree=2, resident_disagree=1)
    _do(convener, world.meeting, "close-vote", id=vote.pk)
    assert RoomVote.objects.get().result["total"] == [3, 1, 0]
    # One ballot beside three hands: the sum alone is shown, or the one vote could be read off.
    assert "其中举手清点" not in _text(Client().get(f"/meetings/{world.meeting.pk}/"))

    assert "发言、表决、签到都停下来" in _text(
        _do(convener, world.meeting, "close", version=world.fresh().version)
    )
    _do(convener, world.meeting, "close", version=world.fresh().version, sure="yes")
    assert world.fresh().closed_at is not None


def test_a_code_typed_in_the_room_opens_the_seat_on_another_phone(world: World) -> None:
    taken = seats.sign_up(
        world.host, world.record, world.meeting, actor=passer_by(), token=new_token("sign_up")
    )
    world.open()
    phone = Client()
    address = f"/meetings/{world.meeting.pk}/check-in/?k={world.meeting.check_in_key}"
    assert phone.post(address, {"code": "AAAA-BBBB-CCCC", "k": world.meeting.check_in_key}).status_code == 422
    phone.post(address, {"code": taken.issued.code, "k": world.meeting.check_in_key})
    assert SignUp.objects.get().checked_in_at is not None
    assert "已签到" in _text(phone.get(f"/meetings/{world.meeting.pk}/seat/"))


def test_the_second_desk_is_told_and_keeps_its_words(world: World) -> None:
    world.open()
    convener = client_of(world.district, "convener")
    _do(convener, world.meeting, "put-vote", text="先装红绿灯")
    late = _do(convener, world.meeting, "put-vote", text="先划斑马线")
    assert late.status_code == 409
    assert "已经有一条在表决" in _text(late)
    assert "先划斑马线" in _text(late)
    assert RoomVote.objects.count() == 1


def test_an_agenda_point_gets_a_document_that_everybody_can_read(client: Client, world: World) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    convener = client_of(world.district, "convener")
    point = world.meeting.items.first()
    sent = convener.post(
        f"/work/meetings/{world.meeting.pk}/agenda/{point.pk}/",
        {
            "title": "两个方案",
            "presenter": "街道",
            "minutes_planned": 20,
            "version": world.meeting.version,
            "document": SimpleUploadedFile("方案.txt", "先试一个月".encode()),
        },
    )
    assert sent.status_code == 302
    page = _text(client.get(f"/meetings/{world.meeting.pk}/"))
    assert "方案.txt" in page
    token = world.meeting.items.select_related("document").first().document.token
    assert client.get(f"/files/{token}").status_code == 200
    assert world.fresh().agenda.splitlines() == ["两个方案", "大家谈"]


def test_questions_are_asked_shown_and_supported_once(client: Client, world: World) -> None:
    address = f"/meetings/{world.meeting.pk}/ask/"
    client.post(address, {"token": new_token("question"), "text": "灯装在哪一边？"})
    question = Question.objects.get()
    assert "灯装在哪一边" not in _text(Client().get(address))
    convener = client_of(world.district, "convener")
    _do(convener, world.meeting, "show-question", id=question.pk)
    assert "灯装在哪一边" in _text(Client().get(address))
    for _again in range(3):
        client.post(f"{address}{question.pk}/support/")
    assert Question.objects.get().support_count == 1
    _do(convener, world.meeting, "remove-question", id=question.pk, reason="与上一条重复")
    assert "与上一条重复" in _text(Client().get(address))
    refused = _do(convener, world.meeting, "answer-question", id=question.pk, answer="两边都装。")
    assert refused.status_code == 409
    assert "两边都装" in _text(refused)


def test_a_meeting_that_takes_no_questions_has_no_page_for_them(client: Client, district: District) -> None:
    world = World(district)
    assert client.get(f"/meetings/{world.meeting.pk}/ask/").status_code == 404


def test_the_screen_says_304_until_something_changes(world: World) -> None:
    world.open()
    client = Client()
    address, asked = f"/meetings/{world.meeting.pk}/screen/", {"HTTP_HX_REQUEST": "true"}
    first = client.get(address, **asked)
    assert client.get(address, HTTP_IF_NONE_MATCH=first["ETag"], **asked).status_code == 304
    world.put("先装红绿灯")
    changed = client.get(address, HTTP_IF_NONE_MATCH=first["ETag"], **asked)
    assert (changed.status_code, "先装红绿灯" in _text(changed)) == (200, True)


def test_the_phone_is_answered_204_until_something_changes(client: Client, world: World) -> None:
    _signed_up(client, world)
    asked = {"HTTP_HX_REQUEST": "true"}
    page = client.get(f"/meetings/{world.meeting.pk}/seat/").context
    address = f"/meetings/{world.meeting.pk}/seat/?seen={page['digest']}"
    assert client.get(address, **asked).status_code == 204
    world.open()
    assert client.get(address, **asked).status_code == 200


def test_only_who_convenes_sees_the_check_in_code_and_nobody_a_residents_name(world: World) -> None:
    world.sign_up(contact=None)
    world.open()
    key = world.meeting.check_in_key
    for path in ("", "screen/", "seat/", "check-in/"):
        assert key not in _text(Client().get(f"/meetings/{world.meeting.pk}/{path}"))
    assert "<svg" in _text(client_of(world.district, "convener").get(f"/meetings/{world.meeting.pk}/screen/"))
    assert "<svg" not in _text(client_of(world.district, "unit").get(f"/meetings/{world.meeting.pk}/screen/"))


def test_members_are_named_residents_are_numbers(world: World) -> None:
    member = world.sign_up(world.district.actor("member"))
    resident = world.sign_up()
    world.open()
    for seat in (member, resident):
        world.here(seat)
        speaking.ask_for_floor(world.record, seat)
    screen = _text(Client().get(f"/meetings/{world.meeting.pk}/screen/"))
    assert "委员 测试member" in screen
    assert "居民 2 号" in screen


def test_what_is_not_there_is_404(client: Client, world: World) -> None:
    convener = client_of(world.district, "convener")
    for path in (f"/meetings/{2**70}/", "/meetings/999999/", f"/meetings/{world.meeting.pk}/ask/1/support/"):
        assert client.get(path).status_code in {404, 405}
    assert _do(convener, world.meeting, "nonsense").status_code == 404
    assert _do(convener, world.meeting, "start-turn", id="9" * 40).status_code == 404
    assert convener.get(f"/work/meetings/{world.meeting.pk}/agenda/999999/").status_code == 404


def test_the_list_pages_by_keyset(client: Client, district: District) -> None:
    world = World(district)
    for n in range(24):
        Meeting.objects.create(
            dossier_id=world.record.pk,
            starts_at=timezone.now() + timedelta(days=1, minutes=n // 2),
            place=f"第{n}处",
            agenda="谈",
            noticed_at=timezone.now(),
            minutes_due_on=timezone.localdate(),
        )
    first = client.get("/meetings/")
    assert first.content.count(b'class="title"') == 20
    second = client.get(f"/meetings/?after={first.context['next_cursor']}")
    assert second.content.count(b'class="title"') == 5
    for typed in ("nonsense", "1-", "9" * 17 + "-1", "-1-1", "１-１"):
        assert client.get("/meetings/", {"after": typed}).status_code == 200
    Meeting.objects.update(starts_at=timezone.now() - timedelta(days=9))
    past = client.get("/meetings/?when=past")
    assert past.content.count(b'class="title"') == 20
    assert (
        client.get(f"/meetings/?when=past&after={past.context['next_cursor']}").content.count(
            b'class="title"'
        )
        == 5
    )


@pytest.mark.parametrize(
    ("path", "most"),
    [("/meetings/", 4), ("/meetings/{pk}/", 5), ("/meetings/{pk}/screen/", 6), ("/work/meetings/{pk}/", 14)],
)
def test_queries_do_not_grow_with_people(world: World, path: str, most: int) -> None:
    world.open()
    client = client_of(world.district, "convener") if path.startswith("/work") else Client()
    address = path.format(pk=world.meeting.pk)

    def asked() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    asked()
    few = asked()
    common = {"actor": world.convener}
    made = seats.add_walk_ins(world.host, world.record, world.meeting, role="resident", count=30, **common)
    for seat in made[:10]:
        speaking.ask_for_floor(world.record, seat)
    for n in range(8):
        question = hearing_questions.ask(
            world.record,
            world.meeting,
            actor=raising.passer_by(),
            token=new_token("question"),
            text=f"第{n}个问题是什么？",
        ).question
        hearing_questions.show_question(world.host, world.record, question, **common)
    running.start_item(world.host, world.record, world.meeting.items.first(), seen_version=None, **common)

    assert asked() <= few
    assert few <= most, few


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_speak_both_languages(client: Client, world: World, language: str) -> None:
    client.cookies["django_language"] = language
    world.open()
    for path in ("/meetings/", f"/meetings/{world.meeting.pk}/", f"/meetings/{world.meeting.pk}/ask/"):
        page = _text(client.get(path))
        assert f'lang="{language}"' in page or 'lang="zh-Hans"' in page
        assert ("Meetings" in page) == (language == "en")
