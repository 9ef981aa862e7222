"""Acting in a browser: preview before anything goes public, conflicts that keep what was typed, every form once."""

import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from tests.testing.clients import client_of
from tests.testing.district import District, Journey
from tongxin.core.attachments import keep_images
from tongxin.core.files import CleanImage
from tongxin.core.history import Conflict
from tongxin.core.models import AccessLog, Attachment, LedgerEntry
from tongxin.core.receipts import new_token
from tongxin.matters.actions import (
    acting,
    deliberating,
    publishing,
    raising,
    rating,
    triage,
)
from tongxin.matters.models import Matter

pytestmark = pytest.mark.django_db


def address_of(matter: Matter, name: str) -> str:
    """Where a transition is done."""
    return reverse("work_do", args=[matter.number, name])


def do(district: District, who: str, matter: Matter, name: str, *, confirm: bool = True, **fields: object):
    """Post a transition's form as it stands after the preview, or before it."""
    matter.refresh_from_db()
    data = {"version": matter.version, **fields}
    if confirm:
        data["stage"] = "confirm"
    response = client_of(district, who).post(address_of(matter, name), data)
    matter.refresh_from_db()
    return response


def photo() -> io.BytesIO:
    """A small picture as a browser sends it."""
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(file, "JPEG")
    file.seek(0)
    file.name = "a.jpg"
    return file


def accept_fields(district: District, **changes: object) -> dict[str, object]:
    """A filled-in form for accepting a suggestion."""
    return {
        "title": "村口装红绿灯",
        "text": "村口早上堵车。",
        "category": district.category.pk,
        "lead_unit": district.department.pk,
    } | changes


class TestPreview:
    """Nothing goes public before somebody has seen it marked."""

    def test_form_starts_from_redacted_words(self, district):
        matter = Journey(district).to_raised("联系人王小明，电话13812345678，村口堵车。").fresh()
        page = client_of(district, "office").get(address_of(matter, "accept_suggestion"))
        assert "13812345678" not in page.context["form"]["text"].value()
        assert "村口堵车" in page.context["form"]["text"].value()

    def test_first_post_shows_marks_and_changes_nothing(self, district):
        matter = Journey(district).to_raised().fresh()
        fields = accept_fields(district, text="联系人王小明，电话13812345678，村口堵车。")
        response = do(district, "office", matter, "accept_suggestion", confirm=False, **fields)
        page = response.content.decode()
        assert response.status_code == 200
        assert matter.state == "raised"
        assert "<mark>13812345678" in page
        assert "13812345678" not in response.context["form"]["text"].value()
        assert 'name="stage" value="confirm"' in page

    def test_clean_text_is_previewed_too(self, district):
        matter = Journey(district).to_raised().fresh()
        do(district, "office", matter, "accept_suggestion", confirm=False, **accept_fields(district))
        assert matter.state == "raised"
        response = do(district, "office", matter, "accept_suggestion", **accept_fields(district))
        assert response.status_code == 302
        assert (matter.state, matter.publication) == ("assigned", "public")

    def test_personal_data_typed_after_the_preview_needs_a_word_more(self, district):
        matter = Journey(district).to_raised().fresh()
        fields = accept_fields(district, text="打13812345678找我。")
        response = do(district, "office", matter, "accept_suggestion", **fields)
        assert matter.state == "raised"
        assert 'name="anyway"' in response.content.decode()
        assert response.context["form"]["text"].value() == "打13812345678找我。"
        do(district, "office", matter, "accept_suggestion", anyway="yes", **fields)
        assert matter.state == "assigned"
        assert "13812345678" in matter.text

    def test_photos_survive_the_preview(self, district):
        matter = Journey(district).to_acting().fresh()
        first = do(district, "unit", matter, "finish", confirm=False, text="灯已装好。", after=photo())
        kept = first.context["form"]["after_held"].value()
        assert kept
        assert not Attachment.objects.filter(dossier_id=matter.pk).exists()
        do(district, "unit", matter, "finish", text="灯已装好。", after_held=kept)
        assert matter.state == "rating"
        assert Attachment.objects.get(dossier_id=matter.pk).stage == "after"

    def test_words_for_the_raiser_alone_need_no_preview(self, district):
        matter = Journey(district).to_raised().fresh()
        do(district, "liaison", matter, "ask_more", confirm=False, question="是哪个路口？")
        assert matter.state == "more_needed"


