"""Posters of stations as PDF: what a poster says in each language, and how it is drawn.

A poster hangs at a door for a month: a QR code that fills in the station, three steps, where and when somebody is
there, and who is on duty that month in words. Drawn by typst, a page a station; no text is ever read as markup.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import override

from tongxin.core.documents.pdf import FONTS
from tongxin.core.qr import qr_poster
from tongxin.directory.models import Area, DutyShift, Workstation

HERE = Path(__file__).parent
SIZES = ("a4", "a3")
LANGUAGES = {"zh": ("zh-hans",), "en": ("en",), "both": ("zh-hans", "en")}
"""What addresses and batches call a poster's language → the languages on it, the larger one first."""
LANGUAGE_NAMES = {"zh": _l("中文"), "en": _l("英文"), "both": _l("中英对照")}
MOST_LINES = 5
"""Duty lines on a poster; the page of the station has all."""
NAMED_DAYS = 4
"""Up to so many shifts are told day by day with the name; more are told as days and names."""
NEXT_MONTH_FROM = 25
"""From this day of the month on, posters show the next month's duty: they are printed to hang then."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a poster says in one language."""

    language: str
    banner: str
    kind: str
    call: str
    steps: tuple[str, str, str]
    promise: str
    facts: tuple[tuple[str, str], ...]
    duty_title: str
    duty: tuple[str, ...]
    duty_short: str
    emergency: str
    printed: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One poster: the station, its QR code as SVG with the address it leads to, and the texts."""

    code: str
    name: str
    address: str
    qr: str
    facts: tuple[tuple[str, str], ...]
    texts: tuple[Words, ...]


def month_shown(today: date) -> date:
    """The first day of the month whose duty a poster printed today shows."""
    first = today.replace(day=1)
    return (first + timedelta(days=32)).replace(day=1) if today.day >= NEXT_MONTH_FROM else first


def end_of_month(first: date) -> date:
    """The first day of the month after."""
    return (first + timedelta(days=32)).replace(day=1)


def sheet_of(
    station: Workstation, shifts: Sequence[DutyShift], *, address: str, language: str, today: date
) -> Sheet:
    """One station's poster. ``shifts`` are its shifts of the month shown, with their members; ``address`` is where the
    code leads."""
    texts = []
    for code in LANGUAGES[language]:
        with override(code):
            texts.append(_words(station, shifts, code, today))
    return Sheet(
        station.code, station.name, address, qr_poster(address).decode(), texts[0].facts, tuple(texts)
    )


def _words(station: Workstation, shifts: Sequence[DutyShift], language: str, today: date) -> Words:
    is_street = station.area.level == Area.Level.STREET
    place = (
        station.area.parent.name if station.area.parent_id and not is_street and station.area.parent else ""
    )
    banner = _("%(district)s政协 · 智慧委员工作站") % {"district": settings.TONGXIN["district_name"]}
    facts = [
        (_("地址"), station.address),
        (_("开放时间"), station.opening),
        (_("电话"), station.phone),
        (_("属于"), place),
    ]
    return Words(
        language="zh" if language.startswith("zh") else "en",
        banner=banner,
        kind=_("委员工作站，街道") if is_street else _("委员工作室，社区"),
        call=_("有事好商量，扫码就能提"),
        steps=(
            _("扫码，说说什么事、在哪里"),
            _("记下编号和查询码，随时查进展"),
            _("办完请您打分，没办好可以重来"),
        ),
        promise=_("不用注册。不会用手机，请到站里说，联络员帮您填。"),
        facts=tuple((label, text) for label, text in facts if text),
        duty_title=_duty_title(month_shown(today)),
        duty=tuple(duty_lines(shifts)),
        duty_short=duty_short(shifts),
        emergency=_("紧急事项请直接拨打 12345 或 110"),
        printed=_("印制于 %(day)s") % {"day": today.isoformat()},
    )


def _duty_title(month: date) -> str:
    return _("%(month)s值班") % {"month": date_format(month, _("n月"))}


def duty_lines(shifts: Sequence[DutyShift]) -> list[str]:
    """A month's shifts in words, in the language that is active: a line for each way and time of day.

    Few shifts are told day by day with who is there, many as days and the people who take turns.
    """
    if not shifts:
        return [_("值班表还没排出来，请扫码看最新的。")]
    kept = _by_way_and_time(shifts)
    has_more = len(kept) > MOST_LINES
    kept = kept[: MOST_LINES - has_more]
    lines = [_line(mode, times, found) for (mode, times), found in kept]
    return [*lines, _("其余的请扫码看。")] if has_more else lines


def duty_short(shifts: Sequence[DutyShift]) -> str:
    """The same in one line for a second language: ways and times of day, without days and names."""
    if not shifts:
        return _("值班表还没排出来，请扫码看最新的。")
    told = [f"{_where(mode)} {times}" for (mode, times), _shifts in _by_way_and_time(shifts)[:MOST_LINES]]
    return _("；").join(told)


def _by_way_and_time(shifts: Sequence[DutyShift]) -> list[tuple[tuple[str, str], list[DutyShift]]]:
    """Shifts by (mode, times of day); where there are more than there is room for, those with the most go first."""
    groups: dict[tuple[str, str], list[DutyShift]] = {}
    for shift in sorted(shifts, key=lambda one: (one.mode != DutyShift.Mode.OFFLINE, one.starts_at, one.pk)):
        begin, end = timezone.localtime(shift.starts_at), timezone.localtime(shift.ends_at)
        groups.setdefault((shift.mode, f"{begin:%-H:%M}–{end:%-H:%M}"), []).append(shift)
    return sorted(groups.items(), key=lambda item: -len(item[1]))


def _where(mode: str) -> str:
    return _("来站里见面") if mode == DutyShift.Mode.OFFLINE else _("网上答复")


def _line(mode: str, times: str, shifts: Sequence[DutyShift]) -> str:
    by_day = [
        (timezone.localtime(shift.starts_at).date(), shift.member.name)
        for shift in sorted(shifts, key=lambda one: one.starts_at)
    ]
    if len(by_day) <= NAMED_DAYS:
        told = _("；").join(
            _("%(days)s %(names)s")
            % {"days": _days([day]), "names": _("、").join(name for _day, name in found)}
            for day, found in ((day, list(rows)) for day, rows in groupby(by_day, key=lambda pair: pair[0]))
        )
    else:
        names = _("、").join(dict.fromkeys(name for _day, name in by_day))
        days = _days(sorted({day for day, _name in by_day}))
        told = _("%(days)s %(names)s") % {"days": days, "names": names}
    return _("%(where)s %(times)s：%(told)s") % {"where": _where(mode), "times": times, "told": told}


def _days(days: Sequence[date]) -> str:
    """Days of a month in words: 3日、10—14日."""
    runs: list[list[date]] = []
    for day in days:
        if runs and day - runs[-1][-1] == timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    parts = [
        str(run[0].day) if len(run) == 1 else f"{run[0].day}–{run[-1].day}"
        for run in runs
        for run in ([run] if len(run) != 2 else [[run[0]], [run[1]]])
    ]
    return _("、").join(_("%(day)s日") % {"day": part} for part in parts)


def draw(sheets: Iterable[Sheet], *, size: str) -> bytes:
    """The posters as one PDF, a page each. About a twentieth of a second for one, less for each further one."""
    data = {
        "size": size,
        "title": _("工作站海报"),
        "author": settings.TONGXIN["district_name"],
        "sheets": [asdict(sheet) for sheet in sheets],
    }
    return _compile("poster.typ", HERE, {"posters": json.dumps(_plain(data), ensure_ascii=False)})


def join(parts: Sequence[tuple[Path, int]], *, size: str) -> bytes:
    """PDF files put together as one: ``(file, pages)`` in their order, all in one folder."""
    import shutil

    folder = parts[0][0].parent
    shutil.copyfile(HERE / "posters_join.typ", folder / "join.typ")
    data = {
        "size": size,
        "title": _("工作站海报"),
        "author": settings.TONGXIN["district_name"],
        "parts": [{"name": path.name, "pages": pages} for path, pages in parts],
    }
    return _compile("join.typ", folder, {"parts": json.dumps(data, ensure_ascii=False)})


def _compile(name: str, root: Path, inputs: dict[str, str]) -> bytes:
    import typst

    return bytes(
        typst.compile(
            str(root / name), root=str(root), font_paths=[str(FONTS)], format="pdf", sys_inputs=inputs
        )
    )


def _plain(value: Any) -> Any:
    """The same without control characters, which no font draws."""
    if isinstance(value, str):
        return "".join(c for c in value if c == "\n" or ord(c) >= 32)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
