"""The work list with its tabs, filters and pages, the search, entry on behalf."""

from datetime import timedelta
from unittest import mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from tests.testing.clients import client_of
from tests.testing.district import Journey
from tongxin.core.receipts import find_by_code, new_token
from tongxin.matters.actions import acting, raising
from tongxin.matters.models import Matter
from tongxin.matters.process import SIX_STEPS
from tongxin.matters.views.work.table import FORMS
from tongxin.matters.work_lists import WorkFilters, work_page

pytestmark = pytest.mark.django_db

LIST = "/work/"


def numbers(response) -> list[str]:
    """Numbers on a work list, in order."""
    return [row["number"] for row in response.context["rows"]]


class TestWorkList:
    """What waits for whom."""

    def test_overdue_first(self, district):
        late, today, later = (Journey(district).to_raised().fresh() for _n in range(3))
        now = timezone.localdate()
        for matter, days in ((later, 3), (today, 0), (late, -2)):
            Matter.objects.filter(pk=matter.pk).update(due_on=now + timedelta(days=days))
        page = client_of(district, "office").get(LIST)
        assert numbers(page) == [late.number, today.number, later.number]
        figures = page.context["figures"]
        assert (figures.to_triage, figures.overdue, figures.due_today) == (3, 1, 1)

    def test_everybody_sees_what_waits_for_them(self, district):
        raised = Journey(district).to_raised().fresh()
        assigned = Journey(district).to_assigned().fresh()
        talked = Journey(district).to_deliberating().fresh()
        deciding = Journey(district).to_deciding().fresh()
        expected = {
            "office": [raised],
            "liaison": [raised],
            "convener": [talked],
            "member": [talked],
            "decider": [deciding],
            "unit": [assigned],
            "other_unit": [],
            "principal": [],
            "audit_admin": [],
        }
        for name, matters in expected.items():
            page = client_of(district, name).get(LIST)
            assert page.status_code == 200
            assert numbers(page) == [matter.number for matter in matters], name

    def test_tabs_narrow_to_a_kind_of_work_and_count_it(self, district):
        Journey(district).to_raised()
        decided = Journey(district).to_decided().fresh()
        page = client_of(district, "office").get(LIST, {"work": "decided"})
        assert numbers(page) == [decided.number]
        assert {code: count for code, _label, count in page.context["tabs"]} == {"raised": 1, "decided": 1}
        assert len(numbers(client_of(district, "office").get(LIST, {"work": "no-such"}))) == 2

    def test_several_roles_in_one_list_each_line_saying_which(self, district):
        from tongxin.accounts.models import RoleAssignment

        RoleAssignment.objects.create(
            user=district.users["liaison"], role="unit", scope="unit", scope_id=district.department.pk
        )
        raised = Journey(district).to_raised().fresh()
        assigned = Journey(district).to_assigned().fresh()
        client = client_of(district, "liaison")
        rows = {row["number"]: str(row["role"]) for row in client.get(LIST).context["rows"]}
        assert rows == {raised.number: "联络员", assigned.number: "承办单位"}
        assert numbers(client.get(LIST, {"role": "unit"})) == [assigned.number]

    def test_suggestion_comes_with_its_evidence(self, district):
        Journey(district).to_assigned()
        matter = Journey(district).to_raised("我们村口早上堵车，想装一个红绿灯，谢谢。").fresh()
        page = client_of(district, "office").get(LIST)
        row = next(r for r in page.context["rows"] if r["number"] == matter.number)
        assert [(one.unit, one.count, one.total) for one in row["suggested"]] == [(district.department, 1, 1)]

    def test_reopen_rate_stands_beside_its_sample(self, district):
        journey = Journey(district).to_rating()
        journey.rate(journey.raiser, "no", 1, 1)
        Matter.objects.update(updated_at=timezone.now())
        figures = client_of(district, "office").get(LIST).context["figures"]
        assert (figures.reopen_percent, figures.sample) == (100, 1)

    def test_ratings_to_give(self, district):
        matter = Journey(district).to_rating().fresh()
        client = client_of(district, "member")
        assert [row["number"] for row in client.get(LIST).context["ratings"]] == [matter.number]
        Journey(district, matter=matter).rate(district.actor("member"))
        assert client.get(LIST).context["ratings"] == []

    def test_administrators_find_their_pages(self, district):
        for name, address in (
            ("security_admin", "/work/people/"),
            ("audit_admin", "/work/audit/"),
            ("system_admin", "/work/system/"),
        ):
            pages = [page for page, _label in client_of(district, name).get(LIST).context["pages"]]
            assert address in pages
        office = [page for page, _label in client_of(district, "office").get(LIST).context["pages"]]
        assert not {"/work/people/", "/work/audit/", "/work/system/"} & set(office)

    @pytest.mark.parametrize("size", [2, 60])
    def test_queries_do_not_grow_with_the_list(self, district, size):
        for _n in range(size):
            Journey(district).to_raised()
        client = client_of(district, "office")
        client.get(LIST)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = client.get(LIST)
        assert len(numbers(page)) == min(size, 50)
        # Ten of these are what the other domains have waiting: three each at most.
        assert len(queries) <= 24, [q["sql"][:120] for q in queries]

    def test_pages_follow_a_cursor_however_the_list_moves_meanwhile(self, district):
        made = [Journey(district).to_raised().fresh() for _n in range(53)]
        client = client_of(district, "office")
        first = client.get(LIST)
        assert numbers(first) == [matter.number for matter in made[:50]]
        after = first.context["page"].next_cursor
        Matter.objects.filter(pk=made[0].pk).update(
            state="declined"
        )  # handled by somebody else: nothing is skipped
        second = client.get(LIST, {"after": after})
        assert numbers(second) == [matter.number for matter in made[50:]]
        assert second.context["page"].next_cursor == ""
        for unreadable in ("x", "0.1", "2.1.1", "0.99999999.1", "0.0.1"):
            assert len(numbers(client.get(LIST, {"after": unreadable}))) == 50

    def test_paused_and_undated_matters_come_last_across_pages(self, district):
        paused, undated, late = (Journey(district).to_raised().fresh() for _n in range(3))
        today = timezone.localdate()
        Matter.objects.filter(pk=paused.pk).update(is_paused=True, due_on=today - timedelta(days=9))
        Matter.objects.filter(pk=undated.pk).update(due_on=None)
        Matter.objects.filter(pk=late.pk).update(due_on=today - timedelta(days=1))
        expected = [late.number, undated.number, paused.number]
        office, cursor, seen = district.actor("office"), "", []
        with mock.patch("tongxin.matters.work_lists.PAGE_SIZE", 1):
            for _n in range(3):
                page = work_page(office, WorkFilters(), cursor)
                seen += [row.matter.number for row in page.rows]
                cursor = page.next_cursor
        assert (seen, cursor) == (expected, "")


