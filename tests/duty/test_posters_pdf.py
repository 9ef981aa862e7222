"""Posters of stations as PDF: one page each, everything on it, in both languages."""

from datetime import date, datetime, timedelta
from io import BytesIO

import pytest
from django.utils import timezone, translation
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from tests.testing.scanning import scan
from tongxin.directory.models import Area, DutyShift, Member, Workstation
from tongxin.duty import posters

TODAY = date(2026, 11, 12)
A4, A3 = (210, 297), (297, 420)


def station(name: str = "示例甲社区工作室", **more: str) -> Workstation:
    street = Area(pk=1, code="T1", name="示例街道", level=Area.Level.STREET)
    area = Area(pk=2, code="T101", name="示例甲社区", level=Area.Level.COMMUNITY, parent=street)
    facts = {"address": "幸福路8号", "opening": "工作日 9:00–17:00", "phone": "0731-55500001"}
    return Workstation(pk=7, code="TW1", name=name, area=area, **{**facts, **more})


def shift(day: int, who: str = "测试甲", *, mode: str = "offline", hour: int = 9, pk: int = 0) -> DutyShift:
    begin = timezone.make_aware(datetime(2026, 11, day, hour))
    return DutyShift(
        pk=pk or day,
        station_id=7,
        member=Member(name=who),
        mode=mode,
        starts_at=begin,
        ends_at=begin + timedelta(hours=2),
    )


def sheet(shifts=(), *, language="zh", one=None) -> posters.Sheet:
    return posters.sheet_of(
        one or station(),
        shifts,
        address="https://a.example/raise/?station=TW1",
        language=language,
        today=TODAY,
    )


def read(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf))


def millimetres(page) -> tuple[int, int]:
    box = page.mediabox
    return round(float(box.width) / 72 * 25.4), round(float(box.height) / 72 * 25.4)


def words_of(page) -> str:
    return "".join(page.extract_text().split())


@pytest.mark.parametrize(("size", "paper"), [("a4", A4), ("a3", A3)])
@pytest.mark.parametrize("language", ["zh", "en", "both"])
def test_each_station_is_one_page_of_the_paper_asked_for(size, paper, language):
    sheets = [sheet([shift(10), shift(20, "测试乙")], language=language), sheet(language=language)]
    pages = read(posters.draw(sheets, size=size)).pages
    assert [millimetres(page) for page in pages] == [paper, paper]
    assert "示例甲社区工作室" in words_of(pages[0])
    assert "0731-55500001" in words_of(pages[0])
    assert "测试乙" in words_of(pages[0])
    assert "2026-11-12" in words_of(pages[0])
    assert "https://a.example/raise/?station=TW1" in words_of(pages[0])


def test_the_code_is_read_as_the_station_s_address(tmp_path):
    assert scan(sheet().qr, tmp_path) == "https://a.example/raise/?station=TW1"


def test_few_shifts_are_told_by_day_with_the_name():
    lines = posters.duty_lines([shift(20, "测试乙"), shift(10, "测试甲")])
    assert lines == ["来站里见面 9:00–11:00：10日 测试甲；20日 测试乙"]


def test_many_shifts_are_told_as_days_and_the_people_who_take_turns():
    shifts = [shift(day, "测试甲" if day % 2 else "测试乙") for day in (2, 3, 4, 9, 10, 16)]
    assert posters.duty_lines(shifts) == ["来站里见面 9:00–11:00：2–4日、9日、10日、16日 测试乙、测试甲"]


def test_two_on_one_day_stand_together_and_ways_and_times_apart():
    shifts = [shift(10, "测试甲"), shift(10, "测试乙", pk=12), shift(11, "测试甲", mode="online", hour=14)]
    assert posters.duty_lines(shifts) == [
        "来站里见面 9:00–11:00：10日 测试甲、测试乙",
        "网上答复 14:00–16:00：11日 测试甲",
    ]


def test_no_roster_yet_is_said():
    assert posters.duty_lines([]) == ["值班表还没排出来，请扫码看最新的。"]


def test_more_ways_than_room_are_cut_with_a_word():
    shifts = [shift(10, hour=hour, pk=hour) for hour in range(8, 18)]
    lines = posters.duty_lines(shifts)
    assert len(lines) == posters.MOST_LINES
    assert lines[-1] == "其余的请扫码看。"


@pytest.mark.parametrize(
    ("today", "month"),
    [
        (date(2026, 11, 1), date(2026, 11, 1)),
        (date(2026, 11, 24), date(2026, 11, 1)),
        (date(2026, 11, 25), date(2026, 12, 1)),
        (date(2026, 12, 31), date(2027, 1, 1)),
    ],
)
def test_late_in_the_month_the_next_one_is_shown(today, month):
    assert posters.month_shown(today) == month
    assert posters.end_of_month(date(2026, 12, 1)) == date(2027, 1, 1)


def test_making_a_poster_leaves_the_reader_s_language_alone():
    with translation.override("en"):
        sheet(language="both")
        assert translation.get_language() == "en"


@settings(max_examples=12, deadline=None)
@given(
    name=st.text(min_size=1, max_size=60),
    address=st.text(max_size=120),
    people=st.lists(st.text(min_size=1, max_size=30), max_size=40),
    language=st.sampled_from(["zh", "en", "both"]),
)
def test_whatever_stands_in_the_directory_a_poster_is_one_page(name, address, people, language):
    """Names, addresses and rosters of any length and of any characters are never markup and never a second page."""
    shifts = [shift(n % 28 + 1, who, hour=8 + n % 9, pk=n + 1) for n, who in enumerate(people)]
    one = station(name, address=address, opening=address, phone=address[:30])
    assert len(read(posters.draw([sheet(shifts, language=language, one=one)], size="a4")).pages) == 1


def test_parts_are_joined_page_by_page(tmp_path):
    parts = []
    for number, count in enumerate((2, 1, 3)):
        names = [f"示例{number}{n}工作室" for n in range(count)]
        path = tmp_path / f"{number}.pdf"
        path.write_bytes(posters.draw([sheet(one=station(name)) for name in names], size="a3"))
        parts.append((path, count))
    pages = read(posters.join(parts, size="a3")).pages
    assert [millimetres(page) for page in pages] == [A3] * 6
    found = [words_of(page) for page in pages]
    wanted = ["示例00", "示例01", "示例10", "示例20", "示例21", "示例22"]
    assert all(name in text for name, text in zip(wanted, found, strict=True))
