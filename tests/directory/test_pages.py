"""Pages of the directory: what they show, to whom, and in how many queries."""

import random
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import Template
from django.test import Client
from django.utils import timezone

from tongxin.directory import registry
from tongxin.directory.demo.load import load_directory
from tongxin.directory.models import DutyShift, ImportBatch, Unit, Workstation
from tongxin.duty.actions.rosters.publishing import publish_roster
from tongxin.duty.actions.rosters.slots import SlotGiven, add_slots
from tongxin.duty.models import Roster

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(db):
    load_directory(random.Random(7))


@pytest.fixture(autouse=True)
def _without_second_factor(settings):
    """The second factor has its own tests."""
    settings.TONGXIN = settings.TONGXIN | {"staff_second_factor": False}


def signed_in(district, name: str) -> Client:
    client = Client()
    client.force_login(district.users[name], backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/stations/", 6),
        ("/stations/?q=天剑", 6),
        ("/stations/W-002/", 11),
        ("/stations/W-006-02/", 11),
        ("/stations/W-006-02/poster/", 6),
        ("/members/", 6),
        ("/units/", 6),
        ("/units/S-006/", 6),
    ],
)
def test_public_pages_take_few_queries(demo, client, django_assert_max_num_queries, path, most):
    with django_assert_max_num_queries(most):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/stations/", "/stations/W-002/", "/stations/W-002/qr.svg", "/members/", "/units/", "/units/G01/"],
)
def test_public_pages_are_the_same_for_all_and_set_no_cookie(demo, client, path):
    response = client.get(path)
    assert response.is_same_for_all
    assert not response.cookies
    assert b"csrfmiddlewaretoken" not in response.content


@pytest.mark.parametrize(
    "path", ["/stations/NONE/", "/stations/NONE/poster/", "/stations/NONE/qr.svg", "/units/NONE/"]
)
def test_unknown_codes_are_not_found(db, client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/stations/", "/members/", "/units/"])
@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=" + "长" * 500,
        "after=zzz",
        "after=9-%00",
        "sector=99999999999999999999",
        "kind=x&level=y",
        "q=%25_'\"\\",
    ],
)
def test_strange_searches_are_answered(demo, client, path, query):
    assert client.get(f"{path}?{query}").status_code == 200


def test_station_shows_people_lead_first_duty_and_where_to_raise(district, colleague, client):
    now = timezone.now()
    DutyShift.objects.create(
        station=district.station,
        member=colleague,
        mode="online",
        starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=1),
    )
    page = client.get("/stations/TW1/").content.decode()
    assert page.index("测试委员甲") < page.index("测试委员乙")
    assert "正在值班" in page
    assert "/raise/?station=TW1" in page


def test_search_finds_a_community_under_its_street(demo, client):
    page = client.get("/stations/?q=天剑").content.decode()
    assert "金盆岭街道" in page
    assert "天剑社区" in page
    assert "坡子街街道" not in page


def test_panels_of_other_domains_appear(district, client, monkeypatch):
    panel = registry.Panel(Template("<p>{{ panel.figure }} handled here</p>"), {"figure": 12})
    monkeypatch.setattr(registry, "station_panels", [lambda station: panel, lambda station: None])
    assert registry.panels_of_station(district.station) == [panel]
    assert client.get("/stations/TW1/").content.count(b"12 handled here") == 1


def test_qr_is_svg_and_the_poster_shows_the_absolute_address(demo, client):
    response = client.get("/stations/W-002/qr.svg")
    assert response["Content-Type"] == "image/svg+xml"
    ElementTree.fromstring(response.content)
    assert b"style=" not in response.content
    assert "http://testserver/raise/?station=W-002" in client.get("/stations/W-002/poster/").content.decode()


def test_members_are_paged_to_the_last(demo, client):
    seen, path = set(), "/members/"
    for _turn in range(10):
        page = client.get(path).context["page"]
        seen |= {member.code for member in page.members}
        if not page.after:
            break
        path = f"/members/?after={page.after}"
    assert len(seen) == 257


