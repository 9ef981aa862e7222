"""Cleaning of typed text, and the tokens that search is built on."""

import unicodedata

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tongxin.core.text import (
    MAX_QUERY_TOKENS,
    MAX_WORD,
    Cleaned,
    clean_line,
    clean_text,
    search_document,
    search_query,
    tokens,
)

FAMILY = "👨\u200d👩\u200d👧"
anything = st.text(st.characters())
chinese = st.text(st.sampled_from("路灯不亮小区门口车位噪声abc12 ，。３Ｂ"), max_size=40)


@pytest.mark.parametrize(
    ("typed", "text", "removed"),
    [
        ("路灯不亮", "路灯不亮", 0),
        ("  路灯 \t 不亮\r\n", "路灯 不亮", 0),
        ("路\x00灯", "路灯", 1),
        ("路\u202e灯\u202c不亮\u200f", "路灯不亮", 3),
        ("\u2066路\u2069\u061c灯", "路灯", 3),
        ("\ufeff路\u200b灯\u2060\u00ad", "路灯", 4),
        ("路\x07\x1b[31m灯\x7f", "路[31m灯", 3),
        ("路\ud800灯", "路灯", 1),
        ("路\uffff\ufdd0灯\U0001ffff", "路灯", 3),
        ("\u3164\u115f\u2800", "", 3),
        ("𠮷野家 \U0002b81a 😀", "𠮷野家 \U0002b81a 😀", 0),
        (FAMILY, FAMILY, 0),
        ("❤️\u200d🔥 1\ufe0f⃣", "❤️\u200d🔥 1\ufe0f⃣", 0),
        ("路\u200d灯", "路灯", 1),
        ("👨\u200d", "👨", 1),
        ("👨\u200d\u200d👩", "👨\u200d👩", 1),
        ("路\ufe0f灯", "路灯", 1),
        ("辻\U000e0100", "辻\U000e0100", 0),
        ("😀\U000e0068\U000e0069", "😀", 2),
        ("e\u0301te\u0301", "été", 0),
        ("", "", 0),
    ],
)
def test_line_loses_what_cannot_be_seen(typed: str, text: str, removed: int) -> None:
    assert clean_line(typed) == Cleaned(text, removed)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("一\r\n二\r三\u2028四\x85五", "一\n二\n三\n四\n五"),
        ("一  \t\n二\u3000\n", "一\n二"),
        ("\n\n一\n\n\n\n二\n \n", "一\n\n二"),
        ("\u3000\u3000第一段\n\u3000\u3000第二段", "\u3000\u3000第一段\n\u3000\u3000第二段"),
    ],
)
def test_text_keeps_its_lines(typed: str, text: str) -> None:
    assert clean_text(typed).text == text


def test_cleaned_text_says_what_happened() -> None:
    assert str(clean_line("路\u200b灯")) == "路灯"


def test_plain_letters_are_treated_as_among_rare_ones() -> None:
    """Text of usual letters takes a short way; a rare letter in it must change nothing for the others."""
    for char in map(chr, (*range(0x3100), *range(0xD7F0, 0x10000))):
        alone, beside = clean_text(f"a{char}b"), clean_text(f"a{char}b𠮷")
        assert (f"{alone.text}𠮷", alone.removed) == (beside.text, beside.removed)


@given(anything)
def test_cleaning_is_stable_and_leaves_nothing_invisible(typed: str) -> None:
    for clean in (clean_line, clean_text):
        once = clean(typed).text
        assert clean(once) == Cleaned(once, 0)
        assert unicodedata.is_normalized("NFC", once)
        assert "\x00" not in once
        assert not {unicodedata.category(char) for char in once.replace("\n", "")} & {"Cc", "Cs"}
        assert not set(once) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff")
        once.encode()
    assert "\n" not in clean_line(typed).text


@given(st.text(st.sampled_from("👨👩\u200d\ufe0f\u200b1灯 \U000e0100🏽"), max_size=12))
def test_joiners_survive_between_emoji_only(typed: str) -> None:
    once = clean_line(typed).text
    assert clean_line(once) == Cleaned(once, 0)
    for index, char in enumerate(once):
        if char == "\u200d":
            assert once[index + 1] in "👨👩🏽"
            assert once[index - 1] in "👨👩🏽\ufe0f"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("路灯不亮", ["路灯", "灯不", "不亮"]),
        ("灯", ["灯"]),
        ("WiFi 坏了", ["wifi", "坏了"]),
        ("３栋Ａ座，5号", ["3", "栋", "a", "座", "5", "号"]),
        ("路灯，不亮", ["路灯", "不亮"]),
        ("𠮷野", ["𠮷野"]),
        ("' | & ! ( ) :* \\", []),
        ("", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


@given(anything)
def test_tokens_are_bounded_and_need_no_escaping(text: str) -> None:
    for token in tokens(text):
        assert 0 < len(token) <= MAX_WORD
        assert not set(token) & set(" \t\n'\\&|!():*<>\0")


@given(chinese, chinese, chinese)
def test_a_part_of_a_text_finds_it(before: str, middle: str, after: str) -> None:
    """Every two-character word of a Chinese text is among its tokens, wherever it stands."""
    whole = set(search_document(f"{before}，{middle}，{after}").split())
    assert set(tokens(middle)) <= whole


def test_query_wants_every_word_and_quotes_it() -> None:
    assert search_query("路灯坏 LED") == "'路灯' & '灯坏' & 'led'"
    assert search_query("灯") == "'灯':*"
    assert search_query("路灯 路灯") == "'路灯'"
    assert search_query("'); DROP TABLE matters; --") == "'drop' & 'table' & 'matters'"
    assert search_query(" ！？ ") is None


def test_query_is_bounded() -> None:
    long = search_query("".join(chr(0x4E00 + n) for n in range(5000)))
    assert long is not None
    assert long.count("&") == MAX_QUERY_TOKENS - 1


def _finds(text: str, query: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_tsvector('simple', %s) @@ to_tsquery('simple', %s)",
            [search_document(text), search_query(query)],
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("路灯", True),
        ("灯", True),
        ("亮", True),
        ("小区路灯", True),
        ("ＬＥＤ", True),
        ("led路灯", True),
        ("3栋", True),
        ("灯路", False),
        ("路灯 噪声", False),
        ("4栋", False),
    ],
)
def test_database_finds_what_a_scan_would(query: str, is_found: bool) -> None:
    assert _finds("小区路灯（LED）不亮。3栋门口", query) is is_found


@pytest.mark.django_db
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_database_takes_any_query(text: str) -> None:
    """Whatever is typed, the database understands the query and keeps its transaction."""
    if search_query(text) is not None:
        _finds(text, text)
    assert _finds("路灯", "路灯")
