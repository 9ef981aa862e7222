"""Several matters at once: what will happen, doing it one by one, what came of it, undoing it."""

from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from tests.testing.clients import client_of
from tests.testing.district import Journey
from tongxin.core.models import Entry
from tongxin.directory.models import Member
from tongxin.matters.actions import acting
from tongxin.matters.models import BulkDeed, Matter
from tongxin.matters.presenters import number_text
from tongxin.matters.views.work import export
from tongxin.matters.views.work.export import safe_cell

pytestmark = pytest.mark.django_db

BULK = "/work/bulk/"


def chosen(*matters: Matter) -> list[str]:
    """As the checkboxes of the list send them."""
    return [f"{matter.number}:{matter.version}" for matter in matters]


def confirm(client, what: str, matters, **fields):
    """Confirm the page of what will happen; the answer is the page after it."""
    data = {"do": what, "chosen": chosen(*matters), "stage": "confirm", "token": str(uuid4()), **fields}
    return client.post(BULK, data, follow=True)


class TestPreview:
    """Nothing is done before it is confirmed."""

    def test_says_what_will_happen_to_which_and_what_cannot_and_why(self, district):
        over, running = (Journey(district).to_published().fresh() for _n in range(2))
        raised = Journey(district).to_raised().fresh()
        Matter.objects.filter(pk=running.pk).update(objections_until=timezone.localdate() + timedelta(days=3))
        page = client_of(district, "office").post(
            BULK, {"do": "hand_over", "chosen": chosen(over, running, raised)}
        )
        assert [one["number"] for one in page.context["can"]] == [over.number]
        reasons = {one["number"]: one["reason"] for one in page.context["cannot"]}
        assert "公示期到" in reasons[running.number]
        assert "待审" in reasons[raised.number]
        over.refresh_from_db()
        assert over.state == "published"
        assert not BulkDeed.objects.exists()

    def test_says_whether_it_can_be_undone(self, district):
        raised, objected = Journey(district).to_raised().fresh(), Journey(district).to_assigned()
        acting.object_task(
            objected.fresh(), actor=district.actor("unit"), reason="不归我们", seen_version=None
        )
        page = client_of(district, "office").post(
            BULK, {"do": "assign", "chosen": chosen(raised, objected.fresh())}
        )
        can = {one["number"]: (one["can_undo"], bool(one["no_undo"])) for one in page.context["can"]}
        assert can == {raised.number: (True, False), objected.fresh().number: (False, True)}
        assert set(page.context["form"].fields) == {"token", "unit", "category", "words"}

    def test_shows_what_would_go_public_and_stops_at_personal_data(self, district):
        plain = Journey(district).to_raised().fresh()
        personal = Journey(district).to_raised("请打13812345678找王小明，楼道灯坏了。").fresh()
        page = client_of(district, "office").post(BULK, {"do": "assign", "chosen": chosen(plain, personal)})
        assert [one["shows"] for one in page.context["can"]] == [plain.original_text]
        assert [one["number"] for one in page.context["cannot"]] == [personal.number]

    def test_nothing_chosen_and_nothing_known_lead_back(self, district):
        client = client_of(district, "office")
        assert client.post(BULK, {"do": "assign"})["Location"] == "/work/"
        matter = Journey(district).to_raised().fresh()
        assert client.post(BULK, {"do": "explode", "chosen": chosen(matter)})["Location"] == "/work/"

    @pytest.mark.parametrize("name", ["unit", "member", "convener", "decider"])
    def test_who_is_not_offered_it_does_nothing_with_it(self, district, name):
        matter = Journey(district).to_rating().fresh()
        response = client_of(district, name).post(BULK, {"do": "close", "chosen": chosen(matter)})
        assert response["Location"] == "/work/"

    def test_what_one_may_not_see_does_not_exist(self, district):
        matter = Journey(district).to_assigned().fresh()
        assert (
            client_of(district, "other_unit").post(BULK, {"do": "export", "chosen": chosen(matter)})[
                "Location"
            ]
            == "/work/"
        )