class TestSearch:
    """Finding what one may see."""

    def test_by_words_number_and_state(self, district):
        matter = Journey(district).to_assigned().fresh()
        client = client_of(district, "principal")
        address = reverse("work_search")
        for asked in ({"q": "红绿灯"}, {"q": matter.number.lower()}, {"state": "assigned"}):
            assert [row["number"] for row in client.get(address, asked).context["rows"]] == [matter.number]
        assert client.get(address, {"q": "游泳池"}).context["rows"] == []

    def test_words_of_a_raiser_are_found_by_triage_alone(self, district):
        Journey(district).to_raised("楼上王家夜里吵闹")
        found = {
            name
            for name in district.users
            if client_of(district, name).get(reverse("work_search"), {"q": "吵闹"}).context["rows"]
        }
        assert found == {"office", "liaison"}


class TestEntry:
    """The same receipt for those who come in person."""

    def fields(self, client, district, **changes):
        """A filled-in form with its token."""
        token = client.get(reverse("work_enter")).context["form"]["token"].value()
        return {
            "token": token,
            "source": "reception",
            "text": "路灯不亮，老人摔跤。",
            "area": district.community.pk,
        } | changes

    def test_number_code_and_qr_on_the_receipt(self, district):
        client = client_of(district, "liaison")
        assert client.get(reverse("work_enter")).context["form"]["area"].value() == district.community.pk
        response = client.post(
            reverse("work_enter"),
            self.fields(client, district, phone="138 1234 5678", name="王奶奶", consent="spoken"),
        )
        assert response["Location"] == reverse("work_entered")
        page = client.get(reverse("work_entered"))
        matter = Matter.objects.get()
        assert (matter.source, matter.station, matter.entered_by) == (
            "reception",
            district.station,
            district.users["liaison"],
        )
        assert find_by_code(matter.pk, page.context["code"]) == matter.receipt
        assert "<svg" in page.content.decode()
        assert matter.receipt.contact.consent_text.startswith("工作人员念给本人听")
        assert matter.due_on is not None

    def test_the_same_form_twice_makes_one_matter(self, district):
        client = client_of(district, "liaison")
        fields = self.fields(client, district)
        client.post(reverse("work_enter"), fields)
        client.post(reverse("work_enter"), fields)
        assert Matter.objects.count() == 1

    def test_no_contact_without_consent(self, district):
        client = client_of(district, "office")
        response = client.post(reverse("work_enter"), self.fields(client, district, phone="13812345678"))
        assert response.status_code == 422
        assert response.context["form"].errors["consent"]
        assert response.context["form"]["text"].value() == "路灯不亮，老人摔跤。"

    def test_a_forged_form_comes_back_with_its_words(self, district):
        client = client_of(district, "office")
        response = client.post(reverse("work_enter"), self.fields(client, district, token="forged"))
        assert response.status_code == 422
        assert Matter.objects.count() == 0
        page = response.context["form"]
        assert page["text"].value() == "路灯不亮，老人摔跤。"
        assert page["token"].value() != "forged"


