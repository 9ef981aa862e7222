"""A member's yearly record as a paper. A paper is in Chinese, whatever language the page is in."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby

from django.conf import settings
from django.utils import timezone
from django.utils.translation import override

from tongxin.core.documents import Block, Heading, Listing, Paper, Paragraph, Signature, Table
from tongxin.core.process import Publication
from tongxin.directory.models import Member
from tongxin.duty.diary_words import MEANINGS, sentence_of
from tongxin.duty.models import Contest, DiaryEntry
from tongxin.duty.selectors.record import Shown, Total

OWN = DiaryEntry.Kind.OWN


def _day_in_words(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def is_printed(entry: DiaryEntry) -> bool:
    """Whether an entry stands in the paper: whatever the work noted, and own words that others may read."""
    return entry.kind != OWN or entry.publication != Publication.INTERNAL


def yearly_record(
    member: Member,
    year: int,
    totals: Sequence[Total],
    rows: Sequence[Shown],
    contests: Sequence[Contest],
    *,
    stations: Sequence[str],
) -> Paper:
    """The record of a year: who, how much of what (and what that counts), month by month, and what was contested.

    ``rows`` are in the order of their days. Words that only the member and the office may read are left out, and the
    paper says how many. It holds no score.
    """
    with override("zh-hans"):
        printed = [row for row in rows if is_printed(row.entry)]
        left_out = sum(1 for row in rows if row.entry.words and row.entry.publication == Publication.INTERNAL)
        facts = [
            ("姓名", member.name),
            ("委员证号", member.code),
            ("界别", member.sector.name),
            *([("工作站", "、".join(stations))] if stations else []),
            ("年度", f"{year}年1月1日至{_until(year)}"),
        ]
        blocks: list[Block] = [Listing(facts), Heading("一、合计")]
        if totals:
            blocks.append(Table(["类别", "笔数", "说明"], [_total(one) for one in totals], [1.3, 0.9, 5]))
        else:
            blocks.append(Paragraph("这一年还没有记录。"))
        blocks += [Heading("二、逐月记录"), *_months(printed)]
        if left_out:
            blocks.append(Paragraph(f"另有{left_out}处只给本人看的文字，没有列入。"))
        if contests:
            blocks.append(Heading("三、异议和答复"))
            blocks.append(
                Table(
                    ["提出日期", "所指", "结果", "答复"],
                    [_contest(one) for one in contests],
                    [2, 2.6, 1.1, 2.8],
                )
            )
        blocks.append(Signature("政协办公室", _day_in_words(timezone.localdate())))
        return Paper(
            title=f"{year}年度委员履职档案",
            subtitle=f"{settings.TONGXIN['district_name']}政协　{member.name}",
            blocks=blocks,
            author=settings.TONGXIN["district_name"],
        )


def _until(year: int) -> str:
    today = timezone.localdate()
    return _day_in_words(min(today, date(year, 12, 31)))


def _total(total: Total) -> list[str]:
    count = f"{total.count}笔" + (f"（{total.matters}件事）" if total.matters else "")
    return [str(total.kind.label), count, str(MEANINGS[total.kind])]


def _months(rows: Sequence[Shown]) -> list[Block]:
    if not rows:
        return [Paragraph("没有可以列出的记录。")]
    blocks: list[Block] = []
    for month, of_month in groupby(rows, key=lambda row: row.month):
        blocks.append(Heading(f"{month.month}月", level=2))
        blocks.append(Table(["日期", "类别", "内容"], [_line(row) for row in of_month], [1.4, 1.3, 4.5]))
    return blocks


def _line(row: Shown) -> list[str]:
    entry = row.entry
    text = row.sentence
    begin, end = timezone.localtime(entry.at), entry.ends_at and timezone.localtime(entry.ends_at)
    if text and end and end.date() == begin.date():
        text += f"，{begin:%H:%M}—{end:%H:%M}"
    if entry.data.get("corrected"):
        text += "（已更正）"
    if entry.words and entry.publication != Publication.INTERNAL:
        text = f"{text}\n{entry.words}" if text else entry.words
    return [f"{row.day.month}月{row.day.day}日", str(DiaryEntry.Kind(entry.kind).label), text]


def _contest(contest: Contest) -> list[str]:
    if contest.entry is not None and contest.day is None:
        day = timezone.localdate(contest.entry.at)
        about = f"{_day_in_words(day)}：{sentence_of(contest.entry)}"
    else:
        about = f"{_day_in_words(contest.day)}少了一笔" if contest.day else "少了一笔"
    return [
        _day_in_words(timezone.localdate(contest.at)),
        about,
        str(contest.get_state_display()),
        contest.answer,
    ]