class TestDoing:
    """Each by itself, through the normal actions."""

    def test_assign_raised_ones_to_a_unit(self, district):
        matters = [Journey(district).to_raised().fresh() for _n in range(3)]
        page = confirm(
            client_of(district, "office"), "assign", matters,
            unit=district.department.pk, category=district.category.pk,
        )  # fmt: skip
        for matter in matters:
            matter.refresh_from_db()
            assert (matter.state, matter.lead_unit, matter.publication) == (
                "assigned",
                district.department,
                "public",
            )
        assert len(page.context["done"]) == 3
        assert page.context["may_undo"]

    def test_without_a_unit_it_is_asked_for_and_nothing_is_done(self, district):
        matter = Journey(district).to_raised().fresh()
        page = confirm(client_of(district, "office"), "assign", [matter], category=district.category.pk)
        assert page.status_code == 422
        matter.refresh_from_db()
        assert matter.state == "raised"

    def test_a_conflict_is_told_and_the_others_are_done(self, district):
        first, second = (Journey(district).to_raised().fresh() for _n in range(2))
        Matter.objects.filter(pk=first.pk).update(version=first.version + 1)
        page = confirm(
            client_of(district, "office"), "assign", [first, second],
            unit=district.department.pk, category=district.category.pk,
        )  # fmt: skip
        assert [one["number"] for one in page.context["done"]] == [second.number]
        assert [one["number"] for one in page.context["left"]] == [first.number]
        first.refresh_from_db()
        assert first.state == "raised"

    def test_a_conflict_between_look_and_act_is_told_too(self, district, monkeypatch):
        from tongxin.matters.actions import bulk

        matter = Journey(district).to_raised().fresh()
        real = bulk.plan

        def and_then_somebody_acts(*args):
            plans = real(*args)
            Matter.objects.filter(pk=matter.pk).update(version=matter.version + 1)
            return plans

        monkeypatch.setattr(bulk, "plan", and_then_somebody_acts)
        page = confirm(
            client_of(district, "office"), "assign", [matter],
            unit=district.department.pk, category=district.category.pk,
        )  # fmt: skip
        assert [one["number"] for one in page.context["left"]] == [matter.number]

    def test_the_same_form_twice_acts_once(self, district):
        matter = Journey(district).to_acting().fresh()
        client, token = client_of(district, "office"), str(uuid4())
        data = {
            "do": "remind",
            "chosen": chosen(matter),
            "stage": "confirm",
            "token": token,
            "words": "请办。",
        }
        first, second = client.post(BULK, data), client.post(BULK, data)
        assert first.status_code == 302
        assert second.status_code in {302, 422}
        assert Entry.objects.filter(event="matter.urged").count() == 1
        assert BulkDeed.objects.count() == 1

    def test_remind_writes_the_words_everywhere_but_never_personal_data(self, district):
        matters = [Journey(district).to_acting().fresh() for _n in range(2)]
        client = client_of(district, "principal")
        assert confirm(client, "remind", matters, words="请打13812345678").status_code == 422
        page = confirm(client, "remind", matters, words="请抓紧办。")
        assert {e.text for e in Entry.objects.filter(event="matter.urged")} == {"请抓紧办。"}
        assert len(page.context["done"]) == 2
        assert not page.context["may_undo"]

    def test_periods_that_are_over_move_on(self, district):
        over, rating = Journey(district).to_published().fresh(), Journey(district).to_rating().fresh()
        Matter.objects.filter(pk=rating.pk).update(due_on=timezone.localdate() - timedelta(days=1))
        client = client_of(district, "office")
        confirm(client, "hand_over", [over])
        confirm(client, "close", [rating])
        over.refresh_from_db()
        rating.refresh_from_db()
        assert (over.state, rating.state) == ("handed_over", "watched")

    def test_each_has_its_own_result_page(self, district):
        matter = Journey(district).to_acting().fresh()
        confirm(client_of(district, "office"), "remind", [matter], words="请办。")
        address = reverse("work_bulk_result", args=[BulkDeed.objects.get().pk])
        assert client_of(district, "office").get(address).status_code == 200
        assert client_of(district, "principal").get(address).status_code == 404

    def test_the_lists_own_queries_do_not_grow_when_many_are_looked_at(self, district):
        def count(what, matters) -> int:
            client = client_of(district, "office")
            with CaptureQueriesContext(connection) as queries:
                client.post(BULK, {"do": what, "chosen": chosen(*matters)})
            return len(queries)

        for what, bring in (("assign", Journey.to_raised), ("remind", Journey.to_deliberating)):
            matters = [bring(Journey(district)).fresh() for _n in range(12)]
            count(what, matters[:2])
            assert count(what, matters) == count(what, matters[:2]), what