class TestConflict:
    """Two people at one step: one wins, the other's words are kept."""

    def test_the_second_gets_409_with_their_words(self, district):
        matter = Journey(district).to_raised().fresh()
        seen = matter.version
        triage.ask_more(matter, actor=district.actor("liaison"), question="哪个路口？", seen_version=seen)
        response = client_of(district, "office").post(
            address_of(matter, "decline"),
            {"version": seen, "ground": "litigation", "reply": "我写了很久的答复。"},
        )
        page = response.content.decode()
        assert response.status_code == 409
        assert "我写了很久的答复。" in page
        assert "联络员" in page
        matter.refresh_from_db()
        assert matter.state == "more_needed"

    def test_a_task_moved_to_another_unit_keeps_the_words_of_the_first(self, district):
        matter = Journey(district).to_assigned().fresh()
        seen = matter.version
        acting.object_task(matter, actor=district.actor("unit"), reason="不归我们管", seen_version=None)
        acting.reassign_task(
            matter, actor=district.actor("office"), unit=district.other_department, seen_version=None
        )
        response = client_of(district, "unit").post(
            address_of(matter, "take_on"),
            {"version": seen, "result": "adopted", "reasons": "马上办", "workdays": 5},
        )
        assert response.status_code == 409
        assert "马上办" in response.content.decode()

    def test_a_form_without_its_version_counts_as_outdated(self, district):
        matter = Journey(district).to_raised().fresh()
        response = client_of(district, "office").post(address_of(matter, "ask_more"), {"question": "哪里？"})
        assert response.status_code == 409

    def test_conflict_inside_the_action_is_the_same_page(self, district, monkeypatch):
        matter = Journey(district).to_raised().fresh()

        def beaten(*args: object, **options: object) -> None:
            raise Conflict(matter, matter.version - 1)

        monkeypatch.setattr(triage, "lock_matter", beaten)
        response = do(district, "office", matter, "ask_more", question="哪个路口？")
        assert response.status_code == 409
        assert "哪个路口？" in response.content.decode()


