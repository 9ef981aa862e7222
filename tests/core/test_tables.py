"""Files of every sort become rows of text, or a reason for the reader."""

import datetime
import io
import zipfile

import pytest
from openpyxl import Workbook

from tongxin.core import tables
from tongxin.core.tables import Unreadable, read_sheets
from tongxin.directory.importing.kinds import AREAS, MEMBERS, SHIFTS, UNITS
from tongxin.directory.importing.planning import read_table

CSV = "代码,名称,类别\nG01,区教育局,政府部门\n"


def excel(rows, change=None) -> bytes:
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    if change:
        change(book, sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        CSV.encode(),
        CSV.encode("utf-8-sig"),
        CSV.encode("gb18030"),
        CSV.encode("utf-16"),
        CSV.replace(",", "\t").encode(),
        CSV.replace(",", ";").encode(),
        CSV.replace("\n", "\r\n").encode(),
        ("单位一览表,,\n\n" + CSV).encode(),
    ],
    ids=["utf-8", "bom", "gb18030", "utf-16", "tab", "semicolon", "crlf", "title above"],
)
def test_csv_in_any_usual_writing(data):
    table = read_table(UNITS, "units.csv", data)
    assert table.columns == ["code", "name", "kind"]
    assert [cells for _number, cells in table.rows] == [["G01", "区教育局", "政府部门"]]


def test_headings_in_english_with_marks_and_unknown_columns():
    table = read_table(UNITS, "u.csv", b"Name,Code*,In Use (yes or no),Remarks,kind\nA,G1,yes,x,party\n")
    assert table.columns == ["name", "code", "is_active", "kind"]
    assert table.ignored == ["Remarks"]


def test_excel_dates_times_and_numbers():
    rows = [
        ["工作站代码", "委员证号", "方式", "日期", "开始", "结束"],
        [
            "W1",
            12,
            "线上",
            datetime.date(2026, 11, 23),
            datetime.time(9, 0),
            datetime.timedelta(hours=11, minutes=30),
        ],
    ]
    table = read_table(SHIFTS, "duty.xlsx", excel(rows))
    assert table.rows == [(2, ["W1", "12", "线上", "2026-11-23", "09:00", "11:30"])]


def test_long_codes_stay_whole():
    table = read_table(AREAS, "a.xlsx", excel([["代码", "名称", "层级"], [430103002001, "甲", "社区"]]))
    assert table.rows[0][1][0] == "430103002001"


def test_row_numbers_are_the_readers():
    table = read_table(UNITS, "u.xlsx", excel([["一览"], [], ["代码", "名称"], [], ["G1", "甲"]]))
    assert [number for number, _cells in table.rows] == [5]


def nested_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * (tables.MAX_UNPACKED + 1))
    return out.getvalue()


def archive(name: str, content: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr(name, content)
    return out.getvalue()


def far_cell(_book, sheet):
    sheet["XFD1048576"] = "x"


def wide_cell(_book, sheet):
    sheet["ZZ3"] = "x"


HEAD = ["代码", "名称", "类别"]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.csv", b"", "空"),
        ("a.csv", b"\n \n", "空"),
        ("a.csv", b"\x00" * 50, "空"),
        ("a.csv", b"ab\x00cd,\n", "不是表格"),
        ("a.csv", b"%PDF-1.7 ...", "不是表格"),
        ("a.csv", b"<html><body>", "不是表格"),
        ("a.xlsx", b"not a workbook", "另存为"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "旧版"),
        ("a.xlsx", b"PK\x03\x04" + b"garbage" * 30, "打不开"),
        ("a.xlsx", archive("word/document.xml", "<w/>"), "不是 Excel"),
        ("a.xlsx", archive("xl/workbook.xml", "<broken"), "打不开"),
        ("a.xlsx", nested_bomb(), "太大"),
        ("a.csv", b"x" * (tables.MAX_BYTES + 1), "MB"),
        ("a.csv", "\ud7ff".encode() + b"\xff\xff\x81", "编码"),
        ("a.csv", "别的,表头\n1,2\n".encode(), "表头"),
        ("a.csv", "代码,名称\n".encode(), "只有表头"),
        ("a.csv", "代码,名称,代码\nG1,甲,G1\n".encode(), "两次"),
        ("a.csv", ("代码,名称\n" + "G1,甲\n" * 20_020).encode(), "20000"),
        ("a.csv", ("代码,名称\nG1" + ",x" * 70).encode(), "列"),
        ("a.csv", '代码,名称\nG1,"'.encode() + b"x" * 140_000, "引号"),
        ("a.xlsx", excel([HEAD, ["G1", "=A1&B1", "x"]]), "B2"),
        ("a.xlsx", excel([HEAD, ["G1", "甲", "x"]], far_cell), "20000"),
        ("a.xlsx", excel([HEAD, ["G1", "甲", "x"]], wide_cell), "列"),
        ("a.xlsx", excel([]), "工作表"),
        (
            "a.xlsx",
            excel([HEAD, ["G1", "甲", "x"], ["G2", "乙", "x"]], lambda _b, s: s.merge_cells("C2:C3")),
            "C2:C3",
        ),
        ("a.xlsx", excel([HEAD, ["G1", "甲", "x"]], lambda b, _s: b.create_sheet("二").append(HEAD)), "2"),
    ],
)
def test_wrong_files_say_why(name, data, reason):
    with pytest.raises(Unreadable) as refused:
        read_table(UNITS, name, data)
    assert reason in refused.value.reason


def test_merged_title_and_sheet_of_notes_are_no_obstacle():
    def change(book, sheet):
        sheet.merge_cells("A1:C1")
        book.create_sheet("说明").append(["怎么填"])

    table = read_table(UNITS, "u.xlsx", excel([["一览", None, None], HEAD, ["G1", "甲", "党委部门"]], change))
    assert table.rows == [(3, ["G1", "甲", "党委部门"])]


def test_hidden_sheets_are_left_out():
    def change(book, _sheet):
        book.create_sheet("二").append(HEAD)
        book["二"].sheet_state = "hidden"

    assert read_table(UNITS, "u.xlsx", excel([HEAD, ["G1", "甲", "党委部门"]], change)).rows


def test_what_a_database_refuses_never_gets_through():
    sheet = read_sheets("a.csv", "a,\ufeff\u200bb,😀,\u202e\n".encode())[0]
    assert sheet.rows == [(1, ["a", "\ufeff\u200bb", "😀", "\u202e"])]
    assert tables.safe_text("a\0b\ud800") == "a\ufffdb\ufffd"


def test_names_of_columns_are_unique_within_a_table():
    for kind in (AREAS, UNITS, MEMBERS, SHIFTS):
        headings = [heading for column in kind.columns for heading in set(column.headings())]
        assert len(headings) == len(set(headings)), kind.code