class TestUndo:
    """A recorded act through the engine, within a short time, where the process allows it."""

    @pytest.fixture
    def assigned(self, district):
        """Two matters assigned at once, and the browser that did it."""
        matters = [Journey(district).to_raised().fresh() for _n in range(2)]
        client = client_of(district, "office")
        confirm(client, "assign", matters, unit=district.department.pk, category=district.category.pk)
        return client, matters, BulkDeed.objects.get()

    def test_each_is_taken_back_and_the_history_keeps_both_acts(self, district, assigned):
        client, matters, deed = assigned
        page = client.post(reverse("work_bulk_undo", args=[deed.pk]), follow=True)
        for matter in matters:
            matter.refresh_from_db()
            assert (matter.state, matter.lead_unit) == ("raised", None)
            events = list(Entry.objects.filter(dossier_id=matter.pk).values_list("event", flat=True))
            assert events[:2] == ["task.taken_back", "matter.accepted"]
        assert all(one["is_undone"] for one in page.context["done"])
        assert not page.context["may_undo"]

    def test_what_the_unit_answered_meanwhile_stays(self, district, assigned):
        client, (first, second), deed = assigned
        acting.reply_to_suggestion(
            first, actor=district.actor("unit"), result="adopted", reasons="办", workdays=5, seen_version=None
        )
        page = client.post(reverse("work_bulk_undo", args=[deed.pk]), follow=True)
        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.state, second.state) == ("acting", "raised")
        told = {one["number"]: bool(one["undo_reason"]) for one in page.context["done"]}
        assert told == {first.number: True, second.number: False}

    def test_not_twice_not_late_not_by_somebody_else(self, district, assigned):
        client, (first, _second), deed = assigned
        address = reverse("work_bulk_undo", args=[deed.pk])
        assert client_of(district, "principal").post(address).status_code == 404
        BulkDeed.objects.filter(pk=deed.pk).update(at=timezone.now() - timedelta(minutes=16))
        client.post(address)
        first.refresh_from_db()
        assert first.state == "assigned"
        BulkDeed.objects.filter(pk=deed.pk).update(at=timezone.now())
        client.post(address)
        client.post(address)
        assert Entry.objects.filter(dossier_id=first.pk, event="task.taken_back").count() == 1

    def test_another_convener_and_back(self, district):
        matter = Journey(district).to_deliberating().fresh()
        other = Member.objects.create(code="M2", name="测试委员乙", sector=district.member.sector)
        client = client_of(district, "office")
        confirm(client, "assign", [matter], convener=other.pk)
        matter.refresh_from_db()
        assert matter.convener == other
        client.post(reverse("work_bulk_undo", args=[BulkDeed.objects.get().pk]))
        matter.refresh_from_db()
        assert matter.convener == district.member
        assert Entry.objects.filter(dossier_id=matter.pk, event="convener.appointed").count() == 2

    def test_a_day_later_it_says_that_it_cannot_be_undone(self, district, assigned):
        _client, _matters, deed = assigned
        with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
            page = client_of(district, "office").get(reverse("work_bulk_result", args=[deed.pk]))
        assert "已经过了可以撤销的时间" in page.content.decode()


