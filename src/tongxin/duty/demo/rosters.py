"""The demo's rosters: patterns everywhere, last days and this month published, next month half so; leave and a swap."""

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from tongxin.accounts.models import User
from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor, Assignment
from tongxin.directory.models import Area, DutyShift, Member, Posting, Workstation
from tongxin.directory.selectors import on_duty_now
from tongxin.duty.actions.rosters import drafts, handover, leave, publishing, slots, swaps
from tongxin.duty.actions.rosters.common import Refused, leave_on
from tongxin.duty.models import Leave, RosterPattern
from tongxin.duty.months import month_of, month_start, next_month
from tongxin.duty.selectors.shifts import stand_ins

OFFICE = Actor(
    role=Role.OFFICE, label="政协办公室", assignments=frozenset({Assignment(Role.OFFICE, Scope.DISTRICT, 0)})
)
IN_EACH_MODE = 4
"""So many stations have somebody on duty in each way at the moment the demo is loaded."""
MODE, RULE = DutyShift.Mode, RosterPattern.Rule
DRAFTS = 9
"""Stations whose next month is still a draft."""


@transaction.atomic
def load_rosters(now: datetime) -> None:
    """Play it all through the actions of the product; a district that has patterns already is left alone."""
    if RosterPattern.objects.exists() or not Posting.objects.exists():
        return
    stations = list(Workstation.objects.filter(is_active=True).select_related("area").order_by("area__code"))
    streets = [station for station in stations if station.area.level == Area.Level.STREET]
    communities = [station for station in stations if station.area.level == Area.Level.COMMUNITY]
    RosterPattern.objects.bulk_create(
        [pattern for n, s in enumerate(streets) for pattern in _of_street(s, n)]
        + [pattern for n, s in enumerate(communities) for pattern in _of_community(s, n)]
    )
    this = month_of(timezone.localdate(now))
    before = month_start(this) - timedelta(days=4)
    drafts.draft_all(this, actor=OFFICE, at=before)
    publishing.publish_all(this, actor=OFFICE, at=before)
    _away(communities, now)
    drafts.draft_all(next_month(this), actor=OFFICE, at=now)
    publishing.publish_all(
        next_month(this), actor=OFFICE, besides=[s.pk for s in communities[-DRAFTS:]], at=now
    )
    put_on_duty(now)
    _ask_around(now)
    _notes(streets[:2], now)


def _of_street(station: Workstation, number: int) -> list[RosterPattern]:
    """A street receives people every working morning and sits on line on two afternoons, one evening by turns."""
    turn = date(2026, 1, 5) + timedelta(weeks=number % 2)
    return [
        RosterPattern(
            station=station, name="工作日上午接待", mode=MODE.OFFLINE, rule=RULE.WEEKDAYS,
            days=[1, 2, 3, 4, 5], starts=time(9), ends=time(11, 30),
        ),
        RosterPattern(
            station=station, name="下午线上值班", mode=MODE.ONLINE, rule=RULE.WEEKDAYS,
            days=[1 + number % 3, 3 + number % 3], starts=time(14, 30), ends=time(17),
        ),
        RosterPattern(
            station=station, name="隔周晚间线上", mode=MODE.ONLINE, rule=RULE.WEEKDAYS, days=[1 + number % 7],
            every_weeks=2, counted_from=turn, starts=time(19), ends=time(21), on_holiday="skip",
        ),
    ]  # fmt: skip


def _of_community(station: Workstation, number: int) -> list[RosterPattern]:
    """A community receives people on two days of the month and sits on line every other week."""
    return [
        RosterPattern(
            station=station, name="每月 10 号、20 号接待", mode=MODE.OFFLINE, rule=RULE.MONTH_DAYS,
            days=[10, 20], starts=time(9), ends=time(11, 30), people=2,
        )
        if number % 3
        else RosterPattern(
            station=station, name="每月 5 号、15 号、25 号接待", mode=MODE.OFFLINE, rule=RULE.MONTH_DAYS,
            days=[5, 15, 25], starts=time(14, 30), ends=time(17),
        ),
        RosterPattern(
            station=station, name="隔周线上值班", mode=MODE.ONLINE, rule=RULE.WEEKDAYS, days=[1 + number % 5],
            every_weeks=2, counted_from=date(2026, 1, 5) + timedelta(weeks=number % 2),
            starts=time(14, 30), ends=time(17),
        ),
    ]  # fmt: skip


def _actor(user: User) -> Actor:
    return user.as_actor()


def _ask(member: Member, first: date, days: int, reason: str, at: datetime) -> Leave | None:
    if member.user is None:
        return None
    last = first + timedelta(days=days - 1)
    return leave.ask_leave(actor=_actor(member.user), starts_on=first, ends_on=last, reason=reason, at=at)


