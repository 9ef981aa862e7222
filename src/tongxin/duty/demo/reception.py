"""The demo's receptions (past, today's with its queue, to come, a chairpersons' day) and visits, by the real actions."""

from datetime import datetime, time, timedelta

from django.utils import timezone

from tongxin.accounts.models import User
from tongxin.core.actor import Actor
from tongxin.core.contacts import ContactGiven
from tongxin.core.receipts import new_token
from tongxin.directory.models import Member, Unit, Workstation
from tongxin.duty.actions.reception import desk
from tongxin.duty.actions.reception.booking import book, cancel_booking
from tongxin.duty.actions.reception.planning import (
    Plan,
    cancel_reception,
    close_reception,
    open_reception,
    plan_receptions,
)
from tongxin.duty.actions.reception.visits import ConcernGiven, VisitGiven, record_visit
from tongxin.duty.models import Reception
from tongxin.matters.actions.acting import finish_action, reply_to_suggestion
from tongxin.matters.actions.raising import passer_by
from tongxin.matters.actions.triage import accept_suggestion
from tongxin.matters.models import Category, Matter

CONTACT = ContactGiven("示例居民", "13800000000", "同意为办这件事联系我。随时可以撤回。")
TOPICS = "老旧小区加装电梯\n小区停车和充电\n菜市场改造"
HEARD = (
    ("楼道里的感应灯坏了两个，晚上上楼看不见。", "2栋1单元"),
    ("菜市场门口的污水井一到下雨就冒水，摊位前都是脏水。", "菜市场北门"),
    ("小区里没有无障碍坡道，轮椅出不了单元门。", "7栋"),
)
SPOT = ("问社保卡怎么补办，当场说清楚了，到街道政务大厅办。", "想了解高龄补贴，已给办事指南。")
TODAY = (
    # booked slot (None: walk-in), needs help, what about, minutes since arrival, what happened
    (0, False, "楼道灯的事", 95, "matter"),
    (None, True, "社保卡", 88, "spot"),
    (None, False, "", 80, "left"),
    (1, False, "反映菜市场污水", 70, "matter"),
    (None, False, "问补贴", 55, "spot"),
    (3, False, "物业收费不公开", 40, "serving"),
    (None, True, "", 30, "called"),
    (None, False, "", 24, "waiting"),
    (5, False, "充电桩", 18, "waiting"),
    (None, True, "", 12, "waiting"),
    (None, False, "", 6, "waiting"),
    (9, False, "加装电梯的费用分摊", 0, "booked"),
    (10, True, "无障碍坡道", 0, "booked"),
)
RECENT = 7
"""Days within which what was heard may still wait for its triage."""
VISITS = (
    ("household", 1, 2, "两位老人独居，子女在外地，买菜不方便。", (0,)),
    ("enterprise", 2, 5, "临街商户反映晚上没有车位，货车装卸占道。", (1,)),
    ("site", 16, 12, "院落自治小组刚成立，想要一块公示栏。", (0, 2)),
    ("organisation", 24, 6, "学校门口接送时段很挤，愿意错峰放学。", ()),
    ("household", 33, 1, "", (2,)),
    ("other", 47, 8, "社区志愿者希望有固定的活动场地。", ()),
)


