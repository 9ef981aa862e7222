"""Posters in a batch: who may ask, progress, going on after a kill, and who may have the file; one station's for all."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from pypdf import PdfReader

from tests.testing.clients import client_of
from tongxin.accounts.models import RoleAssignment, User
from tongxin.core.attachments import path_of
from tongxin.core.models import LedgerEntry
from tongxin.directory.models import Area, DutyShift, Workstation
from tongxin.duty import posters
from tongxin.duty.actions import posters as deeds
from tongxin.duty.models import PosterBatch

pytestmark = pytest.mark.django_db
BASE = "https://a.example"


@pytest.fixture
def stations(district):
    """Eleven stations: that of the district, one of the street, and more communities."""
    Workstation.objects.create(code="TW0", name="示例街道工作站", area=district.street)
    for n in range(9):
        area = Area.objects.create(
            code=f"T2{n:02}", name=f"远处{n}社区", level=Area.Level.COMMUNITY, parent=district.street
        )
        Workstation.objects.create(code=f"TX{n}", name=f"远处{n}社区工作室", area=area)
    return list(Workstation.objects.order_by("area__code"))


def ask(district, name="office", **more):
    return deeds.ask_for_posters(
        actor=district.actor(name), **{"size": "a4", "language": "zh", "base_url": BASE, **more}
    )


def pages(batch) -> list[str]:
    batch.refresh_from_db()
    reader = PdfReader(BytesIO(path_of(batch.file_digest).read_bytes()))
    return ["".join(page.extract_text().split()) for page in reader.pages]


def test_the_office_has_all_made_a_page_each_in_order(district, stations):
    batch = ask(district)
    assert (batch.total, batch.state) == (len(stations), "waiting")
    deeds.draw_batch(batch.pk, at_a_time=4)
    texts = pages(batch)
    assert (batch.state, batch.done) == ("done", batch.total)
    assert len(texts) == len(stations)
    for station, text in zip(stations, texts, strict=True):
        assert station.name in text
        assert f"{BASE}/raise/?station={station.code}" in text
    assert not deeds.folder_of(batch.pk).exists()


def test_the_job_is_queued_with_the_batch_and_the_ledger_knows(district):
    batch = ask(district)
    job = ProcrastinateJob.objects.get(task_name=deeds.DRAW)
    assert job.args == {"batch_id": batch.pk}
    from procrastinate.contrib.django import app

    assert deeds.DRAW in app.tasks
    entry = LedgerEntry.objects.get(event="posters.asked")
    assert not entry.is_public


def test_asked_twice_while_under_way_it_is_the_same(district):
    assert ask(district) == ask(district)
    assert ask(district, size="a3").pk != ask(district).pk


def test_a_street_alone(district, stations):
    assert ask(district, street="T2").total == 9


def test_a_liaison_has_only_their_own_and_others_none(district, stations):
    batch = ask(district, "liaison")
    assert batch.station_ids == [district.station.pk]
    for name in ("member", "unit", "system_admin", "principal"):
        with pytest.raises(deeds.NotAllowed):
            ask(district, name)


def test_killed_half_way_it_goes_on_where_it_stopped(district, stations, monkeypatch):
    """A worker dies after the second part; another draws the rest, and nothing twice."""
    batch = ask(district)
    drawn: list[list[str]] = []
    real = deeds.draw_stations

    class Killed(BaseException):
        pass

    def dies(few, of):
        if len(drawn) == 2:
            raise Killed
        drawn.append([station.code for station in few])
        return real(few, of)

    monkeypatch.setattr(deeds, "draw_stations", dies)
    with pytest.raises(Killed):
        deeds.draw_batch(batch.pk, at_a_time=3)
    batch.refresh_from_db()
    assert (batch.state, batch.done) == ("running", 6)

    later: list[list[str]] = []
    monkeypatch.setattr(
        deeds, "draw_stations", lambda few, of: later.append([s.code for s in few]) or real(few, of)
    )
    deeds.draw_batch(batch.pk, at_a_time=3)
    assert [code for few in drawn + later for code in few] == [station.code for station in stations]
    assert len(pages(batch)) == len(stations)


def test_a_part_written_half_way_is_not_taken_for_one(district, stations):
    batch = ask(district)
    folder = deeds.folder_of(batch.pk)
    folder.mkdir(parents=True)
    (folder / "00000-004.draft").write_bytes(b"%PDF-half")
    deeds.draw_batch(batch.pk, at_a_time=4)
    assert len(pages(batch)) == len(stations)


def test_what_fails_says_so_and_can_be_made_again(district, stations, monkeypatch):
    batch = ask(district)
    with monkeypatch.context() as patched:
        patched.setattr(deeds, "draw_stations", lambda few, of: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            deeds.draw_batch(batch.pk)
    office = client_of(district, "office")
    page = office.get(f"/work/posters/{batch.pk}/").content.decode()
    assert "没做成" in page
    assert "ZeroDivision" not in page
    office.post(f"/work/posters/{batch.pk}/again/")
    batch.refresh_from_db()
    assert (batch.state, batch.done) == ("waiting", 0)
    deeds.draw_batch(batch.pk)
    assert len(pages(batch)) == len(stations)


def test_done_is_not_drawn_again(district):
    batch = ask(district)
    deeds.draw_batch(batch.pk)
    batch.refresh_from_db()
    digest, finished = batch.file_digest, batch.finished_at
    deeds.draw_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.file_digest, batch.finished_at) == (digest, finished)


def test_files_are_dropped_after_a_week(district, django_capture_on_commit_callbacks):
    batch = ask(district)
    deeds.draw_batch(batch.pk)
    PosterBatch.objects.update(finished_at=timezone.now() - timedelta(days=8))
    batch.refresh_from_db()
    path = path_of(batch.file_digest)
    assert path.exists()
    with django_capture_on_commit_callbacks(execute=True):
        ask(district, size="a3")
    assert not path.exists()
    page = client_of(district, "office").get(f"/work/posters/{batch.pk}/").content.decode()
    assert "不再保留" in page


def test_the_browser_from_asking_to_the_file(district, stations):
    office = client_of(district, "office")
    sent = office.post("/work/posters/", {"size": "a3", "language": "both", "street": ""})
    batch = PosterBatch.objects.get()
    assert sent["Location"] == f"/work/posters/{batch.pk}/"
    waiting = office.get(sent["Location"]).content.decode()
    assert "<progress" in waiting
    assert 'hx-trigger="every 1s"' in waiting
    early = office.get(f"/work/posters/{batch.pk}/posters.pdf")
    assert early.status_code == 302
    deeds.draw_batch(batch.pk)
    part = office.get(sent["Location"], headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "hx-trigger" not in part
    assert f"/work/posters/{batch.pk}/posters.pdf" in part
    file = office.get(f"/work/posters/{batch.pk}/posters.pdf")
    assert file["Content-Type"] == "application/pdf"
    assert "private" in file["Cache-Control"]
    assert len(PdfReader(BytesIO(b"".join(file.streaming_content))).pages) == len(stations)


def test_the_codes_lead_to_the_districts_public_address(district, settings):
    settings.TONGXIN = settings.TONGXIN | {"base_url": "https://public.example/"}
    client_of(district, "office").post("/work/posters/", {"size": "a4", "language": "zh"})
    assert PosterBatch.objects.get().base_url == "https://public.example"


def test_a_batch_is_for_who_asked_and_the_office(district):
    batch = ask(district, "liaison")
    deeds.draw_batch(batch.pk)
    other = User.objects.create(username="liaison2", display_name="别站联络员")
    station = Workstation.objects.create(code="TY", name="别的工作室", area=district.other_community)
    RoleAssignment.objects.create(user=other, role="liaison", scope="station", scope_id=station.pk)
    district.users["liaison2"] = other
    for name, status in (("liaison", 200), ("office", 200), ("liaison2", 404), ("member", 404)):
        browser = client_of(district, name)
        for path in (f"/work/posters/{batch.pk}/", f"/work/posters/{batch.pk}/posters.pdf"):
            assert browser.get(path).status_code == status, (name, path)
    assert Client().get(f"/work/posters/{batch.pk}/posters.pdf").status_code == 302
    assert str(batch.pk) not in client_of(district, "liaison2").get("/work/posters/").context["batches"]


@pytest.mark.parametrize("data", [{}, {"size": "a5", "language": "zh"}, {"size": "a4", "language": "fr"}])
def test_a_form_filled_in_wrong_comes_back(district, data):
    assert client_of(district, "office").post("/work/posters/", data).status_code == 422
    assert not PosterBatch.objects.exists()


def test_anybody_has_one_station_s_poster_in_few_queries(district, client, django_assert_max_num_queries):
    now = timezone.localtime().replace(hour=9, minute=0, second=0, microsecond=0)
    month = posters.month_shown(now.date())
    DutyShift.objects.create(
        station=district.station,
        member=district.member,
        mode="offline",
        starts_at=now.replace(year=month.year, month=month.month, day=10),
        ends_at=now.replace(year=month.year, month=month.month, day=10, hour=11),
    )
    with django_assert_max_num_queries(4):
        response = client.get("/stations/TW1/poster.pdf?size=a3&language=en")
    assert response["Content-Type"] == "application/pdf"
    assert response.is_same_for_all
    text = "".join(PdfReader(BytesIO(response.content)).pages[0].extract_text().split())
    assert "测试委员甲" in text
    assert "http://testserver/raise/?station=TW1" in text


@pytest.mark.parametrize(
    "address",
    ["/stations/NONE/poster.pdf", "/stations/TW1/poster.pdf?size=a0", "/stations/TW1/poster.pdf?language=fr"],
)
def test_nonsense_is_not_found(district, client, address):
    assert client.get(address).status_code == 404


def test_the_pages_take_few_queries_however_many_stations(district, stations, django_assert_max_num_queries):
    office = client_of(district, "office")
    office.get("/work/posters/")
    with django_assert_max_num_queries(12):
        assert office.get("/work/posters/").status_code == 200
    batch = ask(district)
    with django_assert_max_num_queries(11):
        assert office.get(f"/work/posters/{batch.pk}/").status_code == 200
