"""A year of one matter's life with a moved clock: exactly the reminders, escalations and digests a person expects.

Nothing here waits for real time. Four times a day the jobs run as their schedule would have them run: at night, just
after eight, just after the digests leave, in the evening; what people do happens at ten.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.notices.outbox_tools import Receiver, pass_through
from tests.testing.district import District, Journey
from tongxin.core.clocks import local_calendar
from tongxin.core.contacts import ContactGiven, sealer
from tongxin.core.receipts import new_token
from tongxin.matters.actions import (
    acting,
    deciding,
    deliberating,
    publishing,
    raising,
    rating,
    triage,
)
from tongxin.matters.tasks import advance_matters, remind
from tongxin.notices.actions import deliver
from tongxin.notices.models import Address, Channel, Concern, Delivery, Message, Notice, Preference, Rhythm

pytestmark = pytest.mark.django_db
LOCAL = ZoneInfo("Asia/Shanghai")
RUNS = (time(2), time(8, 5), time(8, 35), time(21))


class Life:
    """The matter and the people who do something about it, each on their day, some of them late."""

    def __init__(self, district: District) -> None:
        self.district, self.journey = district, Journey(district)

    def act(self, name: str) -> dict:
        return {"actor": self.district.actor(name), "seen_version": None}

    def raise_it(self) -> None:
        made = raising.raise_matter(
            actor=raising.passer_by(),
            token=new_token("raise"),
            text="村口早上堵车，想装一个红绿灯。",
            area=self.district.community,
            station=self.district.station,
            contact=ContactGiven("", "13800001234", "同意"),
        )
        self.journey.matter, self.journey.raised = made.matter, made.issued

    def accept(self) -> None:
        triage.accept_consultation(
            self.journey.fresh(),
            title="村口装红绿灯",
            text="村口早上堵车，想装一个红绿灯。",
            category=self.district.category,
            decider=self.district.street_unit,
            convener=self.district.member,
            **self.act("office"),
        )

    def call_meeting(self) -> None:
        self.meeting = deliberating.call_meeting(
            self.journey.fresh(),
            starts_at=datetime(2026, 1, 27, 15, tzinfo=LOCAL),
            place="社区活动室",
            agenda="商量",
            **self.act("convener"),
        )

    def record_minutes(self) -> None:
        deliberating.record_minutes(
            self.journey.fresh(),
            meeting=self.meeting,
            minutes="大家同意装。",
            attendance={"resident": (9, "")},
            views=[],
            **self.act("convener"),
        )

    def conclude(self) -> None:
        deliberating.conclude_deliberation(
            self.journey.fresh(), decider=self.district.street_unit, **self.act("convener")
        )

    def decide(self) -> None:
        deciding.decide_matter(
            self.journey.fresh(),
            result="adopted",
            reasons="装。",
            answers={},
            lead_unit=self.district.department,
            workdays=20,
            **self.act("decider"),
        )

    def publish(self) -> None:
        publishing.publish_decision(self.journey.fresh(), public_text="装。", **self.act("office"))

    def accept_task(self) -> None:
        acting.accept_task(self.journey.fresh(), **self.act("unit"))

    def finish(self) -> None:
        acting.finish_action(self.journey.fresh(), report="装好了。", **self.act("unit"))

    def rate(self) -> None:
        rating.rate_matter(
            self.journey.fresh(), actor=self.journey.raiser, solved="yes", attitude=5, result=5, words=""
        )


def story(life: Life) -> dict[date, Callable[[], None]]:
    """Who does what on which day of 2026, at ten in the morning."""
    return {
        date(2026, 1, 5): life.raise_it,
        date(2026, 1, 12): life.accept,  # due on the 8th: two days late
        date(2026, 1, 14): life.call_meeting,
        date(2026, 2, 5): life.record_minutes,  # due on 3 February
        date(2026, 2, 13): life.conclude,  # the day before the Spring Festival's made-up Saturday
        date(2026, 3, 13): life.decide,  # due on 5 March: six working days late
        date(2026, 3, 16): life.publish,
        date(2026, 3, 25): life.accept_task,
        date(2026, 4, 30): life.finish,  # the eve of Labour Day
        date(2026, 6, 29): life.rate,
    }


EXPECTED = [
    # The review is due on Thursday 8 January.
    (date(2026, 1, 7), "clock.before", {"office", "liaison"}),
    (date(2026, 1, 9), "clock.after", {"office", "liaison"}),
    # The meeting of Tuesday 27 January, and its minutes, due on 3 February.
    (date(2026, 1, 26), "meeting.tomorrow", {"member"}),
    (date(2026, 2, 2), "minutes.before", {"member"}),
    (date(2026, 2, 4), "minutes.after", {"member"}),
    # The deliberation is due on 9 February; it goes on.
    (date(2026, 2, 6), "clock.before", {"member"}),
    (date(2026, 2, 10), "clock.after", {"member"}),
    (date(2026, 2, 12), "clock.escalated", {"member", "office"}),
    # The decision: ten working days from 13 February, over the festival and two Saturdays that are worked.
    (date(2026, 3, 4), "clock.before", {"decider"}),
    (date(2026, 3, 6), "clock.after", {"decider"}),
    (date(2026, 3, 10), "clock.escalated", {"decider", "office"}),
    (date(2026, 3, 12), "clock.escalated", {"decider", "office", "principal"}),
    # The work is due on 23 April, with the Tomb-Sweeping holiday in between.
    (date(2026, 4, 22), "clock.before", {"unit"}),
    (date(2026, 4, 24), "clock.after", {"unit"}),
    (date(2026, 4, 28), "clock.escalated", {"unit", "office"}),
    (date(2026, 4, 30), "clock.escalated", {"unit", "office", "principal"}),
    # Ratings end on 25 May; the raiser says nothing. The follow-up's rating ends on 20 July, but they have rated then.
    (date(2026, 5, 22), "clock.raiser", {"raiser"}),
]


def who(notice: Notice, district: District) -> str:
    if notice.receipt_id:
        return "raiser"
    if notice.user_id:
        return next(name for name, user in district.users.items() if user.pk == notice.user_id)
    return notice.role


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Receiver:
    found = Receiver()
    monkeypatch.setattr(deliver, "send_by", found.send_by)
    return found


def live_through_2026(life: Life, time_machine) -> None:
    acts = story(life)
    for n in range(365):
        day = date(2026, 1, 1) + timedelta(days=n)
        for moment in (*RUNS[:3], time(10), RUNS[3]):
            if moment == time(10) and day not in acts:
                continue
            now = datetime.combine(day, moment, tzinfo=LOCAL)
            time_machine.move_to(now, tick=False)
            if moment == time(10):
                acts[day]()
            advance_matters(0)
            remind(0)
            if moment in RUNS[1:3] or day in acts:
                pass_through(now)


def test_a_year_as_its_people_live_it(district, time_machine, receiver):
    office = district.users["office"]
    Address.objects.create(
        user=office,
        channel=Channel.EMAIL,
        sealed_address=sealer().seal("office@example.org"),
        verified_at=datetime(2026, 1, 1, tzinfo=LOCAL),
    )
    for concern in Concern:
        rhythm = Rhythm.DAILY if concern == Concern.CLOCK else Rhythm.NEVER
        Preference.objects.create(user=office, concern=concern, channel=Channel.EMAIL, rhythm=rhythm)
    life = Life(district)
    live_through_2026(life, time_machine)

    told: dict[tuple[date, str], set[str]] = {}
    clock = Notice.objects.filter(concern=Concern.CLOCK).order_by("pk")
    for notice in clock:
        key = (notice.at.astimezone(LOCAL).date(), notice.template)
        assert who(notice, district) not in told.setdefault(key, set())
        told[key].add(who(notice, district))
    assert [(day, template, people) for (day, template), people in told.items()] == EXPECTED

    calendar = local_calendar()
    for notice in clock:
        local = notice.at.astimezone(LOCAL)
        assert time(8) <= local.time() < time(20)
        assert calendar.is_workday(local.date())

    # The office reads a digest on each day on which a clock concerns it, at half past eight, and on no other.
    digests = Message.objects.filter(
        channel=Channel.EMAIL, deliveries__notice__concern=Concern.CLOCK
    ).distinct()
    sent = [message.sent_at.astimezone(LOCAL) for message in digests.order_by("sent_at")]
    assert [at.date() for at in sent] == [day for day, _template, people in EXPECTED if "office" in people]
    assert {at.time() for at in sent} == {time(8, 35)}
    assert all(message.purpose == "digest" for message in digests)

    # Whatever rang, rang by day; what was work, on working days.
    for message in Message.objects.exclude(sent_at=None):
        assert time(8) <= message.sent_at.astimezone(LOCAL).time() < time(20)
    for delivery in Delivery.objects.filter(notice__concern=Concern.CLOCK).exclude(message=None):
        assert calendar.is_workday(delivery.message.sent_at.astimezone(LOCAL).date())

    # It went its way by itself where nobody had to do anything, and ended as its raiser said.
    matter = life.journey.fresh()
    assert (matter.state, matter.outcome) == ("closed", "solved")
    days = {entry.event: entry.at.astimezone(LOCAL) for entry in matter.dossier.entries.all()}
    assert days["matter.handed_over"].date() == date(2026, 3, 24)
    assert days["matter.rated"].date() == date(2026, 5, 26)
    assert days["matter.followed_up"].date() == date(2026, 6, 25)
    assert all(
        calendar.is_workday(days[event].date()) and days[event].time() >= time(8)
        for event in ("matter.handed_over", "matter.rated", "matter.followed_up", "matter.closed")
    )