def _round(at: datetime) -> datetime:
    local = timezone.localtime(at)
    return local.replace(minute=local.minute // 15 * 15, second=0, microsecond=0)


def _day(now: datetime, days: int, hour: int) -> datetime:
    """That hour of a day so many days away, on a working day."""
    from tongxin.core.clocks import local_calendar

    calendar, day = local_calendar(), timezone.localdate(now) + timedelta(days=days)
    if not calendar.is_workday(day):
        day = calendar.next_workday(day)
    return timezone.make_aware(datetime.combine(day, time(hour)))


def _actor(username: str) -> Actor | None:
    user = User.objects.filter(username=username).first()
    return user.as_actor() if user else None


def play(now: datetime) -> None:
    """Play it. Under three seconds."""
    office = _actor("office")
    stations = [
        station
        for station in Workstation.objects.filter(is_active=True).select_related("area").order_by("code")[:12]
        if Member.objects.filter(postings__station=station, is_active=True).exists()
    ][:5]
    if office is None or not stations:
        return
    hosts = {one.pk: _hosts(one) for one in stations}
    _past(office, stations[0], hosts[stations[0].pk], now)
    _today(office, stations[0], hosts[stations[0].pk], now)
    _coming(office, stations, hosts, now)
    _visits(office, stations, hosts, now)


def _hosts(station: Workstation) -> list[Member]:
    return list(Member.objects.filter(postings__station=station, is_active=True).order_by("code")[:2])


def _past(office: Actor, station: Workstation, hosts: list[Member], now: datetime) -> None:
    start = _day(now, -14, 9)
    before = start - timedelta(days=7)
    plan = Plan(station, "station", "委员接待日", start, start + timedelta(hours=2), TOPICS, hosts=hosts)
    reception = plan_receptions(plan, actor=office, at=before)[0]
    for n in range(3):
        _book(reception, n, at=before + timedelta(days=1), topic=HEARD[n][0][:10])
    open_reception(reception, actor=office, at=start)
    for n, ticket in enumerate(reception.tickets.order_by("number")[:2]):
        at = start + timedelta(minutes=20 * n)
        desk.check_in(ticket, actor=office, at=at)
        called = desk.call_next(reception, actor=office, desk="1号窗口", at=at + timedelta(minutes=2))
        served = desk.start_serving(called, actor=office, at=at + timedelta(minutes=3))
        if n == 0:
            text, place = HEARD[2]
            heard = desk.Heard(text, station.area, place, station=station)
            made = desk.enter_matter(
                served, actor=office, token=new_token("enter"), heard=heard, at=at + timedelta(minutes=14)
            )
            _handle(made.matter, station, office, at)
        else:
            desk.end_without_matter(served, actor=office, how=SPOT[1], at=at + timedelta(minutes=12))
    close_reception(reception, actor=office, at=start + timedelta(hours=2))


def _book(
    reception: Reception,
    slot: int,
    *,
    at: datetime,
    topic: str = "",
    needs_help: bool = False,
    phone: bool = True,
) -> None:
    book(
        reception,
        actor=passer_by(),
        token=new_token("book"),
        slot_at=reception.starts_at + slot * timedelta(minutes=reception.slot_minutes),
        topic=topic,
        needs_help=needs_help,
        contact=CONTACT if phone else None,
        at=at,
    )


def _today(office: Actor, station: Workstation, hosts: list[Member], now: datetime) -> None:
    """A reception that is open, with people at two windows and a queue."""
    start = _round(now - timedelta(minutes=100))
    plan = Plan(
        station,
        "station",
        "委员接待日",
        start,
        start + timedelta(hours=4),
        TOPICS,
        hosts=hosts,
        seats_a_slot=2,
    )
    reception = plan_receptions(plan, actor=office, at=start - timedelta(days=6))[0]
    for slot, needs_help, topic, _minutes, _how in TODAY:
        if slot is not None:
            _book(reception, slot, at=start - timedelta(days=2), topic=topic, needs_help=needs_help)
    open_reception(reception, actor=office, at=start)
    booked = {ticket.topic: ticket for ticket in reception.tickets.all()}
    matters, spots = iter(HEARD), iter(SPOT)
    for slot, needs_help, topic, minutes, how in TODAY:
        at = max(start, now - timedelta(minutes=minutes))
        if how == "booked":
            continue
        if slot is not None:
            ticket = desk.check_in(booked[topic], actor=office, at=at)
        else:
            ticket = desk.take_walk_in(reception, actor=office, topic=topic, needs_help=needs_help, at=at)
        if how == "waiting":
            continue
        window = "2号窗口" if how == "called" else "1号窗口"
        ticket = desk.call_ticket(ticket, actor=office, desk=window, at=at + timedelta(minutes=1))
        if how == "left":
            desk.mark_left(ticket, actor=office, at=at + timedelta(minutes=4))
        if how in {"called", "left"}:
            continue
        ticket = desk.start_serving(ticket, actor=office, member=hosts[0], at=at + timedelta(minutes=2))
        if how == "spot":
            desk.end_without_matter(ticket, actor=office, how=next(spots), at=at + timedelta(minutes=9))
        elif how == "matter":
            text, place = next(matters)
            heard = desk.Heard(text, station.area, place, station=station, contact=CONTACT)
            desk.enter_matter(
                ticket, actor=office, token=new_token("enter"), heard=heard, at=at + timedelta(minutes=13)
            )


def _coming(
    office: Actor, stations: list[Workstation], hosts: dict[int, list[Member]], now: datetime
) -> None:
    """A row every week, a chairpersons' reception day with topics, one moved aside and cancelled."""
    for n, station in enumerate(stations):
        start = _day(now, 3 + n, 9)
        plan = Plan(
            station,
            "station",
            "委员接待日",
            start,
            start + timedelta(hours=2, minutes=30),
            hosts=hosts[station.pk],
        )
        made = plan_receptions(plan, actor=office, times=2, at=now - timedelta(days=3))
        if n == 0:
            for slot in (0, 1, 4):
                _book(made[0], slot, at=now - timedelta(days=1), topic="小区停车")
            cancel_booking(made[0].tickets.order_by("number")[1], at=now - timedelta(hours=5))
    street = next((one for one in stations if one.area.level == "street"), stations[0])
    start = _day(now, 9, 14)
    chair = Plan(
        street,
        "chair",
        "主席接待日",
        start,
        start + timedelta(hours=3),
        TOPICS,
        host_label="区政协主席、区政协副主席",
        hosts=hosts[street.pk][:1],
        slot_minutes=20,
        seats_a_slot=2,
    )
    day = plan_receptions(chair, actor=office, every="monthly", times=3, at=now - timedelta(days=5))[0]
    for slot in (0, 0, 1, 2):
        _book(day, slot, at=now - timedelta(days=1), topic="老旧小区加装电梯")
    off = _day(now, 6, 15)
    plan = Plan(
        stations[-1], "station", "委员接待日", off, off + timedelta(hours=2), hosts=hosts[stations[-1].pk]
    )
    cancelled = plan_receptions(plan, actor=office, at=now - timedelta(days=4))[0]
    _book(cancelled, 2, at=now - timedelta(days=2), topic="路面坑洼")
    cancel_reception(
        cancelled,
        actor=office,
        reason="社区换届选举占用场地，改到下周",
        seen_version=None,
        at=now - timedelta(hours=20),
    )


def _visits(
    office: Actor, stations: list[Workstation], hosts: dict[int, list[Member]], now: datetime
) -> None:
    categories = list(Category.objects.filter(is_active=True)[:3])
    for n, (kind, days, met, words, concerns) in enumerate(VISITS):
        station = stations[n % len(stations)]
        members = hosts[station.pk]
        at = min(_day(now, -days, 16), now - timedelta(hours=2))
        actor = members[0].user.as_actor() if members[0].user else office
        given = VisitGiven(
            members[0],
            kind,
            station.area,
            at - timedelta(hours=1),
            people_met=met,
            companions=members[1:] if n % 2 else [],
            words=words,
            was_offline=n == 2,
        )
        made = record_visit(
            actor=actor,
            token=new_token("visit"),
            given=given,
            concerns=[
                ConcernGiven(
                    HEARD[one][0],
                    HEARD[one][1],
                    categories[one % len(categories)] if categories else None,
                    CONTACT if one else None,
                )
                for one in concerns
            ],
            at=at,
        )
        if days > RECENT:
            for issued in made.issued:
                _handle(Matter.objects.get(pk=issued.receipt.dossier_id), station, office, at)


def _handle(matter: Matter, station: Workstation, office: Actor, at: datetime) -> None:
    """What was heard weeks ago has been taken up and done by the street, and waits for its raiser's rating."""
    street = station.area if station.area.level == "street" else station.area.parent
    unit = Unit.objects.filter(kind=Unit.Kind.STREET, area=street).first()
    does = _actor(f"unit-{unit.code}") if unit else None
    if unit is None or does is None:
        return
    category = matter.category or Category.objects.filter(is_active=True).first()
    accept_suggestion(
        matter,
        actor=office,
        title=matter.title.rstrip("。"),
        text=matter.original_text,
        category=category,
        lead_unit=unit,
        seen_version=None,
        at=at + timedelta(days=1),
    )
    reply_to_suggestion(
        Matter.objects.get(pk=matter.pk),
        actor=does,
        result="adopted",
        reasons="属实，三个工作日内处理。",
        workdays=3,
        seen_version=None,
        at=at + timedelta(days=2),
    )
    finish_action(
        Matter.objects.get(pk=matter.pk),
        actor=does,
        report="已经到现场处理好，请来看看。",
        seen_version=None,
        at=at + timedelta(days=4),
    )
