"""The public pages: what they show, in how many queries, in both languages."""

import pytest
from django.urls import reverse
from django.utils import translation

from tests.testing.clients import client_of
from tests.testing.district import District, Journey
from tongxin.core.actor import Actor
from tongxin.core.models import Entry
from tongxin.core.receipts import new_token
from tongxin.deliberation.models import Comment
from tongxin.matters.actions import deliberating, publishing, raising, triage
from tongxin.matters.presenters import entry_title, number_text, parse_number
from tongxin.matters.presenters.history import TITLES
from tongxin.matters.process import SIX_STEPS


def _comment(matter, text="装灯好", times=1) -> None:
    for _n in range(times):
        deliberating.add_comment(
            matter, actor=raising.passer_by(), token=new_token("comment"), text=text, stance="support"
        )


@pytest.mark.parametrize(
    "typed",
    [
        "S2026-12",
        "s2026-12",
        "Ｓ２０２６－１２",
        " S 2026-12 ",
        "微建议〔2026〕12号",
        "微建议[2026]12号",
        "微建议（2026）12",
        "Suggestion [2026] No. 12",
        "S2026-012",
    ],
)
def test_a_number_is_understood_however_it_is_written(typed: str) -> None:
    assert parse_number(typed) == "S2026-12"


@pytest.mark.parametrize(
    "typed", ["", "X", "2026-12", "S26-1", "微提案〔2026〕1号", "S2026-12; drop", "S" * 500]
)
def test_what_is_no_number_is_none(typed: str) -> None:
    assert parse_number(typed) is None


def test_numbers_read_as_on_paper_in_both_languages() -> None:
    assert number_text("S2026-12") == "微建议〔2026〕12号"
    assert number_text("C2026-3") == "微协商〔2026〕3号"
    assert parse_number(number_text("C2026-3")) == "C2026-3"
    with translation.override("en"):
        assert number_text("S2026-12") == "Suggestion [2026] No. 12"


def test_every_event_of_the_method_has_words() -> None:
    events = {transition.event for transition in SIX_STEPS.transitions} | {raising.RAISED.event}
    assert events <= set(TITLES)
    for event in events:
        assert entry_title(Entry(event=event, data={})) != event


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("path", ["/", "/matters/", "/board/", "/promises/", "/raise/", "/track/"])
def test_public_pages_answer_in_both_languages(client, district: District, path: str, language: str) -> None:
    Journey(district).to_rating()
    client.cookies["django_language"] = language
    response = client.get(path)
    assert response.status_code == 200
    assert f'lang="{language}"' in response.content.decode().lower()


def test_every_state_of_the_method_can_be_shown(client, district: District) -> None:
    journey = Journey(district)
    for go in (journey.to_published, journey.finish):
        if go == journey.finish:
            publishing.conclude_publication(
                journey.fresh(), actor=district.actor("office"), seen_version=None, at=journey._now(14)
            )
            from tongxin.matters.actions import acting

            acting.accept_task(
                journey.fresh(), actor=district.actor("unit"), seen_version=None, at=journey._now()
            )
        go()
        page = client.get(f"/matters/{journey.fresh().number}/").content.decode()
        assert "装灯，暂不单行。" in page
    journey.rate(journey.raiser)
    page = client.get(f"/matters/{journey.fresh().number}/").content.decode()
    assert "1 人评，1 人说解决了" in page
    assert "商户反对单行" in page
    assert "暂不单行，先装灯。" in page
    assert "12 人" in page


def test_answers_to_dissent_wait_for_the_publication(client, district: District) -> None:
    journey = Journey(district).to_decided()
    page = client.get(f"/matters/{journey.fresh().number}/").content.decode()
    assert "商户反对单行" in page
    assert "暂不单行，先装灯。" not in page
    assert "装灯，暂不单行。" not in page