def test_units_are_paged_to_the_last(demo, client):
    first = client.get("/units/").context["page"]
    second = client.get(f"/units/?after={first.after}").context["page"]
    third = client.get(f"/units/?after={second.after}").context["page"]
    assert len({u.pk for page in (first, second, third) for u in page.units}) == Unit.objects.count()
    assert third.after == ""


def test_the_cached_page_follows_a_change_of_the_roster(district, client):
    assert "测试委员甲" in client.get("/stations/TW1/").content.decode()
    now = timezone.now()
    add_slots(
        district.station,
        SlotGiven("offline", now - timedelta(minutes=1), now + timedelta(minutes=1), district.member),
        actor=district.actor("office"),
    )
    roster = Roster.objects.select_related("station").get()
    publish_roster(roster, actor=district.actor("office"))
    assert "正在值班" in client.get("/stations/TW1/").content.decode()


WORK = ["/work/import/", "/work/import/templates/units.xlsx", "/work/import/templates/units.csv"]


@pytest.mark.parametrize("path", WORK)
def test_anonymous_visitors_are_asked_to_sign_in(db, client, path):
    response = client.get(path)
    assert response.status_code == 302
    assert "next=" in response["Location"]


@pytest.mark.parametrize("path", WORK)
def test_outsiders_get_404(district, path):
    for name in (
        "member",
        "liaison",
        "convener",
        "decider",
        "unit",
        "principal",
        "security_admin",
        "audit_admin",
    ):
        assert signed_in(district, name).get(path).status_code == 404
    for name in ("office", "system_admin"):
        assert signed_in(district, name).get(path).status_code == 200


def test_upload_dry_run_confirm(district):
    client = signed_in(district, "office")
    file = SimpleUploadedFile("单位.csv", "代码,名称\nU2,改名局\n".encode("gb18030"))
    response = client.post("/work/import/", {"kind": "units", "file": file})
    assert response.status_code == 302
    page = client.get(response["Location"])
    text = page.content.decode()
    assert "<del>示例交通局</del> → <ins>改名局</ins>" in text
    Unit.objects.filter(code="U3").update(name="无关的改动")
    digest = page.context["plan"].digest
    Unit.objects.filter(code="U2").update(name="别人先改了")
    stale = client.post(f"{response['Location']}confirm/", {"digest": digest})
    assert stale.status_code == 409
    assert "别人先改了" in stale.content.decode()
    done = client.post(
        f"{response['Location']}confirm/", {"digest": stale.context["plan"].digest}, follow=True
    )
    assert Unit.objects.get(code="U2").name == "改名局"
    assert "改动 1" in done.content.decode()


def test_faults_are_listed_and_downloaded_and_bar_the_confirmation(district):
    client = signed_in(district, "system_admin")
    file = SimpleUploadedFile("u.csv", "代码,名称\nU2,示例城管局\nU 3,=1+1\n".encode())
    where = client.post("/work/import/", {"kind": "units", "file": file})["Location"]
    page = client.get(where).content.decode()
    assert "confirm/" not in page
    assert "=1+1" in page
    assert "'=1+1" in client.get(f"{where}faults.csv").content.decode("utf-8-sig")
    client.post(f"{where}cancel/", {"sure": "yes"})
    assert ImportBatch.objects.get().status == "cancelled"
    assert client.get(f"{where}faults.csv").status_code == 404
    assert client.get(where).status_code == 200


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "units"},
        {"kind": "nothing", "file": SimpleUploadedFile("a.csv", b"x")},
        {"kind": "units", "file": SimpleUploadedFile("a.csv", b"")},
        {"kind": "units", "file": SimpleUploadedFile("a.xlsx", b"fake")},
    ],
)
def test_bad_uploads_come_back_with_a_reason(district, data):
    response = signed_in(district, "office").post("/work/import/", data)
    assert response.status_code == 422
    assert 'class="why"' in response.content.decode()
    assert not ImportBatch.objects.exists()


def test_a_closed_station_leaves_the_public_pages(district, client):
    Workstation.objects.update(is_active=False)
    assert client.get("/stations/TW1/").status_code == 404
    assert "示例甲社区" not in client.get("/stations/").content.decode()