class TestFilters:
    """The list narrowed: by due date, step, place, category, unit, kind, words and number."""

    @pytest.fixture
    def three(self, district):
        """An overdue one, one due today, one due in a month with a provisional day."""
        late, today, later = (Journey(district).to_raised().fresh() for _n in range(3))
        now = timezone.localdate()
        for matter, days in ((late, -2), (today, 0), (later, 30)):
            Matter.objects.filter(pk=matter.pk).update(due_on=now + timedelta(days=days))
        Matter.objects.filter(pk=later.pk).update(is_due_provisional=True, category=district.category)
        return late.number, today.number, later.number

    def test_by_due_date(self, district, three):
        late, today, later = three
        client = client_of(district, "office")
        expected = {
            "overdue": [late],
            "today": [today],
            "week": [today],
            "later": [later],
            "provisional": [later],
        }
        for due, matters in expected.items():
            assert numbers(client.get(LIST, {"due": due})) == matters, due
        assert len(numbers(client.get(LIST, {"due": "nonsense"}))) == 3

    def test_by_place_category_words_and_number(self, district, three):
        late, _today, later = three
        client = client_of(district, "office")
        assert len(numbers(client.get(LIST, {"area": district.street.code}))) == 3
        assert numbers(client.get(LIST, {"area": "elsewhere"})) == []
        assert numbers(client.get(LIST, {"category": district.category.code})) == [later]
        assert len(numbers(client.get(LIST, {"q": "红绿灯"}))) == 3
        assert numbers(client.get(LIST, {"q": late})) == [late]
        assert numbers(client.get(LIST, {"step": "act"})) == []

    def test_by_unit_and_kind(self, district):
        objected = Journey(district).to_assigned()
        acting.object_task(
            objected.fresh(), actor=district.actor("unit"), reason="不归我们", seen_version=None
        )
        decided = Journey(district).to_decided().fresh()
        client = client_of(district, "office")
        assert numbers(client.get(LIST, {"unit": "U2"})) == [objected.fresh().number]
        assert numbers(client.get(LIST, {"kind": "consultation"})) == [decided.number]

    def test_what_others_are_late_with_is_a_tab_of_those_who_urge(self, district):
        late = Journey(district).to_acting().fresh()
        Matter.objects.filter(pk=late.pk).update(due_on=timezone.localdate() - timedelta(days=3))
        for name in ("office", "principal"):
            client = client_of(district, name)
            assert numbers(client.get(LIST)) == []
            assert client.get(LIST).context["figures"].chase == 1
            assert numbers(client.get(LIST, {"work": "chase"})) == [late.number]
        for name in ("unit", "member", "liaison"):
            page = client_of(district, name).get(LIST, {"work": "chase"})
            assert numbers(page) == [], name

    def test_filters_survive_from_page_to_page(self, district):
        for _n in range(51):
            Journey(district).to_raised()
        page = client_of(district, "office").get(LIST, {"q": "红绿灯", "work": "raised"})
        assert "work=raised&amp;after=" in page.content.decode()


def test_every_button_reads_in_both_languages():
    for name, deed in FORMS.items():
        label = deed.label or SIX_STEPS.transition(name).label
        with translation.override("zh-hans"):
            chinese = str(label)
        with translation.override("en"):
            english = str(label)
        assert english.isascii(), (name, english)
        assert english != chinese


def test_an_extension_asked_for_waits_for_the_office(district):
    matter = Journey(district).to_acting().fresh()
    assert numbers(client_of(district, "office").get(LIST)) == []
    acting.ask_extension(matter, actor=district.actor("unit"), workdays=5, reason="下雨", seen_version=None)
    assert numbers(client_of(district, "office").get(LIST)) == [matter.number]


def test_how_many_others_have_it_too_stands_beside_the_matter(district):
    matter = Journey(district).to_assigned().fresh()
    raising.join_matter(matter, actor=raising.passer_by(), token=new_token("me_too"))
    for address in (LIST, reverse("work_search")):
        assert "1 人也遇到" in client_of(district, "unit").get(address).content.decode()
