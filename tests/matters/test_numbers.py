"""Numbers by source: figures worked out by hand, the rule of a kept clock against a walk through the calendar, the page."""

import csv
import io
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.testing.district import Journey
from tongxin.core.actor import Actor
from tongxin.core.clocks import local_calendar
from tongxin.core.models import CalendarDay, ClockEvent
from tongxin.core.receipts import new_token
from tongxin.core.workdays import WorkCalendar
from tongxin.matters.actions import acting, raising, rating, triage
from tongxin.matters.models import Matter, Source
from tongxin.matters.numbers import Run, Share, due_of, figures_by_source, scope_of, was_kept
from tongxin.matters.presenters.numbers import count_text, csv_rows
from tongxin.matters.views.numbers import safe

ZONE = ZoneInfo("Asia/Shanghai")
YEAR = scope_of(2026)


def at(month: int, day: int, hour: int = 10) -> datetime:
    """A moment of 2026; March has no holidays, and the 2nd is a Monday."""
    return datetime(2026, month, day, hour, tzinfo=ZONE)


def come_in(district, source: str, when: datetime) -> raising.Raised:
    return raising.raise_matter(
        actor=raising.passer_by(),
        token=new_token("raise"),
        text="村口早上堵车，想装一个红绿灯。",
        area=district.community,
        station=district.station,
        source=source,
        at=when,
    )


def accept(district, matter: Matter, when: datetime) -> None:
    triage.accept_suggestion(
        matter,
        actor=district.actor("office"),
        title="装红绿灯",
        text="想装一个红绿灯。",
        category=district.category,
        lead_unit=district.department,
        seen_version=None,
        at=when,
    )


def reply(district, matter: Matter, when: datetime, result: str = "not_possible") -> None:
    more = {"workdays": 10} if result == "adopted" else {}
    acting.reply_to_suggestion(
        matter,
        actor=district.actor("unit"),
        result=result,
        reasons="说明",
        seen_version=None,
        at=when,
        **more,
    )


def raiser_of(raised: raising.Raised) -> Actor:
    return Actor(role="raiser", label="提事人", receipt_id=raised.issued.receipt.pk)


def rate(
    raised: raising.Raised, when: datetime, *, solved: str = "yes", result: int = 5, attitude: int = 4
) -> None:
    rating.rate_matter(
        raised.matter, actor=raiser_of(raised), solved=solved, attitude=attitude, result=result, at=when
    )


def of(rows, source: str):
    return next(row for row in rows if row.source == source)


@pytest.fixture
def known(district):
    """Six matters whose clocks were counted on a calendar by hand."""
    # QR, all in time: triage due Thu 5 March, reply due Thu 19 March; rated 5 and 4.
    first = come_in(district, "qr", at(3, 2))
    accept(district, first.matter, at(3, 5, 23))
    reply(district, first.matter, at(3, 19))
    rate(first, at(3, 20))
    # QR, both late: triage on Fri 6, reply due Fri 20 given Mon 23; rated low, so it is done again.
    second = come_in(district, "qr", at(3, 2))
    accept(district, second.matter, at(3, 6, 1))
    reply(district, second.matter, at(3, 23))
    rate(second, at(3, 24), solved="no", result=1, attitude=2)
    # On paper: raised Fri 6, accepted Sat 7, reply due Fri 20 and not given.
    paper = come_in(district, "paper", at(3, 6))
    accept(district, paper.matter, at(3, 7))
    # On paper, withdrawn in time by its raiser: no triage was missed.
    gone = come_in(district, "paper", at(3, 2))
    with time_machine.travel(at(3, 3), tick=False):
        raising.withdraw_matter(gone.matter, actor=raiser_of(gone), seen_version=None)
    # At the desk: asked for more on Tue 3, answered on Tue 17: ten working days given back, due Thu 19.
    desk = come_in(district, "desk", at(3, 2))
    with time_machine.travel(at(3, 3), tick=False):
        triage.ask_more(
            desk.matter, actor=district.actor("office"), question="在哪个路口？", seen_version=None
        )
    with time_machine.travel(at(3, 17), tick=False):
        raising.answer_question(desk.matter, actor=raiser_of(desk), answer="东口", seen_version=None)
    accept(district, desk.matter, at(3, 19))
    # On a visit: declined on the last day.
    visit = come_in(district, "visit", at(3, 2))
    triage.decline_matter(
        visit.matter,
        actor=district.actor("office"),
        ground="outside_district",
        reply="不在本区",
        seen_version=None,
        at=at(3, 5),
    )
    return district


