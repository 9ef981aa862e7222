"""Minutes drafted from the meeting, completed in place, confirmed, and what becomes of each conclusion."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.testing.clients import client_of
from tests.testing.district import District, Journey, build_district
from tongxin.deliberation.drafting import digest_of, draft_of
from tongxin.deliberation.models import AgendaItem, Meeting, RoomVote, SignUp, Turn, View
from tongxin.matters.actions import deliberating
from tongxin.matters.models import Matter

pytestmark = pytest.mark.django_db


@pytest.fixture
def district() -> District:
    return build_district()


@pytest.fixture
def meeting(district: District) -> Meeting:
    journey = Journey(district).to_deliberating()
    made = deliberating.call_meeting(
        journey.fresh(), actor=district.actor("convener"), starts_at=journey.at + timedelta(days=10), place="活动室",
        agenda="通报情况\n讨论方案", seen_version=None, at=journey.at,
    )  # fmt: skip
    AgendaItem.objects.filter(meeting=made).delete()
    now = timezone.now()
    first = AgendaItem.objects.create(
        meeting=made, position=1, title="通报情况", presenter="街道", notes="三天数过车。"
    )
    second = AgendaItem.objects.create(meeting=made, position=2, title="讨论方案")
    seat = SignUp.objects.create(meeting=made, role="resident", seat_number=7, at=now, checked_in_at=now)
    said = {"meeting": made, "asked_at": now, "started_at": now}
    Turn.objects.create(item=second, role="resident", label="不该出现的名字", sign_up=seat, **said)
    Turn.objects.create(item=second, role="member", label="测试委员甲", **said)
    Turn.objects.create(item=first, role="member", label="没轮到", meeting=made, asked_at=now)
    RoomVote.objects.create(
        meeting=made, item=second, text="先装灯", opened_at=now, closed_at=now, result={"total": [9, 1, 2]}
    )
    return made


def page_of(meeting: Meeting) -> str:
    return f"/work/meetings/{meeting.pk}/minutes/"


def test_a_draft_follows_the_agenda_and_names_no_resident(meeting: Meeting) -> None:
    assert draft_of(meeting).split("\n") == [
        "一、通报情况（街道介绍）",
        "三天数过车。",
        "",
        "二、讨论方案",
        "发言：居民（7号）、委员测试委员甲。",
        "表决“先装灯”：赞成9，不赞成1，说不准2。",
    ]


def test_the_draft_is_completed_in_place_and_becomes_the_minutes(
    district: District, meeting: Meeting
) -> None:
    convener = client_of(district, "convener")
    page = convener.get(page_of(meeting))
    assert "发言：居民（7号）" in page.content.decode()
    seen = page.context["form"]["seen"].value()
    assert convener.post(page_of(meeting), {"text": "大家同意先装灯。", "seen": seen}).status_code == 302
    assert "大家同意先装灯。" in convener.get(page_of(meeting)).content.decode()
    matter = Matter.objects.get(pk=meeting.dossier_id)
    form = convener.get(f"/work/matters/{matter.number}/do/record_minutes/").context["form"]
    assert form["minutes"].value() == "大家同意先装灯。"
    assert form["count_resident"].value() == 1
    point = meeting.items.last()
    sent = {
        "version": matter.version, "meeting": meeting.pk, "minutes": "大家同意先装灯。", "count_resident": 1, "rows": 6,
        "view_kind_0": "consensus", "view_role_0": "resident", "view_text_0": "先装灯", "view_item_0": point.pk,
        "stage": "confirm",
    }  # fmt: skip
    assert convener.post(f"/work/matters/{matter.number}/do/record_minutes/", sent).status_code == 302
    meeting.refresh_from_db()
    assert (meeting.minutes, meeting.minutes_draft) == ("大家同意先装灯。", "")
    assert (meeting.confirmed_by_label, meeting.confirmed_at) == ("召集人", meeting.minutes_at)
    assert meeting.views.get().item == point


def test_two_at_the_same_draft_lose_nothing(district: District, meeting: Meeting) -> None:
    seen = digest_of("")
    client_of(district, "office").post(page_of(meeting), {"text": "办公室写的", "seen": seen})
    late = client_of(district, "convener").post(page_of(meeting), {"text": "召集人写的", "seen": seen})
    assert late.status_code == 409
    assert "办公室写的" in late.content.decode()
    assert "召集人写的" in late.content.decode()
    meeting.refresh_from_db()
    assert meeting.minutes_draft == "办公室写的"


def test_saving_while_writing_answers_with_the_new_digest(district: District, meeting: Meeting) -> None:
    saved = client_of(district, "convener").post(
        page_of(meeting), {"text": "写了一半", "seen": digest_of("")}, headers={"HX-Request": "true"}
    )
    assert f'value="{digest_of("写了一半")}"' in saved.content.decode()


def test_a_conclusion_says_which_public_matter_it_became(client, district: District) -> None:
    matter = Journey(district).to_deciding().fresh()
    other = Journey(district).to_assigned().fresh()
    hidden = Journey(district).to_raised().fresh()
    view = View.objects.filter(dossier_id=matter.pk).first()
    address = f"/work/meetings/{view.meeting_id}/minutes/link/"
    convener = client_of(district, "convener")
    for number in (hidden.number, matter.number, "C2020-999"):
        assert convener.post(address, {"view": view.pk, "number": number}).status_code == 422
    assert convener.post(address, {"view": view.pk, "number": other.number}).status_code == 302
    view.refresh_from_db()
    assert view.became_id == other.pk
    assert f'href="/matters/{other.number}/"' in client.get(f"/matters/{matter.number}/").content.decode()
    assert other.number in convener.get(page_of(view.meeting)).content.decode()
    assert convener.post(address, {"view": view.pk, "number": ""}).status_code == 302
    view.refresh_from_db()
    assert view.became_id is None
