"""What must hold between a row and the rest of the directory, table by table."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches

from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.directory.importing.tables import Existing, Fault, Key, Lookups, Row
from tongxin.directory.models import DutyShift

Existings = Mapping[Key, Existing]
Faults = Iterator[tuple[Row, Fault]]

PARENT_LEVEL = {"district": None, "street": "district", "community": "street"}
FARTHEST_DAYS = 366


def unknown(value: str, known: Iterable[str]) -> str:
    """The reason why a reference leads nowhere, with the nearest that would."""
    near = get_close_matches(value, list(known), 1, 0.6)
    if near:
        return _("没有“%(value)s”。是不是“%(near)s”？") % {"value": value, "near": near[0]}
    return _("没有“%(value)s”。请先导入它，或改正。") % {"value": value}


def areas(rows: list[Row], lookups: Lookups, existing: Existings) -> Faults:
    """A level never changes; a street stands in a district, a community in a street; a place has both coordinates."""
    levels = {code: area.level for code, area in lookups.areas.items()}
    levels |= {row.final["code"]: row.final["level"] for row in rows}
    for row in rows:
        before = existing.get(row.key)
        if before and before.values["level"] != row.final["level"]:
            yield row, ("level", _("层级不能改。"))
            continue
        needed, parent = PARENT_LEVEL[row.final["level"]], row.final["parent"]
        if needed is None:
            if parent:
                yield row, ("parent", _("区没有上级，请留空。"))
        elif not parent:
            yield row, ("parent", _("街道要填所属的区，社区要填所属的街道。"))
        elif parent not in levels:
            yield row, ("parent", unknown(parent, levels))
        elif levels[parent] != needed:
            yield row, ("parent", _("上级的层级不对：街道的上级是区，社区的上级是街道。"))
        if (row.final["latitude"] is None) != (row.final["longitude"] is None):
            yield (
                row,
                ("latitude" if row.final["latitude"] is None else "longitude", _("纬度和经度要一起填。")),
            )


def units(rows: list[Row], lookups: Lookups, existing: Existings) -> Faults:
    """A name belongs to one unit; a street's or community's office belongs to its area."""
    names = dict(lookups.units_by_name)
    for row in rows:
        name, kind, area = row.final["name"], row.final["kind"], row.final["area"]
        if names.setdefault(name, row.final["code"]) != row.final["code"]:
            yield row, ("name", _("这个名称已经是单位 %(code)s 的。") % {"code": names[name]})
        if area and area not in lookups.areas:
            yield row, ("area", unknown(area, lookups.areas))
        elif kind in {"street", "community"}:
            if not area:
                yield row, ("area", _("街道和社区要填区划代码。"))
            elif lookups.areas[area].level != kind:
                yield row, ("area", _("这个区划的层级与单位类别不一致。"))


def members(rows: list[Row], lookups: Lookups, existing: Existings) -> Faults:
    """Sector, committee and term are known."""
    for row in rows:
        for name, known in (
            ("sector", lookups.sectors),
            ("committee", lookups.committees),
            ("term", lookups.terms),
        ):
            value = row.final[name]
            if value and value not in known:
                yield row, (name, unknown(value, known))


def stations(rows: list[Row], lookups: Lookups, existing: Existings) -> Faults:
    """An area has one station, and the area is a street or a community."""
    taken = {station.area.code: code for code, station in lookups.stations.items()}
    for row in rows:
        area = row.final["area"]
        if area not in lookups.areas:
            yield row, ("area", unknown(area, lookups.areas))
        elif lookups.areas[area].level == "district":
            yield row, ("area", _("工作站设在街道或社区。"))
        elif taken.setdefault(area, row.final["code"]) != row.final["code"]:
            yield row, ("area", _("这里已经有工作站 %(code)s。") % {"code": taken[area]})


def _posted(row: Row, lookups: Lookups) -> Iterator[Fault]:
    """Member and station are known and active."""
    member, station = lookups.members.get(row.final["member"]), lookups.stations.get(row.final["station"])
    if member is None:
        yield "member", unknown(row.final["member"], lookups.members)
    elif not member.is_active and not row.remove:
        yield "member", _("这位委员已经离任。")
    if station is None:
        yield "station", unknown(row.final["station"], lookups.stations)
    elif not station.is_active and not row.remove:
        yield "station", _("这个工作站已经停用。")


def postings(rows: list[Row], lookups: Lookups, existing: Existings) -> Faults:
    """A station has one lead; who still has duty there is not taken away."""
    leads = {key: e.values["is_lead"] for key, e in existing.items()}
    leads |= {row.key: row.final["is_lead"] and not row.remove for row in rows}
    lead_of: dict[object, list[Key]] = {}
    for key, is_lead in leads.items():
        if is_lead:
            lead_of.setdefault(key[1], []).append(key)
    leaving = [row.pk for row in rows if row.remove and row.pk]
    on_duty: set[tuple[str, str]] = set()
    if leaving:
        on_duty = set(
            DutyShift.objects.filter(ends_at__gt=timezone.now()).values_list("member__code", "station__code")
        )
    for row in rows:
        yield from ((row, fault) for fault in _posted(row, lookups))
        others = [key[0] for key in lead_of.get(row.final["station"], []) if key != row.key]
        if row.final["is_lead"] and not row.remove and others:
            yield (
                row,
                (
                    "is_lead",
                    _("这个工作站的站长是 %(code)s；先把那一行的站长改为“否”。") % {"code": others[0]},
                ),
            )
        if row.remove and row.key in on_duty:
            yield row, ("remove", _("这位委员在这里还有值班，请先移除值班。"))


def shifts(rows: list[Row], lookups: Lookups, existing: Existings) -> Faults:
    """A shift ends after it begins; who has it is posted there and nowhere else at that time."""
    today = timezone.localdate()
    after = {key: existing_shift.values for key, existing_shift in existing.items()}
    after |= {row.key: row.final for row in rows}
    for row in rows:
        if row.remove:
            after.pop(row.key, None)
    by_member: dict[object, list[tuple[Key, Mapping[str, object]]]] = {}
    for key, values in after.items():
        by_member.setdefault((values["member"], values["date"]), []).append((key, values))
    for row in rows:
        faults = list(_posted(row, lookups))
        yield from ((row, fault) for fault in faults)
        if row.remove or faults:
            continue
        if row.final["end"] <= row.final["start"]:
            yield row, ("end", _("结束要晚于开始；跨过半夜的请分成两行。"))
            continue
        if abs(row.final["date"] - today) > timedelta(days=FARTHEST_DAYS):
            yield row, ("date", _("日期离今天超过一年，请看看年份。"))
        if (row.final["member"], row.final["station"]) not in lookups.postings:
            yield row, ("member", _("这位委员没有进这个工作站。"))
        for key, other in by_member.get((row.final["member"], row.final["date"]), []):
            overlaps = other["start"] < row.final["end"] and other["end"] > row.final["start"]
            if key != row.key and overlaps:
                yield (
                    row,
                    (
                        "start",
                        _("与这位委员在 %(station)s 的值班（%(start)s–%(end)s）重叠。")
                        % {
                            "station": other["station"],
                            "start": f"{other['start']:%H:%M}",
                            "end": f"{other['end']:%H:%M}",
                        },
                    ),
                )
                break