def test_a_matter_not_yet_accepted_does_not_exist(client, district: District) -> None:
    number = Journey(district).to_raised().fresh().number
    for path in ("", "print/", "me-too/", "comment/", "rate/", "object/", "help/"):
        assert client.get(f"/matters/{number}/{path}").status_code == 404
    assert number not in client.get("/matters/").content.decode()


def test_other_writings_of_a_number_lead_to_its_address(client, district: District) -> None:
    matter = Journey(district).to_deliberating().fresh()
    earlier = matter.dossier.numbers.order_by("pk").first().slug
    here = reverse("matter_detail", args=[matter.number])
    for written in (matter.number.lower(), number_text(matter.number), earlier):
        response = client.get(reverse("matter_detail", args=[written]))
        assert (response.status_code, response.url) == (302, here)


def test_a_removed_comment_says_by_whom_and_why(client, district: District) -> None:
    matter = Journey(district).to_deliberating().fresh()
    _comment(matter, "骂人的话")
    comment = Comment.objects.get()
    deliberating.remove_comment(comment, actor=district.actor("office"), matter=matter, reason="辱骂他人")
    page = client.get(f"/matters/{matter.number}/").content.decode()
    assert "骂人的话" not in page
    assert "辱骂他人" in page


def test_comments_are_paged(client, district: District) -> None:
    matter = Journey(district).to_deliberating().fresh()
    _comment(matter, "最早的话")
    _comment(matter, times=20)
    first = client.get(f"/matters/{matter.number}/").content.decode()
    assert "最早的话" not in first
    last = Comment.objects.order_by("-pk")[19].pk
    assert f"?before={last}" in first
    assert "最早的话" in client.get(f"/matters/{matter.number}/?before={last}").content.decode()


def test_the_list_is_narrowed_and_paged(client, district: District) -> None:
    for _n in range(21):
        Journey(district).to_assigned()
    Journey(district).to_deliberating()
    page = client.get("/matters/?step=deliberate").content.decode()
    assert page.count('class="title"') == 1
    assert client.get("/matters/?kind=suggestion").content.decode().count('class="title"') == 20
    assert client.get("/matters/?words=红绿灯").content.decode().count('class="title"') == 20
    assert client.get("/matters/?words=没有的词语").content.decode().count('class="title"') == 0
    assert client.get(f"/matters/?unit={district.department.code}&overdue=1").status_code == 200
    for nonsense in (
        "after=x",
        "after=9999999999999999999-1",
        "area='",
        "step=zzz",
        "words=%00%ff",
        "category=" + "x" * 99,
    ):
        assert client.get(f"/matters/?{nonsense}").status_code == 200


@pytest.mark.parametrize("amount", [1, 12])
def test_pages_keep_to_their_queries(
    client, district: District, django_assert_max_num_queries, amount: int
) -> None:
    for _n in range(amount):
        journey = Journey(district).to_acting()
    matter = journey.fresh()
    _comment(matter, times=25)
    journey.finish()
    journey.rate(journey.raiser)
    with django_assert_max_num_queries(6):
        assert client.get("/matters/").status_code == 200
    with django_assert_max_num_queries(8):
        assert client.get(f"/matters/{matter.number}/").content.decode().count('id="comment-') == 20
    with django_assert_max_num_queries(6):
        assert client.get("/board/").status_code == 200


def test_merged_matters_are_named_on_the_survivor(client, district: District) -> None:
    survivor, merged = Journey(district).to_assigned(), Journey(district).to_assigned()
    triage.merge_matter(
        merged.fresh(), actor=district.actor("office"), survivor=survivor.fresh(), seen_version=None
    )
    assert (
        number_text(merged.fresh().number)
        in client.get(f"/matters/{survivor.fresh().number}/").content.decode()
    )
    assert survivor.fresh().number in client.get(f"/matters/{merged.fresh().number}/").content.decode()