class TestForms:
    """Each form does what its transition says."""

    def test_six_steps_through_the_pages(self, district):
        matter = Journey(district).to_raised().fresh()
        do(
            district, "liaison", matter, "accept_consultation",
            title="村口装红绿灯", text="村口早上堵车。", category=district.category.pk,
            decider=district.street_unit.pk, convener=district.member.pk,
        )  # fmt: skip
        assert matter.state == "deliberating"
        assert matter.number.startswith("C")
        soon = timezone.localtime() + timedelta(hours=3)
        meeting = {"starts_at": f"{soon:%Y-%m-%dT%H:%M}", "place": "活动室", "agenda": "讨论", "capacity": 20}
        refused = do(district, "member", matter, "call_meeting", **meeting)
        assert refused.context["form"].errors["short_notice_reason"]
        do(district, "member", matter, "call_meeting", short_notice_reason="灯坏了，急", **meeting)
        held = matter.dossier.meetings.get()
        assert held.short_notice_reason == "灯坏了，急"
        early = client_of(district, "convener").get(address_of(matter, "record_minutes"))
        assert early.context["blocked"]
        held.starts_at = timezone.now() - timedelta(hours=1)
        held.save()
        minutes = {
            "meeting": held.pk, "minutes": "大家同意。", "rows": 6, "count_resident": 9, "count_member": 1,
            "names_member": "测试委员甲", "view_kind_0": "dissent", "view_role_0": "resident", "view_text_0": "担心停车",
        }  # fmt: skip
        more = do(district, "convener", matter, "record_minutes", more_rows="1", **minutes)
        assert len(more.context["form"].view_rows()) == 12
        assert more.context["form"]["view_text_0"].value() == "担心停车"
        do(district, "convener", matter, "record_minutes", **minutes)
        assert {a.role: a.count for a in held.attendance.all()} == {"resident": 9, "member": 1}
        do(district, "convener", matter, "conclude", decider=district.street_unit.pk)
        assert matter.state == "deciding"
        dissent = matter.dossier.views.get(kind="dissent")
        decision = {
            "result": "adopted",
            "reasons": "装灯。",
            "workdays": 20,
            "lead_unit": district.department.pk,
        }
        unanswered = do(district, "decider", matter, "decide", **decision)
        assert unanswered.status_code == 422
        do(district, "decider", matter, "decide", **decision, **{f"answer_{dissent.pk}": "另划停车位。"})
        assert matter.state == "decided"
        do(district, "office", matter, "publish_decision", public_text="装灯。", workdays=5)
        assert matter.state == "published"
        early = do(district, "office", matter, "hand_over")
        assert early.status_code == 422
        Matter.objects.filter(pk=matter.pk).update(objections_until=timezone.localdate() - timedelta(days=1))
        do(district, "office", matter, "hand_over")
        assert (matter.state, matter.lead_unit) == ("handed_over", district.department)
        do(district, "unit", matter, "accept_task")
        assert matter.state == "acting"
        do(district, "unit", matter, "report_progress", text="已经挖好基坑。")
        do(district, "unit", matter, "ask_extension", workdays=5, reason="连日下雨")
        blocked = do(district, "unit", matter, "finish", text="完成")
        assert blocked.status_code == 422
        do(district, "office", matter, "answer_extension", is_granted="yes", workdays=3, answer="同意三天")
        assert matter.extensions.get().workdays == 3
        do(district, "unit", matter, "finish", text="灯已装好。")
        assert matter.state == "rating"
        do(district, "office", matter, "reopen", reason="灯不亮")
        assert (matter.state, matter.reopen_count) == ("acting", 1)
        do(district, "unit", matter, "finish", text="灯修好了。")
        do(district, "office", matter, "escalate", reason="还是不亮")
        assert matter.state == "escalated"
        do(district, "principal", matter, "redo", reason="限期修好", workdays=5)
        assert matter.state == "acting"

    @pytest.mark.parametrize(
        ("result", "fields", "state"),
        [
            ("adopted", {"workdays": 10}, "acting"),
            ("later", {"promised_on": timezone.localdate() + timedelta(days=90)}, "promised"),
            ("not_possible", {}, "rating"),
        ],
    )
    def test_a_reply_goes_where_its_result_says(self, district, result, fields, state):
        matter = Journey(district).to_assigned().fresh()
        do(district, "unit", matter, "take_on", result=result, reasons="我们研究过了。", **fields)
        assert matter.state == state

    def test_a_reply_lacking_its_figure_is_said_beside_the_field(self, district):
        matter = Journey(district).to_assigned().fresh()
        for result, field in (("adopted", "workdays"), ("later", "promised_on"), ("referred", "referred_to")):
            response = do(district, "unit", matter, "take_on", result=result, reasons="我们研究过了。")
            assert list(response.context["form"].errors) == [field]
        assert matter.state == "assigned"

    def test_promise_is_kept_with_a_deadline(self, district):
        matter = Journey(district).to_assigned().fresh()
        later = timezone.localdate() + timedelta(days=90)
        do(district, "unit", matter, "promise", result="later", reasons="等预算。", promised_on=later)
        do(district, "unit", matter, "take_up_promise", workdays=10, text="预算到了。")
        assert matter.state == "acting"
        assert matter.due_on is not None

    def test_an_objecting_unit_is_answered_by_the_office(self, district):
        matter = Journey(district).to_assigned().fresh()
        do(
            district,
            "unit",
            matter,
            "object_task",
            reason="路灯归城管",
            suggested_unit=district.other_department.pk,
        )
        assert matter.state == "objected"
        do(district, "office", matter, "reassign", unit=district.other_department.pk, reason="归城管")
        assert (matter.state, matter.lead_unit) == ("assigned", district.other_department)

    def test_merge_wants_another_public_matter(self, district):
        public = Journey(district).to_assigned().fresh()
        matter = Journey(district).to_raised().fresh()
        assert do(district, "office", matter, "merge", number="S2020-1").status_code == 422
        assert do(district, "office", matter, "merge", number=matter.number).status_code == 422
        do(district, "office", matter, "merge", number=public.number.lower())
        assert (matter.state, matter.survivor_id) == ("merged", public.pk)

    def test_declining_sends_the_grounds_own_reply(self, district):
        matter = Journey(district).to_raised().fresh()
        do(district, "office", matter, "decline", confirm=False, ground="litigation")
        assert matter.state == "declined"
        assert "诉讼" in matter.dossier.entries.get(event="matter.declined").text

    def test_referring_takes_a_reply(self, district):
        matter = Journey(district).to_raised().fresh()
        assert (
            do(district, "office", matter, "refer", confirm=False, refer_to="12345", reply="").status_code
            == 422
        )
        do(district, "office", matter, "refer", confirm=False, refer_to="12345", reply="已转热线。")
        assert matter.state == "referred"

    def test_objections_and_offers_are_answered_one_by_one(self, district):
        matter = Journey(district).to_published().fresh()
        objection, _issued = publishing.object_to_decision(
            matter,
            actor=raising.passer_by(),
            token=new_token("object"),
            text="灯太亮",
            at=timezone.now() - timedelta(days=100),
        )
        do(district, "office", matter, "answer_objection", objection=objection.pk, answer="会调暗。")
        objection.refresh_from_db()
        assert objection.answer == "会调暗。"
        assert client_of(district, "office").get(address_of(matter, "answer_objection")).context["blocked"]
        do(district, "office", matter, "return_decision", reason="意见有道理")
        assert matter.state == "deciding"

    def test_help_is_answered(self, district):
        matter = Journey(district).to_acting().fresh()
        offer, _issued = acting.offer_help(
            matter, actor=raising.passer_by(), token=new_token("help"), text="我出一台挖机"
        )
        do(district, "unit", matter, "accept_help", offer=offer.pk, answer="谢谢，请来。")
        offer.refresh_from_db()
        assert offer.answer == "谢谢，请来。"

    def test_a_called_meeting_is_cancelled_with_a_reason(self, district):
        journey = Journey(district).to_deliberating()
        meeting = deliberating.call_meeting(
            journey.fresh(), actor=district.actor("convener"), starts_at=timezone.now() + timedelta(days=30),
            place="活动室", agenda="讨论", seen_version=None,
        )  # fmt: skip
        do(district, "convener", journey.fresh(), "cancel_meeting", meeting=meeting.pk, reason="停电")
        meeting.refresh_from_db()
        assert meeting.cancelled_reason == "停电"

    def test_ends_of_periods_are_confirmed_by_the_office(self, district):
        matter = Journey(district).to_rating().fresh()
        do(district, "office", matter, "close_rating")
        assert matter.state == "watched"
        assert do(district, "office", matter, "follow_up").status_code == 422
        Matter.objects.filter(pk=matter.pk).update(due_on=timezone.localdate())
        do(district, "office", matter, "follow_up")
        assert matter.state == "following_up"
        early = do(district, "office", matter, "close")
        assert early.status_code == 422
        Matter.objects.filter(pk=matter.pk).update(due_on=timezone.localdate() - timedelta(days=1))
        do(district, "office", matter, "close")
        assert matter.state == "closed"

    def test_an_escalation_is_explained(self, district):
        matter = Journey(district).to_rating().fresh()
        rating.reopen_matter(matter, actor=district.actor("office"), reason="没好", seen_version=None)
        acting.finish_action(matter, actor=district.actor("unit"), report="好了", seen_version=None)
        rating.reopen_matter(matter, actor=district.actor("office"), reason="没好", seen_version=None)
        do(district, "principal", matter, "explain_escalation", reason="地下管线不允许。")
        assert (matter.state, matter.outcome) == ("watched", "unsolved")


