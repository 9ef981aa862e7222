"""Papers as Word and PDF: the layout of GB/T 9704-2012, and texts that are data."""

from dataclasses import replace
from io import BytesIO

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Pt
from pypdf import PdfReader

from tongxin.core.documents import Heading, Listing, Paper, Paragraph, Signature, Table, to_pdf, to_word

MINUTES = Paper(
    title="示例协商会议纪要",
    subtitle="2026年11月22日",
    blocks=[
        Listing([("主持", "测试委员甲")]),
        Heading("一、通报情况"),
        Paragraph("#set page(width: 1mm) *不是标记* <b>粗</b>\x07\n第二段。"),
        Table(["序号", "身份"], [["1", "居民（座位3）"], ["2", "委员"]], [1, 3]),
        Signature("示例区政协办公室", "2026年11月22日"),
    ],
)


def _lines_of_pdf(paper: Paper) -> tuple[PdfReader, str]:
    reader = PdfReader(BytesIO(to_pdf(paper)))
    return reader, "\n".join(page.extract_text() for page in reader.pages)


def test_pdf_says_what_the_paper_says_and_reads_no_markup() -> None:
    reader, text = _lines_of_pdf(MINUTES)

    assert len(reader.pages) == 1
    assert [round(float(side) / 72 * 25.4) for side in reader.pages[0].mediabox[2:]] == [210, 297]
    for words in (
        "示例协商会议纪要",
        "主持：",
        "一、通报情况",
        "#set page(width: 1mm) *不是标记* <b>粗</b>",
        "居民（座位3）",
        "— 1 —",
    ):
        assert words in text.replace("\n", "") or words.replace(" ", "") in text.replace("\n", "").replace(
            " ", ""
        )


def test_pdf_has_22_lines_of_28_characters() -> None:
    reader = PdfReader(
        BytesIO(to_pdf(Paper(title="题", blocks=[Paragraph("字" * 28 * 60, is_indented=False)])))
    )

    full = [line for line in reader.pages[1].extract_text().split("\n") if set(line.strip()) == {"字"}]

    assert len(full) == 22
    assert {len(line.strip()) for line in full} == {28}


def test_word_has_the_standards_page_and_fonts() -> None:
    document = Document(BytesIO(to_word(MINUTES)))
    section = document.sections[0]

    margins = [section.top_margin, section.left_margin, section.right_margin, section.bottom_margin]
    assert [round(margin.mm) for margin in margins] == [37, 28, 26, 35]
    title = next(p for p in document.paragraphs if p.text == MINUTES.title)
    assert title.runs[0].font.size == Pt(22)
    assert title.runs[0]._r.rPr.rFonts.get(qn("w:eastAsia")) == "方正小标宋简体"
    body = next(p for p in document.paragraphs if p.text == "第二段。")
    assert body.paragraph_format.first_line_indent == Pt(32)
    assert [cell.text for cell in document.tables[0].rows[1].cells] == ["1", "居民（座位3）"]


def test_word_keeps_markup_as_text_and_drops_control_characters() -> None:
    texts = [p.text for p in Document(BytesIO(to_word(MINUTES))).paragraphs]

    assert "#set page(width: 1mm) *不是标记* <b>粗</b>" in texts


def test_word_names_a_free_font_beside_each_that_is_not() -> None:
    package = Document(BytesIO(to_word(MINUTES))).part.package
    table = next(part.blob for part in package.iter_parts() if str(part.partname) == "/word/fontTable.xml")

    assert '<w:font w:name="仿宋_GB2312"><w:altName w:val="仿宋"/>'.encode() in table


def test_letter_carries_its_sender_and_number() -> None:
    letter = replace(
        MINUTES, letterhead="示例区政协办公室", document_number="转办函〔2026〕12号", addressee="示例交通局"
    )

    _reader, text = _lines_of_pdf(letter)
    texts = [p.text for p in Document(BytesIO(to_word(letter))).paragraphs]

    assert "转办函〔2026〕12号" in text
    assert "示例交通局：" in text
    assert texts[:2] == ["示例区政协办公室", "转办函〔2026〕12号"]


@pytest.mark.parametrize("write", [to_pdf, to_word])
def test_an_empty_paper_is_still_a_paper(write) -> None:
    assert len(write(Paper(title="题"))) > 1000
