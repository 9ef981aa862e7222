"""The office's calendar list as a workbook: the same check before anything is changed as for a pasted one."""

import io
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from tests.testing.clients import client_of
from tongxin.accounts.calendar_list import read_days, text_of_file
from tongxin.core.models import CalendarDay
from tongxin.core.tables import Unreadable

pytestmark = pytest.mark.django_db
CHECK, APPLY = "/work/calendar-days/check/", "/work/calendar-days/apply/"
ROWS = [
    ("日期", "这一天", "说明"),
    (date(2031, 2, 3), "休", "春节"),
    ("2031-02-04至2031-02-06", "休", "春节"),
    ("2031年2月8日", "班", "调休 补班"),
]


def workbook(rows, sheets: int = 1) -> bytes:
    book = Workbook()
    for number in range(sheets):
        sheet = book.active if number == 0 else book.create_sheet()
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def upload(client, name: str, data: bytes):
    return client.post(CHECK, {"file": SimpleUploadedFile(name, data)})


def test_a_workbook_is_checked_first_and_then_changes_the_calendar(district):
    client = client_of(district, "office")
    page = upload(client, "2031.xlsx", workbook(ROWS))
    assert page.status_code == 200
    assert not CalendarDay.objects.filter(day__year=2031).exists()
    client.post(APPLY, {"signed": page.context["signed"]})
    days = {row.day: (row.is_workday, row.note) for row in CalendarDay.objects.filter(day__year=2031)}
    assert days == {
        **{date(2031, 2, n): (False, "春节") for n in (3, 4, 5, 6)},
        date(2031, 2, 8): (True, "调休 补班"),
    }


def test_a_fault_names_the_row_that_the_spreadsheet_shows(district):
    rows = [("放假安排",), (), ROWS[0], ROWS[1], ("2031-02-30", "休", "")]
    page = upload(client_of(district, "office"), "x.xlsx", workbook(rows))
    assert page.status_code == 422
    assert [fault.line for fault in page.context["faults"]] == [1, 5]
    assert not CalendarDay.objects.filter(day__year=2031).exists()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.xlsx", b"no workbook at all", "内容却不是"),
        ("a.xls", b"\xd0\xcf\x11\xe0" + b"x" * 200, "旧版 Excel"),
        ("a.xlsx", workbook([("=DATE(2031,2,3)", "休", "")]), "是公式"),
        ("a.xlsx", workbook(ROWS, sheets=2), "只留一张"),
        ("a.csv", b"\xff" * 50, "文字编码"),
    ],
)
def test_a_file_that_can_not_be_read_says_why(district, name, data, words):
    page = upload(client_of(district, "office"), name, data)
    assert page.status_code == 422
    assert words in page.content.decode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_in_any_usual_encoding(encoding):
    text = text_of_file("a.csv", "日期,这一天,说明\r\n2031-02-03,休,春节\r\n".encode(encoding))
    found = read_days(text)
    assert not found.faults
    assert list(found.days) == [date(2031, 2, 3)]


def test_a_workbook_with_nothing_in_it_is_refused():
    with pytest.raises(Unreadable):
        text_of_file("a.xlsx", workbook([]))