def test_figures_are_those_counted_by_hand(known, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        rows = figures_by_source(YEAR, today=date(2026, 3, 20))
    qr, paper, desk, visit, all_ = (of(rows, one) for one in ("qr", "paper", "desk", "visit", ""))
    assert [row.source for row in rows] == [*Source.values, ""]
    assert (qr.raised, paper.raised, desk.raised, visit.raised, all_.raised) == (2, 2, 1, 1, 6)
    assert qr.triage == Share(1, 2)
    assert qr.answers == Share(1, 2)
    assert paper.triage == Share(1, 1)  # the withdrawn one is none
    assert paper.answers == Share(0, 0)  # due today
    assert desk.triage == Share(1, 1)
    assert visit.triage == Share(1, 1)
    assert all_.triage == Share(4, 5)
    assert all_.answers == Share(1, 2)
    assert qr.published == Share(2, 2)
    assert visit.published == Share(0, 1)
    assert all_.published == Share(4, 5)
    assert (qr.rated, qr.reopened) == (Share(2, 2), Share(1, 2))
    assert (qr.ratings, qr.result, qr.attitude, qr.solved_ratings) == (2, 3.0, 3.0, 1)
    assert (qr.answered, qr.median_days) == (2, 19.0)  # 17 and 21 days
    assert (paper.ratings, paper.result, paper.median_days) == (0, None, None)
    assert of(rows, "hotline").raised == 0


def test_late_without_an_answer_is_late_the_day_after(known):
    rows = figures_by_source(YEAR, today=date(2026, 3, 21))
    assert of(rows, "paper").answers == Share(0, 1)


def test_a_holiday_declared_later_changes_what_was_late(known):
    """Clocks are derived, so a free day given afterwards moves the due day and the figure with it."""
    CalendarDay.objects.create(day="2026-03-05", is_workday=False)
    rows = figures_by_source(YEAR, today=date(2026, 3, 20))
    assert of(rows, "qr").triage == Share(2, 2)


def test_an_objection_in_time_is_no_answer_and_the_next_unit_has_its_own_clock(district):
    raised = come_in(district, "qr", at(3, 2))
    accept(district, raised.matter, at(3, 3))
    acting.object_task(
        raised.matter, actor=district.actor("unit"), reason="不归我们管", seen_version=None, at=at(3, 10)
    )
    assert of(figures_by_source(YEAR, today=date(2026, 3, 11)), "qr").answers == Share(0, 0)
    acting.reassign_task(
        raised.matter,
        actor=district.actor("office"),
        unit=district.other_department,
        seen_version=None,
        at=at(3, 12),
    )
    acting.reply_to_suggestion(
        raised.matter,
        actor=district.actor("other_unit"),
        result="not_possible",
        reasons="说明",
        seen_version=None,
        at=at(3, 26),
    )
    assert of(figures_by_source(YEAR, today=date(2026, 3, 27)), "qr").answers == Share(1, 1)


def test_the_full_form_counts_the_deciding_bodys_clock(district):
    journey = Journey(district, at=at(3, 1)).to_decided()
    rows = figures_by_source(YEAR, today=timezone.localtime(journey.at).date())
    assert of(rows, "qr").answers.of == 1
    assert of(rows, "qr").answered == 1


@pytest.mark.parametrize(
    ("quarter", "first", "last"),
    [
        (0, date(2026, 1, 1), date(2026, 12, 31)),
        (1, date(2026, 1, 1), date(2026, 3, 31)),
        (2, date(2026, 4, 1), date(2026, 6, 30)),
        (4, date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_quarters(quarter, first, last):
    assert (scope_of(2026, quarter).begin, scope_of(2026, quarter).end) == (first, last)


def test_the_day_is_the_local_one(district):
    """An hour into the local new year is still the old one in UTC."""
    come_in(district, "qr", datetime(2026, 1, 1, 0, 30, tzinfo=ZONE))
    assert figures_by_source(scope_of(2026))[-1].raised == 1
    assert figures_by_source(scope_of(2025))[-1].raised == 0


def test_narrowed_to_a_street_and_a_station(known, client):
    assert figures_by_source(scope_of(2026, street_id=known.street.pk))[-1].raised == 6
    assert figures_by_source(scope_of(2026, street_id=known.community.pk))[-1].raised == 0
    assert figures_by_source(scope_of(2026, station_id=known.station.pk))[-1].raised == 6
    assert figures_by_source(scope_of(2026, station_id=known.station.pk + 1))[-1].raised == 0


CALENDAR = WorkCalendar()
DAYS = st.dates(date(2025, 1, 6), date(2026, 10, 30))


def walked(begun: date, days: int, paused: tuple[date, date] | None) -> date:
    """The due day by walking: a working day counts unless the clock stood still that day."""
    day, left = begun, days
    while left:
        day += timedelta(days=1)
        if CALENDAR.is_workday(day) and not (paused and paused[0] <= day < paused[1]):
            left -= 1
    return day


@hypothesis_settings(max_examples=200, deadline=None)
@given(
    begun=DAYS,
    days=st.integers(1, 25),
    extended=st.integers(0, 10),
    after=st.integers(1, 40),
    stood=st.none() | st.integers(0, 30),
    took=st.integers(0, 90),
)
def test_a_clock_is_kept_as_a_walk_through_the_calendar_says(begun, days, extended, after, stood, took):
    inside, paused = [], None
    if extended:
        inside.append(f"extend {begun} {extended}")
    if stood is not None:
        paused = (begun + timedelta(days=after), begun + timedelta(days=after + stood))
        inside += [f"pause {paused[0]} 0", f"resume {paused[1]} 0"]
    due = walked(begun, days + extended, paused)
    ended = begun + timedelta(days=took)
    run = Run("raised", days, False, begun, tuple(inside), ended, "assigned")
    assert due_of(run, CALENDAR) == due
    assert was_kept(run, ended, CALENDAR) is (ended <= due)
    still = Run("raised", days, False, begun, tuple(inside))
    assert was_kept(still, due, CALENDAR) is None
    assert was_kept(still, due + timedelta(days=1), CALENDAR) is False


def test_a_clock_that_stands_still_is_neither():
    run = Run("raised", 3, False, date(2026, 3, 2), ("pause 2026-03-03 0",))
    assert was_kept(run, date(2026, 6, 1), CALENDAR) is None


def test_runs_of_the_database_are_those_of_the_clock_itself(known):
    """The due day of the newest run is the one the matter itself carries."""
    from tongxin.core.clocks import due_from

    for matter in Matter.objects.exclude(due_on=None):
        events = list(ClockEvent.objects.filter(dossier_id=matter.pk).order_by("pk"))
        assert due_from(events, local_calendar()).on == matter.due_on


@pytest.mark.parametrize(("count", "text"), [(0, "0"), (1, "少于5"), (4, "少于5"), (5, "5"), (1234, "1,234")])
def test_small_counts_are_told_as_few(count, text):
    assert count_text(count) == text


def test_the_page_says_few_and_how_it_is_counted(known, client, django_assert_max_num_queries):
    with time_machine.travel(at(3, 27)):
        with django_assert_max_num_queries(7):
            response = client.get("/numbers/sources/")
        page = response.content.decode()
    assert response.is_same_for_all
    assert not response.cookies
    assert "少于5" in page
    assert "扫码" in page
    assert "这些数怎么算的" in page
    assert "这段时间没有收到的" in page


def test_an_empty_selection_says_so(district, client):
    assert "没有收到事项" in client.get("/numbers/sources/?quarter=1").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "year=abc",
        "year=1",
        "quarter=9",
        "street=%00",
        "station=<script>",
        "year=99999999999&street=" + "x" * 500,
    ],
)
def test_strange_filters_are_left_out(district, client, query):
    assert client.get(f"/numbers/sources/?{query}").status_code == 200
    assert client.get(f"/numbers/sources.csv?{query}").status_code == 200


def test_the_download_has_the_same_figures_and_no_small_ones(known, client):
    with time_machine.travel(at(3, 27)):
        response = client.get("/numbers/sources.csv?year=2026")
    lines = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert len({len(line) for line in lines}) == 1
    by_name = {line[0]: line for line in lines[1:]}
    assert by_name["扫码"][1] == "<5"
    assert by_name["合计"][1] == "6"
    assert by_name["合计"][lines[0].index("按时审核%")] == "80"
    assert "attachment" in response["Content-Disposition"]


def test_nothing_in_the_download_is_a_formula():
    assert safe("=1+1") == "'=1+1"
    assert safe(-1) == "'-1"
    assert safe("<5") == "<5"
    for line in csv_rows(figures_rows()):
        assert not any(str(safe(value))[:1] in set("=+-@") for value in line)


def figures_rows():
    from tongxin.matters.numbers import Figures

    return [Figures(source) for source in (*Source.values, "")]


def test_a_station_says_what_it_handled_with_sample_sizes(known, client):
    with time_machine.travel(at(3, 27)):
        page = client.get("/stations/TW1/").content.decode()
    assert "办了多少，办得怎样" in page
    assert "答复了不等于解决了" in page
    assert "3.0 分（满分5，2 次评分）" in page
    assert "评的次数少于5" in page
    assert "2 里有 1" in page  # done again, beside the score


def test_a_station_nobody_rated_says_so(district, client):
    come_in(district, "qr", timezone.now())
    page = client.get("/stations/TW1/").content.decode()
    assert "还没有人评。没人评不算满意。" in page


def test_the_station_page_takes_few_queries_with_everything_on_it(
    known, client, django_assert_max_num_queries
):
    with time_machine.travel(at(3, 27)), django_assert_max_num_queries(13):
        assert client.get("/stations/TW1/").status_code == 200


def test_visitors_share_one_look_at_the_figures(known, client, django_assert_max_num_queries, settings):
    settings.PAGE_CACHE = False
    with time_machine.travel(at(3, 27)):
        client.get("/numbers/sources/")
        with django_assert_max_num_queries(1):  # which years there are
            client.get("/numbers/sources/")
