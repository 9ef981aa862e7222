"""Text from people: cleaned of what cannot be seen, and cut into words for search.

Chinese is searched by character bigrams: they find exactly what a scan of the text would find,
two-character words included. The same tokens serve search, similar matters and routing, so there is one
tokeniser.
"""

import re
import unicodedata
from dataclasses import dataclass

MAX_WORD = 64
"""Characters of a word kept for search; PostgreSQL refuses lexemes over 2,046 bytes."""

MAX_QUERY_TOKENS = 64
"""Tokens of a query that are used; a longer query only costs time and finds nothing more."""

_ZWJ = "\u200d"
_NEWLINES = re.compile("\r\n|[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]")
# Format characters that are drawn (number signs of Arabic and Kaithi script) stay.
_DRAWN_FORMAT = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
# Letters and marks that are drawn as nothing: fillers, joiners, the object placeholder.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc") | {
    chr(code) for code in (*range(0x180B, 0x1810), *range(0xFE00, 0xFE0E))
}
_STRIPPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs"})
# What nearly all text consists of: nothing of it is stripped, so it need not be weighed letter by letter.
_PLAIN = re.compile("[\n -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u3000-\u3029\u4e00-\u9fff\uff01-\uff5e]*")
_TRAILING = re.compile(r"[^\S\n]+(?=\n|\Z)")
_EMPTY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Cleaned text, and how many invisible characters it lost (blanks and newlines don't count)."""

    text: str
    removed: int

    def __str__(self) -> str:
        return self.text


def clean_line(text: str) -> Cleaned:
    """One line, ready to keep: no invisible characters, one space between words, none around, NFC.

    Newlines and tabs become spaces; four-byte characters (rare names, emoji) stay. Never raises.
    """
    visible, removed = _without_invisible(text)
    return Cleaned(" ".join(visible.split()), removed)


def clean_text(text: str) -> Cleaned:
    r"""Several lines, ready to keep: as :func:`clean_line`, but newlines stay (as ``\n``), and so do indents.

    Blanks at line ends go, and so do empty lines around the text and beyond one in a row.
    """
    visible, removed = _without_invisible(text)
    lines = _EMPTY_LINES.sub("\n\n", _TRAILING.sub("", visible))
    return Cleaned(lines.strip("\n"), removed)


def _without_invisible(text: str) -> tuple[str, int]:
    text = _NEWLINES.sub("\n", text).replace("\t", " ")
    if _PLAIN.fullmatch(text):
        return unicodedata.normalize("NFC", text), 0
    seen = [char for char in text if not _is_invisible(char)]
    kept: list[str] = []
    for index, char in enumerate(seen):
        before = kept[-1] if kept else ""
        if char == _ZWJ:
            # It builds one emoji out of several; anywhere else it only hides differences between texts.
            after = seen[index + 1] if index + 1 < len(seen) else ""
            if not ((_is_emoji(before) or before == "\ufe0f") and _is_emoji(after)):
                continue
        elif _is_selector(char) and not _takes_selector(before, char):
            continue
        kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept)), len(text) - len(kept)


def _is_invisible(char: str) -> bool:
    if char in {"\n", _ZWJ} or char in _DRAWN_FORMAT:
        return False
    if char in _BLANK or unicodedata.category(char) in _STRIPPED_CATEGORIES:
        return True
    code = ord(char)
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF  # noncharacters, refused by some readers


def _is_emoji(char: str) -> bool:
    code = ord(char) if char else 0
    return 0x1F000 <= code <= 0x1FAFF or 0x2190 <= code <= 0x2BFF


def _is_selector(char: str) -> bool:
    return char in "\ufe0e\ufe0f" or 0xE0100 <= ord(char) <= 0xE01EF


def _takes_selector(before: str, selector: str) -> bool:
    if selector in "\ufe0e\ufe0f":
        return _is_emoji(before) or (before != "" and before in "0123456789#*©®‼⁉™ℹ〰〽㊗㊙")
    return before != "" and _is_cjk(before)


def _is_cjk(char: str) -> bool:
    code = ord(char)
    return (
        0x4E00 <= code <= 0x9FFF
        or 0x3400 <= code <= 0x4DBF
        or 0x20000 <= code <= 0x323AF
        or 0xF900 <= code <= 0xFAFF
        or 0x3040 <= code <= 0x30FF
        or 0xAC00 <= code <= 0xD7AF
        or char in "々〇"
    )


def _runs(text: str) -> list[tuple[bool, str]]:
    """The text as runs of (is Chinese, characters): narrowed, lower-cased, the rest left out."""
    runs: list[tuple[bool, str]] = []
    current = ""
    was_cjk = False
    for char in unicodedata.normalize("NFKC", text).lower():
        is_cjk = _is_cjk(char)
        if not (is_cjk or char.isalnum()):
            if current:
                runs.append((was_cjk, current))
            current = ""
            continue
        if current and is_cjk != was_cjk:
            runs.append((was_cjk, current))
            current = ""
        current += char
        was_cjk = is_cjk
    if current:
        runs.append((was_cjk, current))
    return runs


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)] if len(run) > 1 else [run]


def tokens(text: str) -> list[str]:
    """The words of a text in order, with repeats: Chinese bigrams (or one lone character), words, numbers."""
    found: list[str] = []
    for is_cjk, run in _runs(text):
        found += _pairs(run) if is_cjk else [run[:MAX_WORD]]
    return found


def search_document(text: str) -> str:
    """A text as words between spaces, for ``to_tsvector('simple', …)``.

    The last character of every Chinese run stands alone as well, so that a search for one character finds
    it wherever it stands (it is then either a word or the beginning of one).
    """
    found: list[str] = []
    for is_cjk, run in _runs(text):
        found += _pairs(run) if is_cjk else [run[:MAX_WORD]]
        if is_cjk and len(run) > 1:
            found.append(run[-1])
    return " ".join(found)


def search_query(text: str) -> str | None:
    """A query for ``to_tsquery('simple', …)`` that wants every word; None when there is nothing to find.

    Safe to pass as a parameter whatever was typed: words hold letters and digits only, and are quoted
    besides.
    """
    terms = [
        _quoted(token) + (":*" if len(token) == 1 and _is_cjk(token) else "")
        for token in dict.fromkeys(tokens(text))
    ]
    return " & ".join(terms[:MAX_QUERY_TOKENS]) or None


def _quoted(token: str) -> str:
    return "'" + token.replace("\\", "\\\\").replace("'", "''") + "'"
