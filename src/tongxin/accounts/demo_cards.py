"""The cards of the demo page: who one can be, and what to try first as them."""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tongxin.accounts import selectors
from tongxin.accounts.demo import member_on_duty, waiting_by_place
from tongxin.accounts.models import User
from tongxin.accounts.roles import Role, Scope
from tongxin.accounts.scopes import places

Text = str | Promise
Link = tuple[Text, str]


@dataclass(frozen=True, slots=True)
class Card:
    """One role: who, what they come to do, what to try; ``user`` None is a resident, who needs no account."""

    title: Text
    duty: Text
    try_first: tuple[Text, ...]
    user: User | None = None
    links: tuple[Link, ...] = ()
    target: str = "/work/"
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Cards that belong together."""

    title: Text
    cards: list[Card] = field(default_factory=list)


FAVOURITES = {
    Scope.STATION: ("天剑", "大托"),
    Scope.STREET: ("青园", "金盆岭", "大托"),
    Scope.UNIT: ("金盆岭", "天剑", "城管", "城市管理", "交通", "公安"),
}
"""Where the demo's two named matters happen and a meeting is being held: offered where no others have more to do."""
DEPARTMENTS = {"government", "party", "organisation"}


class _Desks:
    """Finds the people whose desks have most to do, so that whoever steps in finds something to try."""

    def __init__(self) -> None:
        self._waiting = waiting_by_place()

    def busiest(
        self,
        role: Role,
        scope: Scope,
        groups: Collection[str] = (),
        *,
        skip: int = 0,
    ) -> tuple[User | None, int]:
        """Whoever holds the role in the place, of these groups, where most waits for it, and how much."""
        words = FAVOURITES.get(scope, ())
        candidates = sorted(
            (place for place in places(scope) if not groups or place.group in groups),
            key=lambda p: (
                -self._waiting.get((role, p.id), 0),
                next((i for i, word in enumerate(words) if word in p.name), len(words)),
            ),
        )
        for place in candidates[skip:]:
            user = selectors.role_in_place(role, scope, place.id)
            if user is not None:
                return user, self._waiting.get((role, place.id), 0)
        return None, 0


def _known(username: str | None) -> User | None:
    return selectors.account_named(username) if username else None


def cards() -> list[Group]:
    """The groups of the page; a role nobody holds in this database is left out."""
    member = _known(member_on_duty()) or selectors.role_in_place(Role.MEMBER, Scope.DISTRICT, 0)
    office = _known("office") or selectors.role_in_place(Role.OFFICE, Scope.DISTRICT, 0)
    desks = _Desks()
    residents = Card(
        _("居民"),
        _("不用登录，什么账号都不要。"),
        (_("提一件身边的事，记下查询码。"), _("用查询码看办到哪一步。"), _("给办完的事打分。")),
        links=(
            (_("提一件事"), "/raise/"),
            (_("查进度"), "/track/"),
            (_("大家的事"), "/matters/"),
            (_("看板"), "/board/"),
        ),
        target="/",
    )
    return [
        Group(
            _("居民和委员"),
            [
                residents,
                *_card(
                    member,
                    0,
                    _("值班委员"),
                    _("线上值班、接待群众、跟进事项。"),
                    (_("看本站来了什么事。"), _("写一条意见。"), _("看自己的值班表。")),
                ),
            ],
        ),
        Group(
            _("受理和协商"),
            [
                *_card(
                    *desks.busiest(Role.LIAISON, Scope.STATION),
                    _("工作站联络员"),
                    _("管好一个工作站，替来访的人登记。"),
                    (_("替来访的居民登记一件事。"), _("把新来的事转给该办的人。")),
                ),
                *_card(
                    *desks.busiest(Role.CONVENER, Scope.STREET),
                    _("召集人"),
                    _("发通知、开协商会、交纪要。"),
                    (_("给一件微协商发会议通知。"), _("写会议纪要，记下不同意见。")),
                ),
                *_card(
                    office,
                    0,
                    _("政协办公室"),
                    _("受理、转办、公示、回访，不替部门拍板。"),
                    (_("受理一件新提的事。"), _("预览公示，看系统标出的个人信息。"), _("批一个延期申请。")),
                ),
                *_card(
                    *desks.busiest(Role.OFFICE, Scope.COMMITTEE, skip=1),
                    _("专委会办公室"),
                    _("办归口到本专委会的事，别的事只看公开的部分。"),
                    (_("看归口到本专委会的事。"), _("选几件超期的，一起催办。")),
                ),
            ],
        ),
        Group(
            _("定事单位"),
            [
                *_card(
                    *desks.busiest(Role.DECIDER, Scope.UNIT, {"street"}),
                    _("街道"),
                    _("对协商结果作决定。"),
                    (_("采纳、部分采纳或说明为什么不行。"),),
                ),
                *_card(
                    *desks.busiest(Role.DECIDER, Scope.UNIT, {"community"}),
                    _("社区"),
                    _("对社区里的事作决定。"),
                    (_("看等着定的事。"),),
                ),
                *_card(
                    *desks.busiest(Role.DECIDER, Scope.UNIT, DEPARTMENTS),
                    _("部门"),
                    _("对职责内的事作决定。"),
                    (_("定牵头单位和期限。"),),
                ),
            ],
        ),
        Group(
            _("承办单位"),
            [
                *_card(
                    *desks.busiest(Role.UNIT, Scope.UNIT, {"street"}),
                    _("街道承办"),
                    _("接办、报进展、答复。"),
                    (_("接下一件事，或者说明该谁办。"),),
                ),
                *_card(
                    *desks.busiest(Role.UNIT, Scope.UNIT, DEPARTMENTS),
                    _("部门承办"),
                    _("接办、报进展、答复。"),
                    (_("报一次进展，附办理前后的照片。"),),
                ),
                *_card(
                    *desks.busiest(Role.UNIT, Scope.UNIT, DEPARTMENTS, skip=1),
                    _("另一个部门"),
                    _("会办，提意见。"),
                    (_("申请延期，写明原因。"),),
                ),
            ],
        ),
        Group(
            _("领导"),
            [
                *_card(
                    _known("principal"), 0, _("党政领导"), _("看重点和超期，督促落实。"), (_("看超期的事。"),)
                ),
            ],
        ),
        Group(
            _("三类管理员（三个人）"),
            [
                *_card(
                    _known("secadmin"),
                    0,
                    _("安全管理员"),
                    _("建账号、给角色、停用账号。"),
                    (_("给一个人加角色，再试试给自己加。"),),
                    target="/work/people/",
                ),
                *_card(
                    _known("auditadmin"),
                    0,
                    _("审计管理员"),
                    _("查谁看了谁的联系方式。"),
                    (_("按人和日期查登录记录。"),),
                    target="/work/audit/",
                ),
                *_card(
                    _known("sysadmin"),
                    0,
                    _("系统管理员"),
                    _("看健康状况，改工作日历。"),
                    (_("核对账本；把一天改成上班，看期限怎么变。"),),
                    target="/work/system/",
                ),
            ],
        ),
    ]


def _card(
    user: User | None,
    waiting: int,
    title: Text,
    duty: Text,
    first: tuple[Text, ...],
    *,
    target: str = "/work/",
) -> list[Card]:
    return [Card(title, duty, first, user=user, target=target, waiting=waiting)] if user is not None else []
