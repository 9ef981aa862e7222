"""Conversations of the demo district: waiting, late, answered, converted, transferred, closed and rated; ready answers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.core.receipts import new_token
from tongxin.directory.models import DutyShift, Posting, Workstation
from tongxin.duty.actions import desk
from tongxin.duty.models import CannedAnswer
from tongxin.matters.actions.raising import passer_by
from tongxin.matters.models import Category

CANNED = (
    (
        "sanitation",
        "垃圾清运",
        "您好，垃圾清运由街道城管办安排，我今天就把点位转给他们，明天上午给您回话。麻烦说一下具体在哪栋楼下、大概几点没人收。",
    ),
    (
        "road_traffic",
        "路灯、信号灯报修",
        "您好，收到。请告诉我灯杆上的编号（一般贴在一人高的地方），没有编号就说最近的门牌。报修以后三天内有人来看，我跟着。",
    ),
    (
        "noise",
        "夜间施工和噪声",
        "您好，夜里十点到早上六点施工要有许可。今晚再吵，请当场打 12345，会有人到场；我这边同时查他们有没有办夜间施工证。",
    ),
    (
        "elderly",
        "老年人助餐和上门服务",
        "您好，社区助餐点中午十一点到一点开，六十岁以上凭身份证有补贴。走不动的可以登记送餐，您把社区告诉我，我请联络员联系您。",
    ),
    (
        "",
        "先说明：我们能做什么",
        "您好，我是值班委员。政协是商量事的平台，不直接审批、不执法；但您说的每件事都有人接、有回音，需要办的我帮您转成事项，您凭编号一直能查。",
    ),
    (
        "",
        "涉及诉讼的事",
        "您好，正在打官司或者仲裁的事，政协不能介入。可以帮您联系免费的法律援助：区公共法律服务中心，工作日都在。",
    ),
)


@dataclass(frozen=True)
class _Talk:
    """One conversation: whose, how long ago (hours), what was said, how it went on."""

    category: str
    hours: float
    words: str
    answers: tuple[tuple[float, str, str], ...] = ()
    """(hours after the question, ``desk`` or ``resident``, words)"""
    then: str = ""
    rating: tuple[str, int, str] | None = None


TALKS = (
    _Talk("sanitation", 0.2, "楼下的垃圾桶三天没人收了，天热味道大，该找谁？"),
    _Talk("elderly", 0.1, "我妈八十二了，一个人住，社区有没有送饭的？怎么登记？"),
    _Talk("noise", 30, "工地半夜两点还在打桩，连着两晚了，孩子睡不着。"),
    _Talk("road_traffic", 52, "学校门口的斑马线磨得看不见了，能不能重新划？"),
    _Talk(
        "elderly",
        26,
        "老年证在哪里办？要带什么？",
        ((0.3, "desk", "您好，带身份证和一张两寸照片，到社区服务中心一楼就能办，当场拿证。"),),
    ),
    _Talk(
        "housing",
        50,
        "旧小区加装电梯，一楼不同意怎么办？",
        (
            (
                0.4,
                "desk",
                "您好，加装电梯要三分之二以上同意，一楼的意见可以请社区一起坐下来谈，常见的办法是补偿和改通风采光。",
            ),
            (5, "resident", "谢谢。那谈不拢能不能先立项？"),
            (6, "desk", "可以先做意向征询，不影响后面谈。我下周二在站里，您可以带上楼栋的人一起来。"),
        ),
    ),
    _Talk(
        "health",
        75,
        "社区医院能不能打流感疫苗，老人免费吗？",
        ((0.2, "desk", "您好，能打。六十五岁以上今年免费，带医保卡，上午八点到十一点。"),),
        "closed",
        ("yes", 5, "答得快，讲得清楚。"),
    ),
    _Talk(
        "education",
        120,
        "孩子转学要什么材料？跑了两趟都说不齐。",
        (
            (
                0.4,
                "desk",
                "您好，要户口本、房产证或租房备案、原学校的学籍证明。租房备案在社区就能开，我把清单发在这里，您照着备。",
            ),
        ),
        "closed",
        ("partly", 4, "清单有用，就是还得跑一趟。"),
    ),
    _Talk(
        "green",
        150,
        "树枝伸到窗户上了，打了几次电话没人来修。",
        ((20, "desk", "您好，让您久等了。我已经找园林局要了派工单，这周内修，修完您说一声。"),),
        "closed",
        ("no", 2, "说这周修，又过了一周还没来。"),
    ),
    _Talk(
        "road_traffic",
        200,
        "菜市场门口早上全是电动车，老人买菜要走到马路中间，能不能划个停车区？",
        (
            (
                0.4,
                "desk",
                "您好，这个位置不只您一个人说。要交警和街道一起看，我帮您转成事项，您凭编号查进度。",
            ),
        ),
        "converted",
    ),
    _Talk("sanitation", 90, "巷子里的化粪池冒了两次，味道进屋。", (), "converted"),
    _Talk("culture", 28, "想在社区办个读书会，场地找谁借？", (), "transferred"),
    _Talk(
        "business",
        170,
        "小店门口的招牌要不要审批？",
        ((0.5, "desk", "您好，门头招牌要备案，不收费，手机上就能办，搜“户外招牌备案”。"),),
    ),
    _Talk(
        "accessibility",
        60,
        "轮椅上不了社区服务中心的台阶，坡道太陡。",
        (
            (0.3, "desk", "您好，我去看过了，坡道确实太陡。"),
            (0.4, "desk", "我请社区这个月改，改之前您打站里电话，有人下来帮您。"),
        ),
        "closed",
        ("yes", 5, ""),
    ),
    _Talk("other", 12, "请问今年的政协会议市民能去旁听吗？"),
)


def play(now: datetime) -> None:
    """About fifteen conversations at stations with members who have an account. Under three seconds."""
    categories = {one.code: one for one in Category.objects.all()}
    for code, title, text in CANNED:
        CannedAnswer.objects.get_or_create(
            title=title, defaults={"text": text, "category": categories.get(code)}
        )
    stations = _stations(now)
    if not stations:
        return
    for index, talk in enumerate(TALKS):
        station, actor = stations[index % len(stations)]
        _play(talk, station, actor, categories=categories, stations=[one for one, _who in stations], now=now)


def _stations(now: datetime) -> list[tuple[Workstation, Actor]]:
    """Stations with an answering member: those on line now first, so that the page shows a live desk."""
    on_line = set(
        DutyShift.objects.filter(mode="online", starts_at__lte=now, ends_at__gt=now).values_list(
            "station_id", flat=True
        )
    )
    found: dict[int, tuple[Workstation, Actor]] = {}
    for posting in (
        Posting.objects.filter(member__user__isnull=False, member__is_active=True)
        .select_related("member__user", "station__area__parent")
        .order_by("pk")
    ):
        user = posting.member.user
        if posting.station_id not in found and user is not None:
            found[posting.station_id] = (posting.station, user.as_actor(Role.MEMBER))
    return sorted(found.values(), key=lambda pair: (pair[0].pk not in on_line, pair[0].code))[:6]


def _play(
    talk: _Talk,
    station: Workstation,
    actor: Actor,
    *,
    categories: dict[str, Category],
    stations: list[Workstation],
    now: datetime,
) -> None:
    asked_at = now - timedelta(hours=talk.hours)
    asked = desk.ask_desk(
        station,
        actor=passer_by(),
        token=new_token("desk_ask"),
        text=talk.words,
        category=categories.get(talk.category),
        at=asked_at,
    )
    thread = asked.thread
    holder = Actor(role=Role.RAISER, label="居民", receipt_id=asked.issued.receipt.pk)
    at = asked_at
    for hours, side, words in talk.answers:
        at = asked_at + timedelta(hours=hours)
        desk.write_message(
            thread,
            actor=actor if side == "desk" else holder,
            token=new_token("desk_say"),
            text=words,
            at=at,
        )
    at += timedelta(hours=2)
    later: dict[str, Callable[[], object]] = {
        "closed": lambda: desk.close_thread(thread, actor=actor, seen_version=None, at=at),
        "converted": lambda: desk.convert_thread(
            thread,
            actor=actor,
            title=talk.words.split("，")[0][:40],
            area=station.area,
            category=thread.category,
            seen_version=None,
            at=at,
        ),
        "transferred": lambda: desk.transfer_thread(
            thread,
            actor=actor,
            to=stations[(stations.index(station) + 1) % len(stations)],
            reason="场地归那边的文化站管，请接着答。",
            seen_version=None,
            at=at,
        ),
    }
    if talk.then:
        later[talk.then]()
    if talk.rating:
        solved, attitude, words = talk.rating
        desk.rate_thread(
            thread, actor=holder, solved=solved, attitude=attitude, words=words, at=at + timedelta(hours=1)
        )
