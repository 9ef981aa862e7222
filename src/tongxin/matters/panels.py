"""What the pages of a station and of a unit show of matters."""

from django.utils.translation import gettext as _

from tongxin.directory.models import Unit, Workstation
from tongxin.directory.registry import Panel
from tongxin.matters.models import Source
from tongxin.matters.numbers import FEW, Share, figures_told, last_year_scope, sources_used
from tongxin.matters.presenters import list_html, rows_of
from tongxin.matters.presenters.numbers import count_text, few_text
from tongxin.matters.public_selectors import matters_at, matters_led_by

TEMPLATE = "matters/public/_panel.html"


def matters_of_station(station: Workstation) -> Panel:
    """The newest public matters that came to a station. One query."""
    found = matters_at(station)
    return Panel(
        TEMPLATE, {"rows": list_html(rows_of(found)) if found else "", "area": station.area.code}, order=90
    )


def matters_of_unit(unit: Unit) -> Panel:
    """The newest public matters that a unit leads. One query."""
    found = matters_led_by(unit)
    return Panel(TEMPLATE, {"rows": list_html(rows_of(found)) if found else "", "unit": unit.code})


def figures_of_station(station: Workstation) -> Panel:
    """What came to a station in the last twelve months and what became of it, how it was rated, and whether the clocks
    were kept. Three queries, at most every two minutes.

    Public matters can be counted by anybody and stand as they are; what isn't public is only in the first number, which
    is not told below five.
    """
    scope = last_year_scope(station)
    told = figures_told(scope)
    all_, by_source = told.total, sources_used(told.rows)
    outcomes = all_.outcomes
    is_hidden = 0 < all_.raised < FEW and outcomes["public"] != all_.raised
    counts = [
        (_("收到"), count_text(all_.raised) if is_hidden else all_.raised),
        (_("公开的"), outcomes.get("public", 0)),
        (_("有了答复"), all_.answered),
        (_("大家评为解决"), outcomes.get("solved", 0)),
        (_("还没兑现的承诺"), outcomes.get("promised", 0)),
    ]
    others = [
        (_("正在办"), outcomes.get("under_way", 0)),
        (_("部分解决"), outcomes.get("partly", 0)),
        (_("评为没解决"), outcomes.get("unsolved", 0)),
        (_("没有人评"), outcomes.get("unrated", 0)),
        (_("答复办不了"), outcomes.get("not_possible", 0)),
    ]
    counts += [pair for pair in others if pair[1]]
    rated = [
        (_("有人评的事"), _of(all_.rated)),
        (_("结果"), _mean(all_.result, all_.ratings)),
        (_("态度"), _mean(all_.attitude, all_.ratings)),
        (_("说解决了"), _of(Share(all_.solved_ratings, all_.ratings))),
        (_("重新办理"), _of(all_.reopened)),
    ]
    clocks = [
        (label, _("%(few)s件，不算") % {"few": few_text()} if share.is_few else _of(share))
        for label, share in ((_("按时审核"), all_.triage), (_("按时决定或答复"), all_.answers))
        if share.of
    ]
    if by_source:
        told_by = [f"{Source(row.source).label} {count_text(row.raised)}" for row in by_source]
        clocks.append((_("怎么来的"), _("、").join(told_by)))
    return Panel(
        "matters/public/_station_figures.html",
        {
            "code": station.code,
            "begin": scope.begin,
            "end": scope.end,
            "received": all_.raised,
            "counts": counts,
            "ratings": all_.ratings,
            "is_few": all_.ratings < FEW,
            "rated": rated,
            "clocks": clocks,
        },
        order=80,
    )


def _of(share: Share) -> str:
    """So many of so many; the per cent too when there are enough."""
    if not share.of:
        return ""
    words = _("%(of)s 里有 %(part)s") % {"part": share.part, "of": share.of}
    return (
        words
        if share.is_few
        else _("%(percent)s%%（%(words)s）") % {"percent": share.percent, "words": words}
    )


def _mean(mean: float | None, ratings: int) -> str:
    return (
        ""
        if mean is None
        else _("%(mean)s 分（满分5，%(n)s 次评分）") % {"mean": f"{mean:.1f}", "n": ratings}
    )
