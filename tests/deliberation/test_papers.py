"""A meeting's papers: what they say, to whom, and what they never say."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone
from docx import Document
from pypdf import PdfReader

from tests.testing.clients import client_of
from tests.testing.district import District, Journey, build_district
from tongxin.core.receipts import new_token
from tongxin.deliberation.models import Meeting, SignUp
from tongxin.matters.actions import deliberating, raising

pytestmark = pytest.mark.django_db


@pytest.fixture
def district() -> District:
    return build_district()


def words_of_pdf(content: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).replace("\n", "")


def words_of_word(content: bytes) -> str:
    document = Document(BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def meeting_with_seats(district: District) -> Meeting:
    journey = Journey(district, at=timezone.now()).to_deliberating()
    meeting = deliberating.call_meeting(
        journey.fresh(),
        actor=district.actor("convener"),
        starts_at=timezone.now() + timedelta(days=20),
        place="社区活动室",
        agenda="通报情况",
        seen_version=None,
    )
    for actor in (raising.passer_by(), district.actor("member")):
        deliberating.sign_up(meeting, matter=journey.fresh(), actor=actor, token=new_token("sign_up"))
    for number, seat in enumerate(SignUp.objects.filter(meeting=meeting).order_by("pk"), 7):
        SignUp.objects.filter(pk=seat.pk).update(seat_number=number)
    return meeting


class TestAttendanceSheet:
    def test_residents_stand_by_seat_and_members_by_name(self, district: District) -> None:
        meeting = meeting_with_seats(district)
        sheet = client_of(district, "convener").get(f"/work/meetings/{meeting.pk}/attendance.docx")
        rows = [
            [cell.text for cell in row.cells] for row in Document(BytesIO(sheet.content)).tables[0].rows[1:]
        ]
        assert rows[0] == ["7", "居民", "", "", ""]
        assert rows[1][:2] == ["8", "委员"]
        assert rows[1][2] == district.actor("member").label

    def test_it_comes_as_pdf_too(self, district: District) -> None:
        meeting = meeting_with_seats(district)
        sheet = client_of(district, "office").get(f"/work/meetings/{meeting.pk}/attendance.pdf")
        assert sheet["Content-Type"] == "application/pdf"
        assert "社区活动室" in words_of_pdf(sheet.content)

    def test_no_other_format_and_no_other_reader(self, district: District) -> None:
        meeting = meeting_with_seats(district)
        assert (
            client_of(district, "office").get(f"/work/meetings/{meeting.pk}/attendance.exe").status_code
            == 404
        )
        assert (
            client_of(district, "decider").get(f"/work/meetings/{meeting.pk}/attendance.pdf").status_code
            == 404
        )


class TestMinutes:
    def test_everybody_reads_the_minutes_once_they_are_recorded(self, client, district: District) -> None:
        meeting = Journey(district).to_deciding().fresh().dossier.meetings.get()
        for extension, read in (("pdf", words_of_pdf), ("docx", words_of_word)):
            words = read(client.get(f"/meetings/{meeting.pk}/minutes.{extension}").content)
            for said in (
                "大家同意装信号灯；商户担心停车。",
                "商户反对单行",
                "居民12人",
                "委员2人（测试委员甲）",
                "不同意见",
            ):
                assert said in words

    def test_a_draft_is_marked_and_stays_inside(self, client, district: District) -> None:
        meeting = meeting_with_seats(district)
        Meeting.objects.filter(pk=meeting.pk).update(minutes_draft="还在写的话")
        assert client.get(f"/meetings/{meeting.pk}/minutes.pdf").status_code == 404
        draft = client_of(district, "convener").get(f"/work/meetings/{meeting.pk}/minutes.docx")
        assert "还在写的话" in words_of_word(draft.content)
        assert "草稿" in words_of_word(draft.content)

    def test_the_paper_is_in_chinese_for_readers_of_english_too(self, client, district: District) -> None:
        meeting = Journey(district).to_deciding().fresh().dossier.meetings.get()
        client.post("/set-language/", {"language": "en"})
        paper = client.get(f"/meetings/{meeting.pk}/minutes.docx", headers={"accept-language": "en"})
        assert "协商会纪要" in words_of_word(paper.content)
