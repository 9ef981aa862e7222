"""Papers as Word files, with python-docx."""

from io import BytesIO
from typing import TYPE_CHECKING, Any

from tongxin.core.documents.paper import Paper

if TYPE_CHECKING:
    from docx.document import Document

SONG, FANG, HEI, KAI = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312"
FALLBACK = {SONG: "宋体", FANG: "仿宋", KAI: "楷体", HEI: "SimHei"}
"""What a machine without the standard's fonts shows: named in the file's font table, as Word looks there."""
SIZE_2, SIZE_3, SIZE_4 = 22, 16, 14  # points: 二号, 三号, 四号
RED = "C00000"
PITCH = 580  # twentieths of a point: 225 mm in 22 lines
INDENT = 2 * SIZE_3


def to_word(paper: Paper) -> bytes:
    """The paper as a .docx file."""
    from docx import Document
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN

    data = paper.as_data()
    document = Document()
    _page(document)
    _fonts(document)
    properties = document.core_properties
    properties.title, properties.author, properties.language = data["title"], data["author"], data["language"]
    if data["letterhead"]:
        head = _line(
            document, data["letterhead"], font=SONG, size=30, is_bold=True, align=ALIGN.CENTER, colour=RED
        )
        _rule_below(head)
    if data["document_number"]:
        _line(document, data["document_number"], align=ALIGN.RIGHT)
    _line(document, data["title"], font=SONG, size=SIZE_2, align=ALIGN.CENTER)
    if data["subtitle"]:
        _line(document, data["subtitle"], font=KAI, align=ALIGN.CENTER)
    _line(document, "")
    if data["addressee"]:
        _line(document, data["addressee"] + "：")
    for block in data["blocks"]:
        _BLOCKS[block["kind"]](document, block)
    if data["footer"]:
        _line(document, data["footer"], size=9, align=ALIGN.CENTER)
    written = BytesIO()
    document.save(written)
    return written.getvalue()


def _page(document: "Document") -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Mm

    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(22)
    grid = OxmlElement("w:docGrid")
    grid.set(qn("w:type"), "linesAndChars")
    grid.set(qn("w:linePitch"), str(PITCH))
    # 28 characters in 156 mm: a little closer than the type's own width. In 1/4096 of a point.
    grid.set(qn("w:charSpace"), str(round((156 / 25.4 * 72 / 28 - SIZE_3) * 4096)))
    for old in section._sectPr.findall(qn("w:docGrid")):
        section._sectPr.remove(old)
    section._sectPr.append(grid)
    document.settings.odd_and_even_pages_header_footer = True
    for footer, is_right in ((section.footer, True), (section.even_page_footer, False)):
        _page_number(footer, is_right)


def _page_number(footer: Any, is_right: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Pt

    footer.is_linked_to_previous = False
    paragraph = footer.paragraphs[0]
    paragraph.alignment = ALIGN.RIGHT if is_right else ALIGN.LEFT
    if is_right:
        paragraph.paragraph_format.right_indent = Pt(SIZE_4)
    else:
        paragraph.paragraph_format.left_indent = Pt(SIZE_4)
    for kind, text in ((None, "— "), ("begin", ""), ("instr", "PAGE"), ("end", ""), (None, " —")):
        run = paragraph.add_run(text if kind is None else "")
        run.font.size = Pt(SIZE_4)
        _set_font(run, "宋体")
        if kind == "instr":
            instruction = OxmlElement("w:instrText")
            instruction.text = text
            run._r.append(instruction)
        elif kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)


def _fonts(document: "Document") -> None:
    """Body style, and a free name beside each font that isn't."""
    from docx.oxml.ns import qn
    from docx.shared import Pt

    style = document.styles["Normal"]
    style.font.size = Pt(SIZE_3)
    style.font.name = FANG
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FANG)
    style.paragraph_format.space_after = Pt(0)
    style.paragraph_format.line_spacing = Pt(PITCH / 20)
    table = next(
        (part for part in document.part.package.iter_parts() if str(part.partname) == "/word/fontTable.xml"),
        None,
    )
    if table is None:
        return
    entries = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/></w:font>' for name, other in FALLBACK.items()
    )
    table._blob = table.blob.replace(b"</w:fonts>", entries.encode() + b"</w:fonts>")


def _set_font(run: Any, name: str) -> None:
    from docx.oxml.ns import qn

    run.font.name = name
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), name)


def _line(
    document: Any,
    text: str,
    *,
    font: str = FANG,
    size: int = SIZE_3,
    is_bold: bool = False,
    is_indented: bool = False,
    align: Any = None,
    colour: str = "",
) -> Any:
    from docx.shared import Pt, RGBColor

    paragraph = document.add_paragraph()
    paragraph.alignment = align
    if size > SIZE_3:
        paragraph.paragraph_format.line_spacing = Pt(size * 1.5)
    if is_indented:
        paragraph.paragraph_format.first_line_indent = Pt(INDENT)
    run = paragraph.add_run(text)
    run.font.size, run.font.bold = Pt(size), is_bold or None
    if colour:
        run.font.color.rgb = RGBColor.from_string(colour)
    _set_font(run, font)
    return paragraph


def _rule_below(paragraph: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    borders, line = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "thickThinSmallGap"), ("sz", "24"), ("space", "4"), ("color", RED)):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    paragraph._p.get_or_add_pPr().append(borders)


def _heading(document: Any, block: dict[str, Any]) -> None:
    font = {1: HEI, 2: KAI}.get(block["level"], FANG)
    _line(document, block["text"], font=font, is_bold=block["level"] == 3, is_indented=True)


def _paragraph(document: Any, block: dict[str, Any]) -> None:
    for each in filter(str.strip, block["text"].split("\n")):
        _line(document, each, is_indented=block["is_indented"])


def _listing(document: Any, block: dict[str, Any]) -> None:
    for label, value in block["rows"]:
        paragraph = _line(document, f"{label}：", font=HEI, is_indented=True)
        _set_font(paragraph.add_run(value), FANG)


def _table(document: Any, block: dict[str, Any]) -> None:
    from docx.shared import Mm, Pt

    columns = len(block["head"])
    widths = block["widths"] if len(block["widths"]) == columns else [1] * columns
    table = document.add_table(rows=1, cols=columns)
    table.style = "Table Grid"
    table.autofit = False
    for index, row in enumerate([block["head"], *block["rows"]]):
        cells = table.rows[0].cells if index == 0 else table.add_row().cells
        for cell, text, width in zip(cells, row, widths, strict=True):
            cell.width = Mm(156 * width / sum(widths))
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.line_spacing = 1.2
            run = paragraph.add_run(text)
            run.font.size, run.font.bold = Pt(12), index == 0 or None
            _set_font(run, HEI if index == 0 else FANG)
    repeated = table.rows[0]._tr.get_or_add_trPr()
    from docx.oxml import OxmlElement

    repeated.append(OxmlElement("w:tblHeader"))


def _signature(document: Any, block: dict[str, Any]) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
    from docx.shared import Pt

    _line(document, "")
    for text in filter(None, (block["name"], block["date"])):
        paragraph = _line(document, text, align=ALIGN.RIGHT)
        paragraph.paragraph_format.right_indent = Pt(4 * SIZE_3)


_BLOCKS = {
    "heading": _heading,
    "paragraph": _paragraph,
    "listing": _listing,
    "table": _table,
    "signature": _signature,
}
