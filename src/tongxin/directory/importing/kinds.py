"""The tables that can be imported. Each is data: columns, key, checks; the planning is the same for all."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.directory.importing import cells, checks
from tongxin.directory.importing.tables import (
    Column,
    Existing,
    Fault,
    Key,
    Kind,
    Lookups,
    Row,
    Values,
    in_english,
)
from tongxin.directory.models import (
    Area,
    Committee,
    DutyShift,
    Member,
    Posting,
    Sector,
    Term,
    Unit,
    Workstation,
)


def _choice_column(
    name: str, zh: str, en: str, words: Mapping[Any, tuple[str, str]], **options: Any
) -> Column:
    """A column of a few fixed words, accepted in both languages and by their code."""
    accepted = {str(word).lower(): value for value, pair in words.items() for word in (value, *pair)}

    def shown() -> str:
        return " / ".join(pair[1 if in_english() else 0] for pair in words.values())

    def show(value: Any) -> str:
        return words[value][1 if in_english() else 0] if value in words else "—"

    return Column(
        name,
        zh,
        en,
        cells.choice(accepted, shown),
        show=show,
        hint=("、".join(pair[0] for pair in words.values()), ", ".join(pair[1] for pair in words.values())),
        **options,
    )


LEVELS = {"district": ("区", "district"), "street": ("街道", "street"), "community": ("社区", "community")}
UNIT_KINDS = {
    "party": ("党委部门", "party"),
    "government": ("政府部门", "government"),
    "organisation": ("群团组织", "organisation"),
    "street": ("街道", "street"),
    "community": ("社区", "community"),
}
MEMBER_LEVELS = {"district": ("区政协委员", "district"), "city": ("住区市政协委员", "city")}
MODES = {"online": ("线上", "online"), "offline": ("线下", "in person")}

REMOVE = Column(
    "remove",
    "移除",
    "Remove",
    cells.flag,
    default=False,
    aliases=("撤下", "删除", "delete"),
    hint=("填“是”则移除这一行", "“yes” takes this row away"),
)


def _active(zh: str, en: str) -> Column:
    return Column(
        "is_active",
        zh,
        en,
        cells.flag,
        default=True,
        aliases=("在用", "在任", "状态", "active"),
        example=("是", "yes"),
        hint=("是或否；不填为是", "yes or no; empty means yes"),
    )


def _code(zh: str, en: str, example: str, **options: Any) -> Column:
    return Column(
        "code",
        zh,
        en,
        cells.code,
        required=True,
        example=(example, example),
        hint=("字母、数字、短横；导入按它认记录", "letters, digits, hyphens; records are known by it"),
        **options,
    )


def _name(limit: int, zh: str, en: str, **options: Any) -> Column:
    return Column("name", zh, en, cells.text(limit), required=True, example=(zh, en), **options)


def _area_fields(values: Values, lookups: Lookups) -> dict[str, Any]:
    parent = lookups.areas.get(values["parent"]) if values["parent"] else None
    plain = {name: values[name] for name in ("code", "name", "level", "latitude", "longitude")}
    return plain | {"parent_id": parent.pk if parent else None}


def _area_waves(rows: list[Row]) -> list[list[Row]]:
    """Parents before children: a file may hold a whole district."""
    return [[row for row in rows if row.final["level"] == level] for level in LEVELS]


AREAS = Kind(
    "areas", "区划", "Areas", Area,
    (
        _code("代码", "Code", "430103002001", aliases=("区划代码",)),
        Column("name", "名称", "Name", cells.text(40), required=True, example=("西牌楼社区", "Xipailou")),
        _choice_column("level", "层级", "Level", LEVELS, required=True, example=("社区", "community")),
        Column("parent", "上级代码", "Parent code", cells.code, path="parent__code", default=None,
               aliases=("上级",), example=("430103002", "430103002"),
               hint=("街道填区，社区填街道；可以是同一份表里的", "a street's district, a community's street; may stand in the same file")),
        Column("latitude", "纬度", "Latitude", cells.number(-90, 90), default=None, empties=True, example=("28.19", "28.19")),
        Column("longitude", "经度", "Longitude", cells.number(-180, 180), default=None, empties=True, example=("112.97", "112.97")),
    ),
    ("code",), _area_fields, checks.areas, waves=_area_waves,
)  # fmt: skip

UNITS = Kind(
    "units", "单位", "Units", Unit,
    (
        _code("代码", "Code", "G01", aliases=("单位代码",)),
        Column("name", "名称", "Name", cells.text(60), required=True, example=("区教育局", "Education bureau"), aliases=("单位名称", "单位")),
        _choice_column("kind", "类别", "Kind", UNIT_KINDS, required=True, example=("政府部门", "government")),
        Column("area", "区划代码", "Area code", cells.code, path="area__code", default=None, empties=True,
               hint=("街道和社区必填", "needed for streets and communities")),
        _active("在用", "In use"),
    ),
    ("code",),
    lambda v, lookups: {n: v[n] for n in ("code", "name", "kind", "is_active")}
    | {"area_id": lookups.areas[v["area"]].pk if v["area"] else None},
    checks.units,
)  # fmt: skip

MEMBERS = Kind(
    "members", "委员", "Members", Member,
    (
        _code("委员证号", "Member code", "Q0001", aliases=("代码", "证号", "委员代码")),
        Column("name", "姓名", "Name", cells.text(30), required=True, example=("张三", "Zhang San")),
        _choice_column("level", "级别", "Level", MEMBER_LEVELS, default="district", example=("区政协委员", "district")),
        Column("sector", "界别", "Sector", cells.text(40), path="sector__name", required=True, example=("教育", "教育")),
        Column("committee", "专委会", "Committee", cells.text(60), path="committee__name", default=None, empties=True, aliases=("专门委员会",)),
        Column("term", "届次", "Term", cells.text(40), path="term__name", default=None, empties=True),
        Column("profession", "职业", "Profession", cells.text(60), empties=True, example=("小学校长", "head teacher")),
        Column("introduction", "简介", "Introduction", cells.text(200), empties=True, hint=("公开显示", "shown to everybody")),
        _active("在任", "In office"),
    ),
    ("code",),
    lambda v, lookups: {n: v[n] for n in ("code", "name", "level", "profession", "introduction", "is_active")}
    | {
        "sector_id": lookups.sectors[v["sector"]].pk,
        "committee_id": lookups.committees[v["committee"]].pk if v["committee"] else None,
        "term_id": lookups.terms[v["term"]].pk if v["term"] else None,
    },
    checks.members,
)  # fmt: skip

STATIONS = Kind(
    "stations", "工作站", "Workstations", Workstation,
    (
        _code("工作站代码", "Station code", "W-002-01", aliases=("代码", "编号", "code")),
        Column("name", "名称", "Name", cells.text(60), required=True, example=("西牌楼社区委员工作室", "Xipailou station")),
        Column("area", "区划代码", "Area code", cells.code, path="area__code", required=True, example=("430103002001", "430103002001")),
        Column("address", "地址", "Address", cells.text(120), empties=True),
        Column("opening", "开放时间", "Opening hours", cells.text(120), empties=True, example=("周一至周五 9:00–17:00", "Mon to Fri, 9:00 to 17:00")),
        Column("phone", "对外电话", "Public phone", cells.text(30), empties=True, aliases=("电话",)),
        _active("在用", "In use"),
    ),
    ("code",),
    lambda v, lookups: {n: v[n] for n in ("code", "name", "address", "opening", "phone", "is_active")}
    | {"area_id": lookups.areas[v["area"]].pk},
    checks.stations,
)  # fmt: skip

_MEMBER = Column(
    "member",
    "委员证号",
    "Member code",
    cells.code,
    path="member__code",
    required=True,
    example=("Q0001", "Q0001"),
    aliases=("证号", "委员代码"),
)
_STATION = Column(
    "station",
    "工作站代码",
    "Station code",
    cells.code,
    path="station__code",
    required=True,
    example=("W-002-01", "W-002-01"),
    aliases=("工作站",),
)

POSTINGS = Kind(
    "postings", "进站", "Postings", Posting,
    (
        _MEMBER,
        _STATION,
        Column("is_lead", "站长", "Lead", cells.flag, default=False, example=("否", "no"), hint=("每个工作站一位", "one a station")),
        REMOVE,
    ),
    ("member", "station"),
    lambda v, lookups: {
        "member_id": lookups.members[v["member"]].pk,
        "station_id": lookups.stations[v["station"]].pk,
        "is_lead": v["is_lead"],
    },
    checks.postings,
    removable=True,
)  # fmt: skip


def moments(values: Values) -> tuple[datetime, datetime]:
    """When a shift's row begins and ends, in the district's time zone."""
    start, end = (datetime.combine(values["date"], values[name]) for name in ("start", "end"))
    return timezone.make_aware(start), timezone.make_aware(end)


def _shift_fields(values: Values, lookups: Lookups) -> dict[str, Any]:
    starts_at, ends_at = moments(values)
    return {
        "member_id": lookups.members[values["member"]].pk,
        "station_id": lookups.stations[values["station"]].pk,
        "mode": values["mode"],
        "starts_at": starts_at,
        "ends_at": ends_at,
    }


def _load_shifts(rows: list[Row]) -> dict[Key, Existing]:
    """Shifts of the days that the file is about, one day more on each side for overlaps."""
    days = [row.given["date"] for row in rows if row.given.get("date")]
    if not days:
        return {}
    found: dict[Key, Existing] = {}
    shifts = DutyShift.objects.filter(
        starts_at__date__gte=min(days) - timedelta(days=1), starts_at__date__lte=max(days) + timedelta(days=1)
    )
    for shift in shifts.select_related("member", "station"):
        start, end = timezone.localtime(shift.starts_at), timezone.localtime(shift.ends_at)
        values: Values = {
            "station": shift.station.code,
            "member": shift.member.code,
            "mode": shift.mode,
            "date": start.date(),
            "start": start.time(),
            "end": end.time(),
        }
        key = (values["station"], values["member"], values["date"], values["start"])
        found[key] = Existing(shift.pk, values)
    return found


SHIFTS = Kind(
    "shifts", "值班", "Duty shifts", DutyShift,
    (
        _STATION,
        _MEMBER,
        _choice_column("mode", "方式", "Mode", MODES, required=True, example=("线下", "in person"), aliases=("值班方式",)),
        Column("date", "日期", "Date", cells.day, required=True, example=("2026-11-23", "2026-11-23")),
        Column("start", "开始", "Start", cells.clock, required=True, example=("09:00", "09:00"), aliases=("开始时间", "起")),
        Column("end", "结束", "End", cells.clock, required=True, example=("11:30", "11:30"), aliases=("结束时间", "止")),
        REMOVE,
    ),
    ("station", "member", "date", "start"),
    _shift_fields,
    checks.shifts,
    load=_load_shifts,
    removable=True,
)  # fmt: skip

SECTORS = Kind(
    "sectors", "界别", "Sectors", Sector, (_name(40, "界别", "Sector", aliases=("名称",)),), ("name",),
    lambda v, _lookups: {"name": v["name"]},
)  # fmt: skip

COMMITTEES = Kind(
    "committees", "专委会", "Committees", Committee, (_name(60, "专委会", "Committee", aliases=("名称",)),), ("name",),
    lambda v, _lookups: {"name": v["name"]},
)  # fmt: skip


def _term_order(
    rows: list[Row], lookups: Lookups, existing: Mapping[Key, Existing]
) -> Iterable[tuple[Row, Fault]]:
    for row in rows:
        if row.final["ends_on"] <= row.final["starts_on"]:
            yield row, ("ends_on", _("结束要晚于开始。"))


TERMS = Kind(
    "terms", "届次", "Terms", Term,
    (
        _name(40, "届次", "Term", aliases=("名称",)),
        Column("starts_on", "开始日期", "Starts on", cells.day, required=True, example=("2022-01-01", "2022-01-01")),
        Column("ends_on", "结束日期", "Ends on", cells.day, required=True, example=("2026-12-31", "2026-12-31")),
    ),
    ("name",), lambda v, _lookups: {n: v[n] for n in ("name", "starts_on", "ends_on")}, _term_order,
)  # fmt: skip

KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (AREAS, UNITS, SECTORS, COMMITTEES, TERMS, MEMBERS, STATIONS, POSTINGS, SHIFTS)
}
"""In the order in which a new district fills them in: each refers only to those before it."""
