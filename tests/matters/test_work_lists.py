"""The work list, the search, entry on behalf, what is done to several matters at once."""

from datetime import timedelta

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
from tongxin.matters.views.work.bulk import safe_cell
from tongxin.matters.views.work.table import FORMS

pytestmark = pytest.mark.django_db

LIST = "/work/"


def numbers(response) -> list[str]:
    """Numbers on a work list, in order."""
    return [row["number"] for section in response.context["sections"] for row in section["rows"]]


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

    def test_chips_narrow_to_what_is_to_be_done(self, district):
        Journey(district).to_raised()
        decided = Journey(district).to_decided().fresh()
        page = client_of(district, "office").get(LIST, {"state": "decided"})
        assert numbers(page) == [decided.number]
        assert {code: count for code, _label, count in page.context["states"]} == {
            "raised": 1,
            "decided": 1,
        }
        assert len(numbers(client_of(district, "office").get(LIST, {"state": "no-such"}))) == 2

    def test_sections_for_several_roles(self, district):
        from tongxin.accounts.models import RoleAssignment

        RoleAssignment.objects.create(
            user=district.users["liaison"], role="unit", scope="unit", scope_id=district.department.pk
        )
        Journey(district).to_raised()
        assigned = Journey(district).to_assigned().fresh()
        client = client_of(district, "liaison")
        assert [s["role"] for s in client.get(LIST).context["sections"]] == ["liaison", "unit"]
        assert numbers(client.get(LIST, {"role": "unit"})) == [assigned.number]

    def test_suggestion_comes_with_its_evidence(self, district):
        Journey(district).to_assigned()
        matter = Journey(district).to_raised("我们村口早上堵车，想装一个红绿灯，谢谢。").fresh()
        page = client_of(district, "office").get(LIST)
        row = next(r for s in page.context["sections"] for r in s["rows"] if r["number"] == matter.number)
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
        assert len(queries) <= 12, [q["sql"][:120] for q in queries]

    def test_second_page(self, district):
        made = [Journey(district).to_raised().fresh() for _n in range(53)]
        second = client_of(district, "office").get(LIST, {"page": "2"})
        assert numbers(second) == [matter.number for matter in made[50:]]
        assert numbers(client_of(district, "office").get(LIST, {"page": "x"})) == [
            m.number for m in made[:50]
        ]


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


class TestBulk:
    """Several at once, each by itself."""

    def test_only_what_is_over_moves(self, district):
        over, running = (Journey(district).to_published().fresh() for _n in range(2))
        Matter.objects.filter(pk=running.pk).update(objections_until=timezone.localdate() + timedelta(days=3))
        chosen = [f"{m.number}:{m.version}" for m in (over, running)]
        page = client_of(district, "office").post(
            reverse("work_bulk"), {"chosen": chosen, "do": "conclude_publication"}, follow=True
        )
        over.refresh_from_db()
        running.refresh_from_db()
        assert (over.state, running.state) == ("handed_over", "published")
        assert "公示期到" in page.content.decode()

    def test_an_outdated_choice_is_left_alone(self, district):
        matter = Journey(district).to_rating().fresh()
        chosen = [f"{matter.number}:{matter.version - 1}"]
        client_of(district, "office").post(reverse("work_bulk"), {"chosen": chosen, "do": "close_rating"})
        matter.refresh_from_db()
        assert matter.state == "rating"

    def test_the_office_alone_ends_periods(self, district):
        matter = Journey(district).to_rating().fresh()
        chosen = [f"{matter.number}:{matter.version}"]
        client_of(district, "unit").post(reverse("work_bulk"), {"chosen": chosen, "do": "close_rating"})
        matter.refresh_from_db()
        assert matter.state == "rating"

    def test_export_holds_no_raisers_words_and_no_formula(self, district):
        raised = Journey(district).to_raised("王小明家漏水").fresh()
        public = Journey(district).to_assigned().fresh()
        Matter.objects.filter(pk=public.pk).update(title="=1+1")
        chosen = [f"{raised.number}:1", f"{public.number}:1"]
        response = client_of(district, "office").post(
            reverse("work_bulk"), {"chosen": chosen, "do": "export"}
        )
        text = response.content.decode("utf-8-sig")
        assert "王小明" not in text
        assert "'=1+1" in text
        assert response["Content-Disposition"].startswith("attachment")

    @pytest.mark.parametrize("cell", ["=A1", "+1", "-1", "@x", "\tx"])
    def test_cells_are_never_formulas(self, cell):
        assert safe_cell(cell) == f"'{cell}"


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
