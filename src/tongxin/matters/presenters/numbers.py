"""How numbers by source read: figures with their sample size, and "fewer than five" where there is nothing to see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from tongxin.matters.models import Source
from tongxin.matters.numbers import FEW, Figures, Share


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure: the figure, what it is a figure of, and shares for a bar when there are enough."""

    label: str
    text: str
    of: str = ""
    parts: tuple[tuple[str, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NumberRow:
    """A line of the table."""

    code: str
    name: str
    cells: tuple[Cell, ...]


def few_text() -> str:
    """What stands in the place of a small number."""
    return _("少于%(n)s") % {"n": FEW}


def count_text(count: int) -> str:
    """A count; one to four are told as few."""
    return few_text() if 0 < count < FEW else f"{count:,}"


def source_name(code: str) -> str:
    """A source as the table names it; all together for none."""
    return str(Source(code).label) if code else _("合计")


def _share(label: str, share: Share, kept: str = "", missed: str = "") -> Cell:
    if not share.of:
        return Cell(label, "—")
    if share.is_few:
        return Cell(label, "—", _("%(few)s件，不算") % {"few": few_text()})
    parts = ((kept, share.part, "a"), (missed, share.of - share.part, "c")) if kept else ()
    return Cell(
        label, f"{share.percent}%", _("%(part)s / %(of)s") % {"part": share.part, "of": share.of}, parts
    )


def mean_cell(label: str, mean: float | None, ratings: int) -> Cell:
    """A mean of ratings with how many there were."""
    if mean is None:
        return Cell(label, "—", _("还没有人评"))
    if ratings < FEW:
        return Cell(label, "—", _("%(few)s次评分，不算") % {"few": few_text()})
    return Cell(label, f"{mean:.1f}", _("%(n)s 次评分") % {"n": ratings})


def _cells(row: Figures) -> Iterator[Cell]:
    yield Cell(_("收到"), count_text(row.raised))
    yield _share(_("按时审核"), row.triage, _("按时"), _("超时"))
    yield _share(_("按时决定或答复"), row.answers, _("按时"), _("超时"))
    yield _share(_("审后公开"), row.published)
    if row.median_days is None:
        yield Cell(_("多久有答复"), "—")
    elif row.answered < FEW:
        yield Cell(_("多久有答复"), "—", _("%(few)s件，不算") % {"few": few_text()})
    else:
        yield Cell(
            _("多久有答复"),
            _("%(n)s 天") % {"n": f"{row.median_days:g}"},
            _("%(n)s 件的中位数") % {"n": row.answered},
        )
    yield _share(_("有人评"), row.rated)
    yield mean_cell(_("结果分"), row.result, row.ratings)
    yield mean_cell(_("态度分"), row.attitude, row.ratings)
    yield _share(_("重新办理"), row.reopened)


def number_rows(rows: Sequence[Figures]) -> list[NumberRow]:
    """The table's lines, each source's and the total's."""
    return [NumberRow(row.source, source_name(row.source), tuple(_cells(row))) for row in rows]


def csv_rows(rows: Sequence[Figures]) -> Iterator[list[Any]]:
    """The same figures for a spreadsheet: heads, then a line a source; what the page doesn't show is empty or "<5"."""
    heads = [_("来源"), _("收到")]
    for label in (_("按时审核"), _("按时决定或答复"), _("审后公开"), _("有人评"), _("重新办理")):
        heads += [f"{label}%", _("%(label)s：多少件里") % {"label": label}]
    heads += [_("多久有答复（天，中位数）"), _("有答复的件数"), _("结果分"), _("态度分"), _("评分次数")]
    yield heads
    for row in rows:
        line: list[Any] = [source_name(row.source), _small(row.raised)]
        for share in (row.triage, row.answers, row.published, row.rated, row.reopened):
            line += ["" if share.of < FEW else share.percent, _small(share.of)]
        line += [
            "" if row.answered < FEW else f"{row.median_days:g}",
            _small(row.answered),
            "" if row.ratings < FEW else f"{row.result:.2f}",
            "" if row.ratings < FEW else f"{row.attitude:.2f}",
            _small(row.ratings),
        ]
        yield line


def _small(count: int) -> int | str:
    return f"<{FEW}" if 0 < count < FEW else count
