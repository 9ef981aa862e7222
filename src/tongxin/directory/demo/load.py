"""Load the demo district: real places, typical bodies, invented people.

Codes are made to be read aloud: ``W-002`` is the station of the street 430103002, ``W-002-01`` that of its first
community; units are ``G01`` (departments), ``S-002`` (street offices) and ``C-002-01`` (community committees).
"""

import csv
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from random import Random

from django.db import connection, transaction
from django.utils import timezone

from tongxin.core import ledger
from tongxin.directory.demo.names import people, profession
from tongxin.directory.models import (
    Area,
    Committee,
    Member,
    Posting,
    Sector,
    Term,
    Unit,
    Workstation,
)

HERE = Path(__file__).parent
DISTRICT = ("430103", "天心区")
COMMUNITIES = 95
DISTRICT_MEMBERS = 203
CITY_MEMBERS = 54
# Roughly where each street lies; the communities are scattered around it at random.
CENTRES = {
    "430103002": (28.190, 112.970),
    "430103004": (28.184, 112.983),
    "430103005": (28.171, 112.972),
    "430103006": (28.160, 112.980),
    "430103007": (28.132, 112.978),
    "430103008": (28.122, 112.990),
    "430103009": (28.114, 112.984),
    "430103010": (28.148, 112.984),
    "430103011": (28.128, 112.998),
    "430103012": (28.106, 113.003),
    "430103013": (28.098, 112.972),
    "430103014": (28.080, 112.985),
    "430103015": (28.060, 112.992),
    "430103016": (28.055, 113.005),
}
OPENING = "周一至周五 9:00–12:00，14:30–17:30"


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows were written."""

    areas: int
    units: int
    stations: int
    members: int


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@transaction.atomic
def load_directory(rng: Random, *, at: datetime | None = None) -> Loaded:
    """Write the whole demo directory into an empty database; the same seed and day write the same rows."""
    at = at or timezone.now()
    streets, communities = _areas(rng)
    units = _units(streets, communities)
    stations = _stations(rng, streets, communities)
    members = _members(rng, at)
    _postings(rng, stations, members)
    # What the database believes of tables that were vacuumed while they held only rows undone again is that they are
    # empty; a join planned on that belief takes minutes. Whoever reads in this transaction needs better.
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE directory_area, directory_unit, directory_workstation, directory_member, directory_posting"
        )
    counts = Loaded(
        areas=1 + len(streets) + len(communities),
        units=len(units),
        stations=len(stations),
        members=len(members),
    )
    ledger.append(
        "directory.changed",
        body={"kind": "demo", "created": counts.areas + counts.units + counts.stations + counts.members},
        at=at,
    )
    return counts


def _areas(rng: Random) -> tuple[list[Area], list[Area]]:
    district = Area.objects.create(
        code=DISTRICT[0], name=DISTRICT[1], level=Area.Level.DISTRICT, latitude=28.1145, longitude=112.9898
    )
    streets = Area.objects.bulk_create(
        Area(
            code=row["code"],
            name=row["name"],
            level=Area.Level.STREET,
            parent=district,
            latitude=CENTRES[row["code"]][0],
            longitude=CENTRES[row["code"]][1],
        )
        for row in _rows("streets")
    )
    names: dict[str, list[tuple[str, bool]]] = {street.name: [] for street in streets}
    for row in _rows("communities"):
        names[row["street"]].append((row["name"], False))
    for number in range(1, COMMUNITIES - sum(map(len, names.values())) + 1):
        fewest = min(names, key=lambda street: len(names[street]))
        names[fewest].append((f"示例社区{number:02}", True))
    communities = Area.objects.bulk_create(
        Area(
            code=f"{street.code}{number:03}",
            name=name,
            level=Area.Level.COMMUNITY,
            parent=street,
            latitude=round(min(28.2, max(28.05, CENTRES[street.code][0] + rng.uniform(-0.008, 0.008))), 5),
            longitude=round(
                min(113.02, max(112.95, CENTRES[street.code][1] + rng.uniform(-0.009, 0.009))), 5
            ),
            is_example=is_example,
        )
        for street in streets
        for number, (name, is_example) in enumerate(names[street.name], 1)
    )
    return streets, communities


def short_code(area: Area) -> str:
    """What tells an area apart within the district: ``002`` for a street, ``002-01`` for its first community."""
    return area.code[6:9] + (f"-{int(area.code[9:]):02}" if len(area.code) > 9 else "")


def _units(streets: list[Area], communities: list[Area]) -> list[Unit]:
    departments = [row for row in _rows("units") if row["kind"] != Unit.Kind.STREET]
    units = [
        Unit(code=f"G{n:02}", name=row["name"], kind=row["kind"]) for n, row in enumerate(departments, 1)
    ]
    units += [
        Unit(code=f"S-{short_code(area)}", name=area.name, kind=Unit.Kind.STREET, area=area)
        for area in streets
    ]
    units += [
        Unit(
            code=f"C-{short_code(area)}",
            # Two streets may each have a community of the same name: a unit's name is unique.
            name=f"{area.parent.name.removesuffix('街道')}·{area.name}" if area.parent else area.name,
            kind=Unit.Kind.COMMUNITY,
            area=area,
        )
        for area in communities
    ]
    return Unit.objects.bulk_create(units)


def _stations(rng: Random, streets: list[Area], communities: list[Area]) -> list[Workstation]:
    roads = (
        "芙蓉南路",
        "书院路",
        "劳动西路",
        "新开铺路",
        "湘府路",
        "友谊路",
        "竹塘路",
        "黑石铺路",
        "韶山南路",
        "人民西路",
    )
    return Workstation.objects.bulk_create(
        Workstation(
            code=f"W-{short_code(area)}",
            name=f"{area.name}委员工作站" if area.level == Area.Level.STREET else f"{area.name}委员工作室",
            area=area,
            address=f"{area.name}{rng.choice(roads)}{rng.randint(2, 388)}号（示例地址）",
            opening=OPENING,
            phone=f"0731-5550{number:04}",
        )
        for number, area in enumerate([*streets, *communities], 1)
    )


def _members(rng: Random, at: datetime) -> list[Member]:
    sectors = Sector.objects.bulk_create(Sector(name=row["name"]) for row in _rows("sectors"))
    committees = Committee.objects.bulk_create(Committee(name=row["name"]) for row in _rows("committees"))
    first_year = at.year - (at.year - 2022) % 5
    term = Term.objects.create(
        name=f"{first_year}—{first_year + 4}年届",
        starts_on=date(first_year, 1, 1),
        ends_on=date(first_year + 4, 12, 31),
    )
    names = people(rng)
    members = []
    for number in range(DISTRICT_MEMBERS + CITY_MEMBERS):
        is_city = number >= DISTRICT_MEMBERS
        sector = sectors[number % len(sectors)]
        members.append(
            Member(
                code=f"S{number - DISTRICT_MEMBERS + 1:04}" if is_city else f"Q{number + 1:04}",
                name=names[number],
                level=Member.Level.CITY if is_city else Member.Level.DISTRICT,
                sector=sector,
                committee=None if is_city else rng.choice(committees),
                term=term,
                profession=profession(rng, sector.name),
            )
        )
    return Member.objects.bulk_create(members)


def _postings(rng: Random, stations: list[Workstation], members: list[Member]) -> None:
    """Everybody is posted once: two to each station, a third to as many as there are people for, streets first."""
    order = list(members)
    rng.shuffle(order)
    Posting.objects.bulk_create(
        Posting(member=member, station=stations[n % len(stations)], is_lead=n < len(stations))
        for n, member in enumerate(order)
    )
