"""The demo's invented staff: somebody for every role and place, and who is offered first on the demo page."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from django.contrib.auth.hashers import make_password
from django.db import transaction

from tongxin.accounts.models import RoleAssignment, User
from tongxin.accounts.roles import Role, Scope

SURNAMES = "何易彭谭龙贺唐邓罗袁邹熊夏苏潘钟姜崔谢曾萧蒋傅余"
GIVEN = [
    "清",
    "敏",
    "远航",
    "思齐",
    "立新",
    "晓岚",
    "建平",
    "文静",
    "永康",
    "若谷",
    "志刚",
    "秋实",
    "海涛",
    "雨桐",
    "国安",
]


class Place(Protocol):
    """What the loader needs to know of an area, a unit or a workstation."""

    pk: int
    code: str
    name: str


class Named(Protocol):
    """What the loader needs to know of a special committee."""

    pk: int
    name: str


class Person(Protocol):
    """What the loader needs to know of a member."""

    pk: int
    code: str
    name: str
    user_id: int | None
    user: Any


_on_duty: list[Callable[[], str | None]] = []


def register_on_duty(source: Callable[[], str | None]) -> None:
    """Say who finds the user name of a member on duty now; for the demo page."""
    _on_duty[:] = [source]


def member_on_duty() -> str | None:
    """User name of a member on duty now, if anybody can tell."""
    return _on_duty[0]() if _on_duty else None


Waiting = Mapping[tuple[str, int], int]
_waiting: list[Callable[[], Waiting]] = []


def register_waiting(source: Callable[[], Waiting]) -> None:
    """Say who counts what waits for each role in each place (its number); for the demo page."""
    _waiting[:] = [source]


def waiting_by_place() -> Waiting:
    """How much waits for each role in each place, as far as anybody can tell."""
    return _waiting[0]() if _waiting else {}


def _invented(number: int) -> str:
    surname = SURNAMES[number * 7 % len(SURNAMES)]
    return surname + GIVEN[(number * 11 + number // len(SURNAMES)) % len(GIVEN)]


class _Wanted(NamedTuple):
    username: str
    capacity: str
    role: Role
    scope: Scope = Scope.DISTRICT
    scope_id: int = 0


def _wanted(
    units: Iterable[Place], stations: Iterable[Place], streets: Iterable[Place], committees: Iterable[Named]
) -> list[_Wanted]:
    wanted = [
        _Wanted("office", "区政协办公室", Role.OFFICE),
        _Wanted("convener", "区政协召集人", Role.CONVENER),
        _Wanted("principal", "区领导", Role.PRINCIPAL),
        _Wanted("sysadmin", "系统管理员", Role.SYSTEM_ADMIN),
        _Wanted("secadmin", "安全管理员", Role.SECURITY_ADMIN),
        _Wanted("auditadmin", "审计管理员", Role.AUDIT_ADMIN),
    ]
    wanted += [
        _Wanted(f"liaison-{s.code}", f"{s.name}联络员", Role.LIAISON, Scope.STATION, s.pk) for s in stations
    ]
    wanted += [
        _Wanted(f"convener-{s.code}", f"{s.name}召集人", Role.CONVENER, Scope.STREET, s.pk) for s in streets
    ]
    wanted += [
        _Wanted(f"committee-{c.pk}", f"{c.name}办公室", Role.OFFICE, Scope.COMMITTEE, c.pk)
        for c in committees
    ]
    for unit in units:
        wanted.append(
            _Wanted(f"decider-{unit.code}", f"{unit.name}（定事）", Role.DECIDER, Scope.UNIT, unit.pk)
        )
        wanted.append(_Wanted(f"unit-{unit.code}", f"{unit.name}（承办）", Role.UNIT, Scope.UNIT, unit.pk))
    return wanted


@transaction.atomic
def load_accounts(
    *,
    units: Sequence[Place],
    stations: Sequence[Place],
    streets: Sequence[Place],
    members: Sequence[Person] = (),
    committees: Sequence[Named] = (),
) -> dict[str, User]:
    """Make the demo's accounts that are not there yet and link the members' accounts to them; by user name.

    Nobody has a password: in the demo one steps into a role. Running it again adds only what is missing.
    """
    wanted = _wanted(units, stations, streets, committees)
    wanted += [_Wanted(f"member-{m.code}", "", Role.MEMBER) for m in members]
    names = {f"member-{m.code}": m.name for m in members}
    usernames = [w.username for w in wanted]
    there = set(User.objects.filter(username__in=usernames).values_list("username", flat=True))
    missing = [(number, w) for number, w in enumerate(wanted) if w.username not in there]
    User.objects.bulk_create(
        [
            User(
                username=w.username,
                display_name=(names.get(w.username) or f"{w.capacity} {_invented(number)}")[:40],
                password=make_password(None),
            )
            for number, w in missing
        ],
        batch_size=500,
    )
    users = {u.username: u for u in User.objects.filter(username__in=usernames)}
    RoleAssignment.objects.bulk_create(
        [
            RoleAssignment(
                user=users[w.username], role=w.role.value, scope=w.scope.value, scope_id=w.scope_id
            )
            for _number, w in missing
        ],
        batch_size=500,
    )
    unlinked = [m for m in members if m.user_id is None]
    for member in unlinked:
        member.user = users[f"member-{member.code}"]
    if unlinked:
        type(unlinked[0])._default_manager.bulk_update(unlinked, ["user"], batch_size=300)  # type: ignore[attr-defined]
    return users
