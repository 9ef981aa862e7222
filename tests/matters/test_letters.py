"""Letters about a matter as Word and PDF."""

from io import BytesIO

import pytest
from docx import Document
from pypdf import PdfReader

from tests.testing.clients import client_of
from tests.testing.district import District, Journey, build_district

pytestmark = pytest.mark.django_db


@pytest.fixture
def district() -> District:
    return build_district()


def lines_of(content: bytes) -> list[str]:
    return [paragraph.text for paragraph in Document(BytesIO(content)).paragraphs]


def test_the_hand_over_letter_goes_to_the_unit_under_the_offices_head(district: District) -> None:
    matter = Journey(district).to_assigned().fresh()
    letter = client_of(district, "unit").get(f"/work/matters/{matter.number}/letter.docx")
    lines = lines_of(letter.content)
    assert lines[0].endswith("委员会办公室")
    assert "关于办理“村口装红绿灯”的转办函" in lines
    assert "示例交通局：" in lines
    assert any("请示例交通局主办，于" in line and "前答复。" in line for line in lines)


def test_the_reply_comes_from_the_deciding_unit(district: District) -> None:
    matter = Journey(district).to_published().fresh()
    reply = client_of(district, "office").get(f"/work/matters/{matter.number}/letter.pdf?kind=reply")
    words = "".join(page.extract_text() for page in PdfReader(BytesIO(reply.content)).pages)
    assert "装灯，暂不单行。" in words
    assert words.count("示例街道") >= 2


def test_nobody_else_gets_a_letter_and_there_is_no_other_format(district: District) -> None:
    matter = Journey(district).to_assigned().fresh()
    address = f"/work/matters/{matter.number}/letter"
    assert client_of(district, "other_unit").get(address + ".docx").status_code == 404
    assert client_of(district, "unit").get(address + ".exe").status_code == 404
    assert client_of(district, "unit").get(address + ".pdf?kind=reply").status_code == 404
