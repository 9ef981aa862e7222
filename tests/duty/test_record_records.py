"""The yearly record and its papers, the office's list, scores on the page, query counts."""

from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from docx import Document
from pypdf import PdfReader

from tests.testing.clients import client_of
from tests.testing.diaries import SECRET, duty, own, second_member
from tests.testing.district import District, Journey
from tongxin.directory.models import Member
from tongxin.duty.actions.record import contests as acts
from tongxin.duty.models import DiaryEntry


@pytest.fixture
def other(district: District) -> Member:
    """A second member with an account."""
    return second_member(district)


class TestRecords:
    def year(self, district: District) -> int:
        for number in range(1, 4):
            duty(district, number)
        own(district, "internal")
        own(district, "members", words="写给委员看的话")
        contest = acts.contest_entry(
            DiaryEntry.objects.get(source_key="shift:2").pk, actor=district.actor("member"), reason="时间不对"
        )
        acts.refuse_contest(contest.pk, actor=district.actor("office"), answer="核实无误")
        return DiaryEntry.objects.get(source_key="shift:1").record.year

    def test_word_and_pdf_say_what_happened_and_keep_what_is_private(self, district: District) -> None:
        year = self.year(district)
        address = reverse("record", args=["M1", year])
        for who in ("member", "office"):
            client = client_of(district, who)
            page = client.get(address).content.decode()
            assert SECRET in page
            assert "积分" not in page.replace("也没有积分", "")
            word = client.get(f"{address}record.docx")
            assert word.status_code == 200
            document = Document(BytesIO(word.content))
            cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
            text = "\n".join([*(one.text for one in document.paragraphs), *cells])
            pdf = PdfReader(BytesIO(client.get(f"{address}record.pdf").content))
            for found in (text, "".join(one.extract_text() for one in pdf.pages).replace("\n", "")):
                assert "年度委员履职档案" in found
                assert "写给委员看的话" in found
                assert SECRET not in found
                assert "核实无误" in found
                assert "3笔" in found
        assert client_of(district, "member").get(f"{address}record.exe").status_code == 404

    def test_addresses_of_no_record_do_not_exist(self, district: District) -> None:
        client = client_of(district, "office")
        for code, year in (("M1", 1999), ("M1", 2099), ("M9", 2026), ("M1", 99999)):
            assert client.get(f"/work/records/{code}/{year}/").status_code == 404
        assert client.get("/members/M9/").status_code == 404

    def test_the_offices_list_is_by_number_and_found_by_name(self, district: District, other: Member) -> None:
        duty(district)
        client = client_of(district, "office")
        page = client.get(reverse("records"))
        assert [member.code for member in page.context["members"]] == ["M1", "M2"]
        assert [m.code for m in client.get(reverse("records"), {"q": "乙"}).context["members"]] == ["M2"]
        assert [m.code for m in client.get(reverse("records"), {"after": "M1"}).context["members"]] == ["M2"]
        assert "order" not in page.content.decode()

    def test_scores_are_shown_only_when_switched_on_and_only_to_two(
        self, district: District, settings
    ) -> None:
        year = self.year(district)
        address = reverse("record", args=["M1", year])
        client = client_of(district, "member")
        assert client.get(address).context["score"] is None
        rule = {"kind": "duty", "points": 2, "cap_per_year": 5}
        settings.TONGXIN = {**settings.TONGXIN, "duty_scores": [rule]}
        page = client.get(address)
        assert page.context["score"].points == 5  # three shifts, capped
        assert "一年最多 5 分" in page.content.decode()
        for shown in (
            client.get(reverse("diary")),
            client_of(district, "office").get(reverse("records")),
            Client().get(reverse("member", args=["M1"])),
        ):
            assert "积分" not in shown.content.decode()

    def test_queries_do_not_grow(self, district: District, django_assert_max_num_queries) -> None:
        matter = Journey(district).to_deliberating().matter
        for number in range(40):
            duty(district, number, source_id=matter.pk if number % 2 else None)
        for number in range(25):
            Member.objects.create(code=f"N{number:03}", name="某", sector=district.member.sector)
        year = timezone.localdate().year
        member, office = client_of(district, "member"), client_of(district, "office")
        pages = [
            (member, reverse("diary"), 20),
            (member, reverse("diary_entry", args=[DiaryEntry.objects.first().pk]), 20),
            (office, reverse("records"), 12),
            (office, reverse("record", args=["M1", DiaryEntry.objects.first().record.year]), 20),
            (office, reverse("contests"), 10),
            (Client(), reverse("member", args=["M1"]), 12),
        ]
        assert year
        for client, address, most in pages:
            with django_assert_max_num_queries(most):
                assert client.get(address).status_code == 200

    def test_a_long_diary_is_read_page_by_page(self, district: District) -> None:
        for number in range(70):
            duty(district, number)
        client, seen, query = client_of(district, "member"), [], {}
        for _page in range(3):
            page = client.get(reverse("diary"), query)
            seen += [row.entry.pk for row in page.context["rows"]]
            query = {"after": page.context["next_cursor"]}
        assert len(seen) == len(set(seen)) == 70
        assert page.context["next_cursor"] == ""
        assert client.get(reverse("diary"), {"after": "9" * 17 + "-1"}).status_code == 200