class TestWhatAFormShows:
    """What somebody needs beside the fields to fill them in."""

    def page(self, district: District, who: str, matter: Matter, name: str) -> str:
        """The form's page."""
        return client_of(district, who).get(address_of(matter, name)).content.decode()

    def test_minutes_have_rows_and_more_of_them_without_script(self, district):
        journey = Journey(district).to_deliberating()
        meeting = deliberating.call_meeting(
            journey.fresh(), actor=district.actor("convener"), starts_at=timezone.now() + timedelta(days=30),
            place="活动室", agenda="讨论", seen_version=None,
        )  # fmt: skip
        meeting.starts_at = timezone.now() - timedelta(hours=1)
        meeting.save()
        page = self.page(district, "convener", journey.fresh(), "record_minutes")
        assert 'name="more_rows"' in page
        assert page.count('name="view_text_') == 6

    def test_accepting_shows_suggested_units_and_photos_to_choose(self, district):
        Journey(district).to_assigned()
        matter = Journey(district).to_raised("我们村口早上堵车，想装一个红绿灯，谢谢。").fresh()
        keep_images([CleanImage(b"x", "image/jpeg", 4, 3)], dossier_id=matter.pk, stage="raised")
        page = self.page(district, "office", matter, "accept_suggestion")
        assert "1 件相似的里办过 1 件" in page
        kept = Attachment.objects.get(dossier_id=matter.pk)
        assert f"/files/{kept.token}" in page
        do(district, "office", matter, "accept_suggestion", photos=[kept.token], **accept_fields(district))
        kept.refresh_from_db()
        assert kept.publication == "public"

    def test_declining_shows_each_grounds_reply(self, district):
        matter = Journey(district).to_raised().fresh()
        assert "请马上拨打110" in self.page(district, "office", matter, "decline")

    def test_publishing_shows_the_decision_and_answering_an_extension_its_reason(self, district):
        decided = Journey(district).to_decided().fresh()
        assert district.street_unit.name in self.page(district, "office", decided, "publish_decision")
        matter = Journey(district).to_acting().fresh()
        acting.ask_extension(
            matter, actor=district.actor("unit"), workdays=5, reason="连日下雨", seen_version=None
        )
        assert "连日下雨" in self.page(district, "office", matter, "answer_extension")

    def test_deciding_shows_the_dissent_to_be_answered(self, district):
        matter = Journey(district).to_deciding().fresh()
        assert "商户反对单行" in self.page(district, "decider", matter, "decide")


