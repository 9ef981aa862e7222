"""The calendar page and the private iCalendar feed."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from tests.testing.clients import client_of
from tests.testing.district import Journey
from tongxin.directory.models import DutyShift
from tongxin.matters.actions import deliberating
from tongxin.matters.calendar_selectors import events_between
from tongxin.matters.models import Matter
from tongxin.notices.actions.feeds import feed_secret, replace_feed_secret

pytestmark = pytest.mark.django_db

PAGE = "/work/calendar/"


def shift_of(district, days: int = 2) -> DutyShift:
    """A duty shift of the member in some days."""
    start = (timezone.now() + timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
    return DutyShift.objects.create(
        station=district.station,
        member=district.member,
        mode="offline",
        starts_at=start,
        ends_at=start + timedelta(hours=2),
    )


def called(district):
    """A consultation with a meeting in twenty days."""
    journey = Journey(district).to_deliberating()
    return journey, deliberating.call_meeting(
        journey.fresh(),
        actor=district.actor("convener"),
        starts_at=timezone.now() + timedelta(days=20),
        place="社区活动室",
        agenda="议程",
        seen_version=None,
    )


def kinds(district, name: str) -> list[str]:
    """What stands in somebody's calendar of the next months."""
    today = timezone.localdate()
    return [
        event.kind
        for event in events_between(
            district.actor(name), today - timedelta(days=200), today + timedelta(days=90)
        )
    ]


class TestWhatIsInIt:
    """Due dates of one's own work, meetings one holds or is asked to, one's shifts."""

    def test_each_role_finds_its_own(self, district):
        called(district)
        shift_of(district)
        Journey(district).to_assigned()
        expected = {
            "member": ["due", "meeting", "shift"],
            "convener": ["due", "meeting"],
            "office": ["meeting"],
            "liaison": ["meeting", "shift"],
            "decider": ["meeting"],
            "unit": ["due"],
            "other_unit": [],
            "principal": [],
            "audit_admin": [],
        }
        for name, found in expected.items():
            assert sorted(kinds(district, name)) == found, name

    def test_three_queries_however_much_there_is(self, district):
        called(district)
        for days in range(1, 12):
            shift_of(district, days)
            Journey(district).to_assigned()
        today = timezone.localdate()
        for name in ("member", "unit", "office"):
            actor = district.actor(name)
            with CaptureQueriesContext(connection) as queries:
                events_between(actor, today - timedelta(days=300), today + timedelta(days=90))
            assert len(queries) == 3, name


class TestPage:
    """A month, or a list of days."""

    def test_month_and_list_show_the_same(self, district):
        shift = shift_of(district)
        month = f"{timezone.localtime(shift.starts_at):%Y-%m}"
        client = client_of(district, "member")
        for view in ("", "list"):
            page = client.get(PAGE, {"month": month, "view": view})
            assert "示例甲社区工作室" in page.content.decode()

    @pytest.mark.parametrize("month", ["", "2026-13", "x", "2026", "99999-1", "0001-01", "２０２６-01"])
    def test_a_month_that_cannot_be_read_is_this_one_or_near(self, district, month):
        assert client_of(district, "member").get(PAGE, {"month": month}).status_code == 200

    def test_weeks_begin_on_monday_and_free_days_are_marked(self, district):
        page = client_of(district, "office").get(PAGE, {"month": "2026-10"})
        cells = [cell for week in page.context["weeks"] for cell in week]
        assert cells[0]["day"].weekday() == 0
        assert len(cells) % 7 == 0
        national = next(cell for cell in cells if cell["day"].isoformat() == "2026-10-01")
        assert national["is_free"]

    def test_a_page_asks_the_database_little(self, district):
        client = client_of(district, "office")
        client.get(PAGE)
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        assert len(queries) <= 8, [q["sql"][:100] for q in queries]


class TestFeed:
    """Behind a secret, without personal data, cheap to ask again."""

    def address(self, district, name: str = "member") -> str:
        """Somebody's feed."""
        return reverse("calendar_feed", args=[feed_secret(district.users[name].pk)])

    def events(self, address: str, client=None) -> dict[str, dict]:
        """The feed's events by uid."""
        response = (client or Client()).get(address)
        assert response.status_code == 200
        assert response["Content-Type"].startswith("text/calendar")
        return {str(e["UID"]): e for e in Calendar.from_ical(response.content).walk("VEVENT")}

    def test_identifiers_stay_and_sequence_grows(self, district):
        matter = Journey(district).to_assigned().fresh()
        Matter.objects.filter(pk=matter.pk).update(due_on=timezone.localdate() + timedelta(days=2))
        address = self.address(district, "unit")
        [(uid, before)] = self.events(address).items()
        assert before["DTSTART"].dt == timezone.localdate() + timedelta(days=2)
        Matter.objects.filter(pk=matter.pk).update(
            due_on=timezone.localdate() + timedelta(days=9), version=matter.version + 1
        )
        [(again, after)] = self.events(address).items()
        assert again == uid
        assert after["SEQUENCE"] > before["SEQUENCE"]
        assert after["DTSTART"].dt == timezone.localdate() + timedelta(days=9)

    def test_a_cancelled_meeting_stays_and_says_so(self, district):
        journey, meeting = called(district)
        address = self.address(district)
        uid = next(uid for uid in self.events(address) if uid.startswith("meeting-"))
        before = self.events(address)[uid]
        assert (before["STATUS"], str(before["LOCATION"])) == ("CONFIRMED", "社区活动室")
        deliberating.cancel_meeting(
            journey.fresh(),
            actor=district.actor("convener"),
            meeting=meeting,
            reason="下雨",
            seen_version=None,
        )
        after = self.events(address)[uid]
        assert after["STATUS"] == "CANCELLED"
        assert after["SEQUENCE"] > before["SEQUENCE"]

    def test_no_personal_data_and_nothing_that_is_not_public(self, district):
        Journey(district).to_raised("王小明家漏水，电话13812345678").fresh()
        shift_of(district)
        for name in ("office", "liaison", "member"):
            body = Client().get(self.address(district, name)).content.decode()
            assert "BEGIN:VEVENT" in body or name == "office"
            for personal in ("王小明", "13812345678", "测试委员甲", "漏水"):
                assert personal not in body, (name, personal)

    def test_asked_again_it_answers_not_modified_until_something_changes(self, district):
        shift = shift_of(district)
        address, client = self.address(district), Client()
        first = client.get(address)
        assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 304
        since = {"if-modified-since": first["Last-Modified"]}
        assert client.get(address, headers=since).status_code == 304
        shift.delete()  # something taken away is a change too, also for who asks by date only
        with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
            assert client.get(address, headers=since).status_code == 200
            assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 200

    def test_a_wrong_a_replaced_and_a_closed_secret_are_404(self, district):
        address, user = self.address(district), district.users["member"]
        assert Client().get(reverse("calendar_feed", args=["nonsense"])).status_code == 404
        replace_feed_secret(user.pk)
        assert Client().get(address).status_code == 404
        fresh = self.address(district)
        assert Client().get(fresh).status_code == 200
        user.is_active = False
        user.save()
        assert Client().get(fresh).status_code == 404

    def test_the_page_shows_the_address_and_replaces_it_after_asking(self, district):
        client, page = client_of(district, "member"), reverse("work_calendar_feed")
        address = self.address(district)
        assert address in client.get(page).content.decode()
        asked = client.post(page)
        assert "请再确认一次" in asked.content.decode()
        assert address in client.get(page).content.decode()
        client.post(page, {"sure": "yes"})
        assert address not in client.get(page).content.decode()
        assert Client().get(address).status_code == 404
