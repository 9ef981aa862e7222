"""What a paper consists of, whatever it is written to."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 (一、 in 黑体), 2 (（一） in 楷体) or 3 (1. in bold 仿宋). The caller writes the number."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; ``is_indented`` False for a salutation or a line that stands by itself."""

    text: str
    is_indented: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """Label and text pairs, a line each: 时间：…"""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a head row. ``widths`` are shares of the text's width, one a column."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signs, and the date in words; at the right, four characters from the edge."""

    name: str
    date: str = ""


Block = Heading | Paragraph | Listing | Table | Signature


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper: its title, what stands under it (number or date), the blocks in order, and how it is headed.

    ``letterhead`` makes it a letter (信函格式): the sender in red above a double line. ``addressee`` stands before the
    body, at the left edge. ``language`` chooses the hyphenation and the document's language, ``footer`` a small last
    line (where to verify).
    """

    title: str
    blocks: Sequence[Block] = ()
    subtitle: str = ""
    letterhead: str = ""
    document_number: str = ""
    addressee: str = ""
    footer: str = ""
    language: str = "zh"
    author: str = field(default="同心")

    def as_data(self) -> dict[str, Any]:
        """Everything as plain values, each block with its kind; texts without control characters."""
        data = asdict(self)
        data["blocks"] = [
            {"kind": type(block).__name__.lower(), **_plain(asdict(block))} for block in self.blocks
        ]
        return {key: _plain(value) for key, value in data.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return "".join(c for c in value if c in "\n\t" or ord(c) >= 32)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
