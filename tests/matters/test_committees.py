"""Office accounts of special committees (专委会): their own matters, and reading only of the rest."""

import pytest
from django.urls import reverse

from tests.testing.clients import client_of
from tests.testing.district import Journey, _user
from tongxin.accounts.roles import Role, Scope
from tongxin.core.models import Entry, LedgerEntry
from tongxin.directory.models import Committee
from tongxin.matters.actions import triage
from tongxin.matters.actions.routing import route_categories
from tongxin.matters.actions.step import NotAllowed
from tongxin.matters.models import Matter
from tongxin.matters.rules import offered

pytestmark = pytest.mark.django_db


@pytest.fixture
def committee(district):
    """A special committee with an office account."""
    made = Committee.objects.create(name="示例环境委员会")
    district.users["committee"] = _user("committee", Role.OFFICE, Scope.COMMITTEE, made.pk)
    return made


def test_a_category_routed_to_it_makes_a_matter_its_own(district, committee):
    matter = Journey(district).to_raised().fresh()
    Matter.objects.filter(pk=matter.pk).update(category=district.category)
    client = client_of(district, "committee")
    address = reverse("work_matter", args=[matter.number])
    assert client.get(address).status_code == 404
    assert client.get("/work/").context["rows"] == []
    assert client.get(reverse("work_search"), {"q": matter.number}).context["rows"] == []
    route_categories({district.category.pk: committee.pk}, actor=district.actor("office"))
    assert client.get(address).status_code == 200
    assert [row["number"] for row in client.get("/work/").context["rows"]] == [matter.number]
    assert [
        row["number"] for row in client.get(reverse("work_search"), {"q": matter.number}).context["rows"]
    ] == [matter.number]


def test_a_member_of_it_as_convener_makes_a_matter_its_own(district, committee):
    matter = Journey(district).to_decided().fresh()
    actor = district.actor("committee")
    assert offered(actor, matter) == []
    district.member.committee = committee
    district.member.save()
    assert "publish_decision" in {t.name for t in offered(actor, Matter.objects.get(pk=matter.pk))}


def test_it_acts_under_its_own_name(district, committee):
    Matter.objects.filter(pk=Journey(district).to_raised().fresh().pk).update(category=district.category)
    route_categories({district.category.pk: committee.pk}, actor=district.actor("office"))
    matter = Matter.objects.get()
    triage.ask_more(matter, actor=district.actor("committee"), question="在哪一栋？", seen_version=None)
    assert Entry.objects.get(event="matter.more_asked").actor_label == "示例环境委员会"


def test_the_rest_it_only_reads_as_far_as_it_is_public(district, committee):
    public = Journey(district).to_decided().fresh()
    client = client_of(district, "committee")
    page = client.get(reverse("work_matter", args=[public.number]))
    assert page.status_code == 200
    assert page.context["offers"] == []
    assert not page.context["may_read_raiser"]
    assert "装灯，暂不单行。" not in page.content.decode()  # the decision isn't published yet
    address = reverse("work_do", args=[public.number, "publish_decision"])
    data = {"version": public.version, "public_text": "装灯", "workdays": 5, "stage": "confirm"}
    assert client.post(address, data).status_code == 404
    with pytest.raises(NotAllowed):
        triage.decline_matter(
            Journey(district).to_raised().fresh(), actor=district.actor("committee"),
            ground="litigation", reply="不受理", seen_version=None,
        )  # fmt: skip


@pytest.mark.parametrize("address", ["/work/enter/", "/work/categories/", "/work/rosters/", "/work/import/"])
def test_pages_of_the_whole_conference_office_are_not_its_own(district, committee, address):
    client = client_of(district, "committee")
    assert client.get(address).status_code == 404
    assert address not in [page for page, _name in client.get("/work/").context["pages"]]


def test_the_office_routes_categories_and_the_ledger_knows(district, committee):
    client = client_of(district, "office")
    address = reverse("work_categories")
    name = f"category_{district.category.pk}"
    assert name in client.get(address).content.decode()
    before = LedgerEntry.objects.filter(event="category.routed").count()
    client.post(address, {name: str(committee.pk)})
    district.category.refresh_from_db()
    assert district.category.committee == committee
    client.post(address, {name: str(committee.pk)})  # no change, no entry
    assert LedgerEntry.objects.filter(event="category.routed").count() == before + 1
    assert client.post(address, {name: "4000000"}).status_code == 422
    with pytest.raises(NotAllowed):
        route_categories({district.category.pk: None}, actor=district.actor("committee"))


def test_it_urges_what_is_its_own(district, committee):
    from datetime import timedelta

    from django.utils import timezone

    matter = Journey(district).to_acting().fresh()
    Matter.objects.filter(pk=matter.pk).update(due_on=timezone.localdate() - timedelta(days=3))
    client = client_of(district, "committee")
    assert client.get("/work/", {"work": "chase"}).context["rows"] == []
    route_categories({district.category.pk: committee.pk}, actor=district.actor("office"))
    assert [r["number"] for r in client.get("/work/", {"work": "chase"}).context["rows"]] == [matter.number]