def workbook(response) -> list[tuple[object, ...]]:
    """The rows of a workbook that was sent, with its headings."""
    content = BytesIO(b"".join(response.streaming_content))
    return list(load_workbook(content).active.iter_rows(values_only=True))


class TestExport:
    """A workbook without personal data and without formulas."""

    def rows(self, client, *matters):
        """The workbook's rows."""
        data = {"do": "export", "chosen": chosen(*matters), "stage": "confirm"}
        response = client.post(BULK, data)
        assert response["Content-Disposition"].startswith("attachment")
        return workbook(response)

    def test_no_raisers_words_and_no_formula(self, district):
        raised = Journey(district).to_raised("王小明家漏水").fresh()
        public = Journey(district).to_assigned().fresh()
        Matter.objects.filter(pk=public.pk).update(title="=1+1")
        rows = self.rows(client_of(district, "office"), raised, public.__class__.objects.get(pk=public.pk))
        titles = {row[1] for row in rows[1:]}
        assert titles == {"（尚未公开的事项）", "'=1+1"}
        assert "王小明" not in str(rows)

    def test_every_role_takes_its_own_list_along(self, district):
        matter = Journey(district).to_assigned().fresh()
        assert len(self.rows(client_of(district, "unit"), matter)) == 2

    def test_the_page_before_says_what_is_left_out(self, district):
        raised = Journey(district).to_raised().fresh()
        page = client_of(district, "office").post(BULK, {"do": "export", "chosen": chosen(raised)})
        assert "标题不写" in page.content.decode()

    @pytest.mark.parametrize("cell", ["=A1", "+1", "-1", "@x", "\tx"])
    def test_cells_are_never_formulas(self, cell):
        assert safe_cell(cell) == f"'{cell}"


class TestExportOfAll:
    """The list under its filters, ticked or not."""

    def numbers(self, district, who: str, **asked: str) -> set[object]:
        response = client_of(district, who).get("/work/export/", asked)
        assert response["Content-Disposition"].startswith("attachment")
        return {row[0] for row in workbook(response)[1:]}

    def test_what_the_list_shows_and_nothing_else(self, district):
        raised = Journey(district).to_raised().fresh()
        published = Journey(district).to_published().fresh()
        everything = {number_text(raised.number), number_text(published.number)}
        assert self.numbers(district, "office") == everything
        assert self.numbers(district, "office", work="raised") == {number_text(raised.number)}
        assert self.numbers(district, "office", q=published.number) == {number_text(published.number)}
        assert self.numbers(district, "other_unit") == set()

    def test_no_raisers_words_even_for_who_may_read_them(self, district):
        Journey(district).to_raised("王小明家漏水")
        response = client_of(district, "office").get("/work/export/")
        assert "王小明" not in str(workbook(response))

    def test_more_than_fits_is_said_in_the_last_line(self, district, monkeypatch):
        monkeypatch.setattr(export, "MOST", 2)
        for _each in range(3):
            Journey(district).to_raised()
        rows = workbook(client_of(district, "office").get("/work/export/"))
        assert len(rows) == 4
        assert "只导出前2件" in rows[-1][0]

    def test_many_rows_cost_no_more_queries_than_one(self, district):
        def queries() -> int:
            with CaptureQueriesContext(connection) as asked:
                workbook(client.get("/work/export/"))
            return len(asked)

        Journey(district).to_assigned()
        client = client_of(district, "unit")
        client.get("/work/export/")
        few = queries()
        for _each in range(8):
            Journey(district).to_assigned()
        assert queries() == few < 10

    def test_the_list_offers_it_with_its_filters(self, district):
        Journey(district).to_raised()
        page = client_of(district, "office").get("/work/", {"work": "raised", "kind": ""})
        assert "/work/export/?work=raised&amp;kind=" in page.content.decode()