def test_the_home_page_shows_matters_near(client, district: District) -> None:
    Journey(district).to_assigned()
    district.community.latitude, district.community.longitude = 28.1, 112.9
    district.community.save()
    page = client.get(f"/?near={district.community.code}").content.decode()
    assert page.count("村口装红绿灯") == 2  # among the recent ones and among those near
    response = client.get("/?lat=28.101&lng=112.901")
    assert response.url == f"/?near={district.community.code}#near"
    assert client.get("/?lat=nan&lng=1e400").status_code in {200, 302}
    assert client.get("/?near=zzz").status_code == 200


def test_an_unpublished_photo_is_for_its_keepers_only(client, district: District, settings) -> None:
    settings.TONGXIN = settings.TONGXIN | {"staff_second_factor": False}
    from tongxin.core.attachments import keep_images
    from tongxin.core.files import CleanImage

    journey = Journey(district).to_assigned()
    (kept,) = keep_images(
        [CleanImage(b"bytes", "image/png", 1, 1)], dossier_id=journey.fresh().pk, stage="raised"
    )
    assert client.get(f"/files/{kept.token}").status_code == 404
    assert client.get("/files/unknown").status_code == 404
    client.force_login(district.users["unit"], backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(f"/files/{kept.token}").status_code == 404
    client.force_login(
        district.users["office"], backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    assert client.get(f"/files/{kept.token}").status_code == 200
    client.logout()
    triage.publish_photos(journey.fresh(), actor=district.actor("office"), words={kept.token: "村口的路灯"})
    response = client.get(f"/files/{kept.token}")
    assert b"".join(response.streaming_content) == b"bytes"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox")
    assert f"/files/{kept.token}" in client.get(f"/matters/{journey.fresh().number}/").content.decode()


def test_the_timeline_keeps_internal_entries_inside(district: District) -> None:
    from tongxin.matters.presenters import timeline_of

    journey = Journey(district).to_decided()
    matter = journey.fresh()
    assert "matter.decided" not in {item.event for item in timeline_of(matter)}
    assert "matter.decided" in {item.event for item in timeline_of(matter, district.actor("office"))}
    outsider = Actor(role="participant", label="参与者", receipt_id=10**9)
    assert "matter.decided" not in {item.event for item in timeline_of(matter, outsider)}


def test_stations_and_units_show_their_matters(client, district: District) -> None:
    Journey(district).to_assigned()
    assert "村口装红绿灯" in client.get(f"/stations/{district.station.code}/").content.decode()
    assert "村口装红绿灯" in client.get(f"/units/{district.department.code}/").content.decode()


@pytest.mark.parametrize("path", ["/matters/", "/", "/board/", "/matters/?kind=consultation"])
def test_a_row_says_when_people_meet_and_that_they_can_come(client, district: District, path: str) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from tongxin.matters.presenters import moment_text

    convener = district.actor("convener")
    starts_at = timezone.now() + timedelta(days=20)
    journey = Journey(district).to_deliberating()
    meeting = deliberating.call_meeting(
        journey.fresh(), actor=convener, starts_at=starts_at, place="活动室", agenda="讨论", seen_version=None
    )
    assert f"{moment_text(starts_at)} 开会，可报名" in client.get(path).content.decode()
    deliberating.cancel_meeting(
        journey.fresh(), actor=convener, meeting=meeting, reason="停电", seen_version=None
    )
    assert "可报名" not in client.get(path).content.decode()


def test_sent_back_by_the_raiser_a_matter_never_says_that_nobody_rated(district: District, client) -> None:
    journey = Journey(district).to_rating()
    page = client.get(f"/matters/{journey.fresh().number}/").content.decode()
    assert "还没有人评" in page
    journey.rate(journey.raiser, solved="no", result=1)
    matter = journey.fresh()
    assert matter.state == "acting"
    page = client.get(f"/matters/{matter.number}/").content.decode()
    assert "1 人评，0 人说解决了" in page
    assert "还没有人评" not in page
    staff = client_of(district, "unit").get(f"/work/matters/{matter.number}/").content.decode()
    assert "重新办理过 1 次" in staff
    assert "还没有人评" not in staff