def _away(communities: list[Workstation], now: datetime) -> None:
    """Everybody of one station is away next month, so it has gaps; others ask and are or aren't answered yet."""
    today, coming = timezone.localdate(now), next_month(month_of(timezone.localdate(now)))
    postings = Posting.objects.filter(station__in=communities[:12], member__user__isnull=False)
    people: dict[int, list[Member]] = {}
    for posting in postings.select_related("member__user").order_by("station__area__code", "member__code"):
        people.setdefault(posting.station_id, []).append(posting.member)
    groups = list(people.values())
    if len(groups) < 8:
        return
    for member in groups[0]:
        asked = _ask(member, coming + timedelta(days=7), 16, "外出学习考察。", now - timedelta(days=2))
        if asked:
            leave.answer_leave(asked.pk, actor=OFFICE, is_granted=True, at=now - timedelta(days=1))
    # Granted after this month was published: their shifts have to be given to others.
    for group, reason in zip(groups[1:4], ("住院检查。", "出差。", "探亲。"), strict=True):
        asked = _ask(group[0], today, 12, reason, now - timedelta(days=2))
        if asked:
            leave.answer_leave(asked.pk, actor=OFFICE, is_granted=True, at=now - timedelta(hours=20))
    for group, reason in zip(groups[4:7], ("参加培训。", "", "家里有事。"), strict=True):
        _ask(group[0], today + timedelta(days=3), 5, reason, now - timedelta(hours=3))
    declined = _ask(groups[7][0], today + timedelta(days=1), 20, "最近忙。", now - timedelta(days=2))
    if declined:
        leave.answer_leave(
            declined.pk,
            actor=OFFICE,
            is_granted=False,
            answer="那几天站里只有您一位，可以先找人换班。",
            at=now - timedelta(days=1),
        )


def put_on_duty(now: datetime) -> int:
    """See that four stations have somebody on duty in each way at this moment; returns how many shifts that took."""
    hour = timezone.localtime(now).replace(minute=0, second=0, microsecond=0)
    start = max(hour - timedelta(hours=1), month_start(month_of(hour.date())))
    end = hour + timedelta(hours=4)
    running = on_duty_now(at=now)
    have = {mode: sum(shift.mode == mode for shift in running) for mode in MODE.values}
    added, taken = 0, {shift.station_id for shift in running}
    postings = Posting.objects.filter(member__is_active=True, station__is_active=True)
    for posting in postings.select_related("member", "station__area").order_by("station__area__code", "pk"):
        mode = min(have, key=lambda each: have[each])
        if have[mode] >= IN_EACH_MODE:
            break
        if posting.station_id in taken:
            continue
        given = slots.SlotGiven(mode, start, end, posting.member)
        try:
            with transaction.atomic():
                slots.add_slots(posting.station, given, actor=OFFICE, at=now)
        except Refused:
            continue
        taken.add(posting.station_id)
        have[mode] += 1
        added += 1
    return added


def _ask_around(now: datetime) -> None:
    """Whoever is on duty now and has an account asks for a swap of their next shift, and is asked for one."""
    running = [shift for shift in on_duty_now(at=now) if shift.member.user_id is not None]
    asked = 0
    for shift in running:
        coming = (
            DutyShift.objects.filter(member=shift.member, starts_at__gt=now)
            .select_related("station__area", "member__user")
            .first()
        )
        if coming is None or leave_on(shift.member_id, coming.starts_at, coming.ends_at):
            continue
        others = [member for member in stand_ins(coming) if member.user_id is not None]
        if not others:
            continue
        swaps.ask_swap(
            coming,
            actor=_actor(coming.member.user),  # type: ignore[arg-type]
            asked_of=others[0],
            words="那天要去外地开会，能不能替我值一次？",
            at=now - timedelta(hours=2),
        )
        asked += 1
        theirs = (
            DutyShift.objects.filter(member=others[0], starts_at__gt=now)
            .exclude(pk=coming.pk)
            .select_related("station__area")
            .first()
        )
        if theirs is not None and shift.member in stand_ins(theirs):
            swaps.ask_swap(
                theirs,
                actor=_actor(others[0].user),  # type: ignore[arg-type]
                asked_of=shift.member,
                words="这一次想请您代一下。",
                at=now - timedelta(hours=1),
            )
            asked += 1
        if asked >= 2:
            return


def _notes(streets: list[Workstation], now: datetime) -> None:
    for station in streets:
        liaison = User.objects.filter(username=f"liaison-{station.code}").first()
        if liaison is None:
            continue
        actor = _actor(liaison)
        done = handover.write_hand_over(
            station, "接待室钥匙放在一楼服务台，用完放回去。", actor=actor, at=now - timedelta(days=1)
        )
        handover.tick_hand_over(done.pk, actor=actor, at=now - timedelta(hours=4))
        handover.write_hand_over(
            station,
            "昨天来过一位大爷问加装电梯的补贴，答应今天给他回话，材料在蓝色文件夹里。",
            actor=actor,
            at=now - timedelta(hours=3),
        )
