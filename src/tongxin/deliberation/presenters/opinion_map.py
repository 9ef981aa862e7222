"""The opinion map in words and figures for its pages: groups by letter and shape, sentences made by rule."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from tongxin.deliberation.models import Conversation, MapSnapshot, ParticipantRole

NAMED = 3
"""Statements that a group's summary quotes for each direction."""
CLEAR = 0.4
"""Silhouette under which groups are tendencies rather than camps."""
SHAPES = ("circle", "square", "triangle", "diamond", "cross")


def letter(group: int) -> str:
    """A group's name: 甲, 乙, 丙, 丁, 戊, or A to E."""
    return [
        pgettext("group of opinion", "甲"),
        pgettext("group of opinion", "乙"),
        pgettext("group of opinion", "丙"),
        pgettext("group of opinion", "丁"),
        pgettext("group of opinion", "戊"),
    ][group]


def percent(part: float, whole: float = 1.0) -> int:
    """A share in whole per cent; 0 of nothing."""
    return round(100 * part / whole) if whole else 0


@dataclass(frozen=True, slots=True)
class Quoted:
    """A statement with what is said about it, and the share of every group that agrees (None: nobody saw it)."""

    number: int
    text: str
    said: str
    shares: list[tuple[str, int | None]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Group:
    """One group as the page shows it."""

    id: int
    letter: str
    shape: str
    size: int
    share: int
    summary: list[str]
    statements: list[Quoted]


@dataclass(frozen=True, slots=True)
class Dot:
    """People at one place of the picture: ``mark`` is the path that draws them, its form telling the group."""

    group: int
    mark: str


@dataclass(frozen=True, slots=True)
class Outline:
    """A group's outline and where its letter stands."""

    group: int
    letter: str
    points: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Line:
    """One statement's row in the table of figures."""

    number: int
    text: str
    agree: int
    disagree: int
    seen: int
    groups: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class MapPage:
    """Everything the map page shows."""

    status: str
    snapshot: MapSnapshot | None
    result: Mapping[str, Any]
    headline: str
    groups: list[Group] = field(default_factory=list)
    agreed: list[Quoted] = field(default_factory=list)
    rejected: list[Quoted] = field(default_factory=list)
    divisive: list[Quoted] = field(default_factory=list)
    uncertain: list[Quoted] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    outlines: list[Outline] = field(default_factory=list)
    roles: list[tuple[str, int]] = field(default_factory=list)
    areas: list[tuple[str, int]] = field(default_factory=list)
    guest_share: int = 0
    is_clear: bool = True


def numbers_in(result: Mapping[str, Any], *, with_figures: bool = True) -> set[int]:
    """The statements a map speaks of, whose words the page needs."""
    found = {
        one["number"]
        for key in ("group_aware_consensus", "rejected", "divisive", "uncertain")
        for one in result.get(key, [])
    }
    found |= {one["number"] for group in result.get("groups", []) for one in group["representative"]}
    if with_figures:
        found |= {one["number"] for one in result.get("statements", [])}
    return found


def map_page(
    conversation: Conversation,
    snapshot: MapSnapshot | None,
    texts: Mapping[int, str],
) -> MapPage:
    """The page of a snapshot. What a raised smallest group would hide is not shown even before the next drawing."""
    result: Mapping[str, Any] = snapshot.result if snapshot else {}
    status = result.get("status", "none")
    sizes = [group["size"] for group in result.get("groups", [])]
    if sizes and min(sizes) < conversation.smallest_group:
        status = "redrawing"
    if status in {"none", "few", "redrawing"}:
        return MapPage(status, snapshot, result, _headline(status, conversation, result))
    figures = {one["number"]: one for one in result["statements"]}
    return MapPage(
        status,
        snapshot,
        result,
        _headline(status, conversation, result),
        groups=[_group(group, texts, figures) for group in result["groups"]] if status == "groups" else [],
        agreed=_agreed(result["group_aware_consensus"], texts, figures, agrees=True),
        rejected=_agreed(result["rejected"], texts, figures, agrees=False),
        divisive=[
            Quoted(
                one["number"],
                texts[one["number"]],
                _("%(most)s群 %(high)s%% 赞成，%(least)s群 %(low)s%%。")
                % {
                    "most": letter(one["highest_group"]),
                    "high": percent(one["highest"]),
                    "least": letter(one["lowest_group"]),
                    "low": percent(one["lowest"]),
                },
                _shares(figures.get(one["number"])),
            )
            for one in result["divisive"]
            if one["number"] in texts
        ],
        uncertain=[
            Quoted(
                one["number"],
                texts[one["number"]],
                _("看过的 %(seen)s 人里 %(share)s%% 说不准。")
                % {"seen": one["trials"], "share": percent(one["share"])},
            )
            for one in result["uncertain"]
            if one["number"] in texts
        ],
        lines=[_line(one, texts) for one in result["statements"] if one["number"] in texts],
        dots=_dots(result["drawing"]),
        outlines=_outlines(result["drawing"]),
        roles=_roles(result["roles"]),
        areas=_rows(result["areas"]),
        guest_share=percent(result["guests"], result["voting"]),
        is_clear=(result.get("silhouette") or 0) >= CLEAR,
    )


def _headline(status: str, conversation: Conversation, result: Mapping[str, Any]) -> str:
    words = {
        "none": _("还没有人表态，所以没有图。"),
        "few": _("表态的人还不到 %(least)s 个，现在画图会让人猜出谁怎么想，先不画。"),
        "redrawing": _("召集人改了最小人数，图正在重画。"),
        "passes": _("到现在大家都说“说不准”，看不出倾向。"),
        "same": _("表态的人每一条都一样，没有不同的群体。"),
        "one": _("大家的看法连成一片，目前分不出不同的群体。"),
        "groups": _("看法大致分成 %(groups)s 群。"),
    }[status]
    return words % {"least": conversation.smallest_group, "groups": len(result.get("groups", []))}


def _shares(figures: Mapping[str, Any] | None) -> list[tuple[str, int | None]]:
    if figures is None:
        return []
    return [
        (letter(group), percent(agree, seen) if seen else None)
        for group, (agree, _disagree, seen) in enumerate(figures["groups"])
    ]


def _group(group: Mapping[str, Any], texts: Mapping[int, str], figures: Mapping[int, Any]) -> Group:
    listed = [one for one in group["representative"] if one["number"] in texts]
    statements = [
        Quoted(one["number"], texts[one["number"]], _against_others(one), _shares(figures.get(one["number"])))
        for one in listed
    ]
    return Group(
        id=group["id"],
        letter=letter(group["id"]),
        shape=SHAPES[group["id"]],
        size=group["size"],
        share=percent(group["share"]),
        summary=_summary(listed, texts),
        statements=statements,
    )


def _against_others(one: Mapping[str, Any]) -> str:
    share, others = percent(one["successes"], one["trials"]), percent(one["others"], one["others_trials"])
    if one["direction"] == "agree":
        return _("本群 %(share)s%% 赞成，其他群 %(others)s%%。") % {"share": share, "others": others}
    return _("本群 %(share)s%% 不赞成，其他群 %(others)s%%。") % {"share": share, "others": others}


def _summary(listed: list[Mapping[str, Any]], texts: Mapping[int, str]) -> list[str]:
    """Sentences from the representative statements: what nearly all, most or many of the group hold."""
    sentences = []
    for direction in ("agree", "disagree"):
        chosen = [one for one in listed if one["direction"] == direction][:NAMED]
        if not chosen:
            continue
        shares = [one["successes"] / one["trials"] for one in chosen if one["trials"]]
        quotes = _("、").join(
            _("“%(text)s”") % {"text": texts[one["number"]].rstrip("。.")} for one in chosen
        )
        sentences.append(_how_many(min(shares, default=0.0), direction) % {"statements": quotes})
    return sentences or [_("这一群没有哪一条特别突出。")]


def _how_many(share: float, direction: str) -> str:
    if direction == "agree":
        if share >= 0.9:
            return _("这一群几乎都赞成%(statements)s。")
        return _("这一群多数赞成%(statements)s。") if share > 0.5 else _("这一群比别人更赞成%(statements)s。")
    if share >= 0.9:
        return _("这一群几乎都不赞成%(statements)s。")
    return _("这一群多数不赞成%(statements)s。") if share > 0.5 else _("这一群比别人更不赞成%(statements)s。")


def _agreed(
    rows: list[Mapping[str, Any]], texts: Mapping[int, str], figures: Mapping[int, Any], *, agrees: bool
) -> list[Quoted]:
    found = []
    for one in rows:
        if one["number"] not in texts:
            continue
        said = _("各群平均 %(mean)s%% 赞成。") if agrees else _("各群平均 %(mean)s%% 不赞成。")
        found.append(
            Quoted(
                one["number"],
                texts[one["number"]],
                said % {"mean": percent(one["mean"])},
                _shares(figures.get(one["number"])),
            )
        )
    return found


def _line(one: Mapping[str, Any], texts: Mapping[int, str]) -> Line:
    cells = []
    for group, (agree, _disagree, seen) in enumerate(one["groups"]):
        words = _("%(share)s%%（%(agree)s／%(seen)s）") % {
            "share": percent(agree, seen),
            "agree": agree,
            "seen": seen,
        }
        cells.append((letter(group), words if seen else "—"))
    return Line(one["number"], texts[one["number"]], one["agree"], one["disagree"], one["seen"], cells)


def _roles(counted: Mapping[str, Any]) -> list[tuple[str, int]]:
    names = dict(ParticipantRole.choices)
    return _rows(
        {"rows": [(str(names.get(name, name)), n) for name, n in counted["rows"]], "rest": counted["rest"]}
    )


def _rows(counted: Mapping[str, Any]) -> list[tuple[str, int]]:
    rows = [(str(name), n) for name, n in counted["rows"]]
    return [*rows, (_("其他和没有说的"), counted["rest"])] if counted["rest"] else rows


def _dots(drawing: Mapping[str, Any]) -> list[Dot]:
    return [Dot(group, _mark(SHAPES[group], x, y, _radius(count))) for x, y, group, count in drawing["dots"]]


def _radius(count: int) -> int:
    """Larger where more people stand, by area, within what the grid leaves room for."""
    return min(14, round(3 + 1.5 * math.sqrt(count - 1)))


def _mark(shape: str, x: int, y: int, r: int) -> str:
    """The path of one mark; the form tells the group without any colour."""
    if shape == "circle":
        return f"M{x - r} {y}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0z"
    if shape == "square":
        return f"M{x - r} {y - r}h{2 * r}v{2 * r}h{-2 * r}z"
    if shape == "triangle":
        return f"M{x} {y - r - 1}L{x + r + 1} {y + r}H{x - r - 1}z"
    if shape == "diamond":
        return f"M{x} {y - r - 1}L{x + r + 1} {y}L{x} {y + r + 1}L{x - r - 1} {y}z"
    return f"M{x - r} {y - 1}h{r - 1}v{1 - r}h2v{r - 1}h{r - 1}v2h{1 - r}v{r - 1}h-2v{1 - r}h{1 - r}z"


def _outlines(drawing: Mapping[str, Any]) -> list[Outline]:
    return [
        Outline(group, letter(group), " ".join(f"{x},{y}" for x, y in points), *drawing["centers"][group])
        for group, points in enumerate(drawing["outlines"])
    ]


def own_words(group: int | None) -> str:
    """What the visitor reads about their own mark."""
    if group is None:
        return _("带圈的“我”是您，还没有分进群体，只有您自己看得到。")
    return _("带圈的“我”是您，在%(name)s群，只有您自己看得到。") % {"name": letter(group)}


def groups_in_words(page: MapPage) -> str:
    """The picture in one sentence, for those who don't see it."""
    parts = [
        ngettext("%(name)s群 %(size)s 人", "%(name)s群 %(size)s 人", group.size)
        % {"name": group.letter, "size": group.size}
        for group in page.groups
    ]
    return _("，").join(parts)