class TestPageOfAMatter:
    """What one page offers, and why not."""

    def test_reasons_stand_beside_what_cannot_be_done_yet(self, district):
        matter = Journey(district).to_deliberating().fresh()
        page = client_of(district, "convener").get(reverse("work_matter", args=[matter.number]))
        offers = {offer.transition.name: offer.reason for offer in page.context["offers"]}
        assert "纪要" in offers["conclude"]
        assert offers["call_meeting"] is None

    def test_one_button_for_a_reply_and_one_for_the_end_of_publication(self, district):
        assigned = Journey(district).to_assigned().fresh()
        page = client_of(district, "unit").get(reverse("work_matter", args=[assigned.number]))
        assert [o.transition.name for o in page.context["offers"]] == ["take_on", "object_task"]
        later = Journey(district).to_published("later").fresh()
        page = client_of(district, "office").get(reverse("work_matter", args=[later.number]))
        names = {o.transition.name for o in page.context["offers"]}
        assert "keep_promise_open" in names
        assert not names & {"hand_over", "ask_rating"}

    def test_an_earlier_number_leads_to_the_one_that_counts(self, district):
        journey = Journey(district).to_raised()
        earlier = journey.fresh().number
        matter = journey.to_deliberating().fresh()
        response = client_of(district, "office").get(reverse("work_matter", args=[earlier]))
        assert response["Location"] == reverse("work_matter", args=[matter.number])

    def test_every_look_at_a_contact_is_logged(self, district):
        from tongxin.core.contacts import ContactGiven

        made = raising.raise_matter(
            actor=raising.passer_by(), token=new_token("raise"), text="路灯不亮", area=district.community,
            station=district.station, contact=ContactGiven("示例居民", "13800000000", "同意"),
        )  # fmt: skip
        page = reverse("work_matter", args=[made.matter.number])
        client: Client = client_of(district, "liaison")
        assert "13800000000" not in client.get(page).content.decode()
        assert AccessLog.objects.filter(action="contact.read").count() == 0
        shown = client.post(reverse("work_contact", args=[made.matter.number])).content.decode()
        assert "13800000000" in shown
        log = AccessLog.objects.get(action="contact.read")
        assert (log.user, log.dossier_id) == (district.users["liaison"], made.matter.pk)

    def test_a_removed_comment_leaves_its_reason(self, district):
        matter = Journey(district).to_deliberating().fresh()
        comment, _issued = deliberating.add_comment(
            matter, actor=raising.passer_by(), token=new_token("comment"), text="骂人的话", stance="oppose"
        )
        address = reverse("work_remove_comment", args=[matter.number, comment.pk])
        assert client_of(district, "unit").get(address).status_code == 404
        assert client_of(district, "office").post(address, {"reason": ""}).status_code == 422
        named = client_of(district, "office").post(address, {"reason": "写了13800138000这个号码"})
        assert named.status_code == 422
        assert "像是个人信息：13800138000" in named.content.decode()
        assert client_of(district, "office").post(address, {"reason": "辱骂他人"}).status_code == 302
        # What can't be erased says that it was removed, and nothing that somebody typed.
        assert "辱骂" not in LedgerEntry.objects.get(event="comment.removed").body
        comment.refresh_from_db()
        assert comment.removed_reason == "辱骂他人"
        page = (
            client_of(district, "member").get(reverse("work_matter", args=[matter.number])).content.decode()
        )
        assert "辱骂他人" in page
        assert "骂人的话" not in page

    def test_letters_are_printed_for_those_concerned(self, district):
        matter = Journey(district).to_assigned().fresh()
        address = reverse("work_letter", args=[matter.number])
        letter = client_of(district, "unit").get(address).content.decode()
        assert "转办函" in letter
        assert district.department.name in letter
        assert client_of(district, "principal").get(address).status_code == 404
        assert client_of(district, "unit").get(address + "?kind=reply").status_code == 404
        do(district, "unit", matter, "take_on", result="adopted", reasons="月底装好。", workdays=10)
        assert "月底装好。" in client_of(district, "office").get(address + "?kind=reply").content.decode()


@pytest.mark.parametrize(
    ("agenda", "fault"),
    [
        ("｜街道｜20", "请写议程，一行一项。"),
        ("谈一谈\n" * 31, "议程最多 30 项。"),
        (f"开场\n{'长' * 121}｜街道", "每一项最多 120 个字"),
        (f"开场\n现状｜{'长' * 61}｜20", "由谁介绍最多写 60 个字"),
    ],
)
def test_an_agenda_that_would_be_cut_off_is_refused_and_kept(
    district: District, agenda: str, fault: str
) -> None:
    matter = Journey(district).to_deliberating().fresh()
    before = matter.version
    starts_at = timezone.localtime() + timedelta(days=40)
    response = do(
        district, "convener", matter, "call_meeting",
        starts_at=starts_at.strftime("%Y-%m-%dT%H:%M"), place="社区活动室", agenda=agenda, capacity=30,
    )  # fmt: skip
    assert response.status_code == 422
    page = response.content.decode()
    assert fault in page
    assert agenda.splitlines()[-1] in page
    assert matter.version == before
