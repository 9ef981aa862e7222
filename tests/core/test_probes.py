"""What machines ask: alive, ready, and the figures."""

import re

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from tests.testing.district import District, Journey
from tongxin.core import probes, readiness


def test_alive_needs_no_database(client: Client) -> None:
    # Without the database mark a query would fail the test.
    assert client.get("/healthz/live").json() == {"ok": True}


@pytest.mark.django_db
def test_ready_means_reachable_and_migrated(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/healthz/ready").status_code == 200
    known = readiness.migrations_on_disk()
    monkeypatch.setattr(readiness, "_wanted", lambda: frozenset(known | {("core", "0999_new")}))
    assert client.get("/healthz/ready").status_code == 503
    monkeypatch.undo()

    def gone() -> bool:
        raise DatabaseError("no")

    monkeypatch.setattr(probes, "is_schema_current", gone)
    assert client.get("/healthz/ready").status_code == 503
    assert client.get("/healthz/live").status_code == 200


@pytest.mark.django_db
def test_ready_costs_one_query(client: Client, django_assert_num_queries) -> None:
    client.get("/healthz/ready")
    with django_assert_num_queries(1):
        client.get("/healthz/ready")


@pytest.mark.django_db
def test_a_probe_knows_neither_host_name_nor_https(client: Client, settings) -> None:
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["tongxin.example"], True
    for path in ("/healthz", "/healthz/live", "/healthz/ready", "/metrics"):
        response = client.get(path, headers={"host": "10.0.0.7:8000"})
        assert response.status_code == 200, path
        assert "no-store" in response["Cache-Control"]
        assert not response.cookies
        assert client.post(path).status_code == 405


@pytest.mark.parametrize(
    ("address", "token", "is_production", "proxy", "status"),
    [
        ("127.0.0.1", "", False, "", 200),
        ("::1", "", False, "", 200),
        ("203.0.113.9", "", False, "", 404),
        ("203.0.113.9", "right-token", False, "", 200),
        ("203.0.113.9", "wrong-token", False, "", 404),
        # Behind a proxy nobody named, everybody comes from this machine.
        ("127.0.0.1", "", True, "", 404),
        ("127.0.0.1", "", True, "127.0.0.1", 200),
        ("127.0.0.1", "right-token", True, "", 200),
        ("", "", False, "", 404),
    ],
)
@pytest.mark.django_db
def test_figures_are_for_this_machine_or_the_token(
    client: Client, settings, address, token, is_production, proxy, status
) -> None:
    settings.METRICS_TOKEN = "right-token"
    settings.PRODUCTION, settings.TRUSTED_PROXY = is_production, proxy
    headers = {"authorization": f"Bearer {token}"} if token else {}
    assert client.get("/metrics", REMOTE_ADDR=address, headers=headers).status_code == status


@pytest.mark.django_db
def test_no_token_configured_opens_nothing_to_an_empty_one(client: Client, settings) -> None:
    settings.METRICS_TOKEN = ""
    response = client.get("/metrics", REMOTE_ADDR="203.0.113.9", headers={"authorization": "Bearer "})
    assert response.status_code == 404


def figures(client: Client) -> dict[str, float]:
    """Every sample by its name and labels."""
    text = client.get("/metrics").content.decode()
    return {
        name: float(value)
        for name, value in re.findall(r"^(tongxin_\S+(?:\{.*\})?) (\S+)$", text, re.MULTILINE)
    }


@pytest.mark.django_db
def test_requests_are_counted_by_view_and_class_of_status_only(client: Client) -> None:
    client.get("/raise/similar/?text=13812345678")
    client.get("/nowhere/13812345678/")
    client.get("/files/0123456789abcdef0123456789abcdef")
    client.generic("INVENTED", "/track/")
    found = figures(client)
    assert found['tongxin_requests_total{status="4xx",view="none"}'] >= 1
    assert found['tongxin_requests_total{status="4xx",view="file"}'] >= 1
    assert found['tongxin_request_seconds_total{status="4xx",view="none"}'] > 0
    text = "\n".join(found)
    assert "13812345678" not in text
    assert "0123456789abcdef" not in text
    assert set(re.findall(r'status="(\w+)"', text)) <= {
        "2xx", "3xx", "4xx", "5xx", "due", "later", "doing", "stalled", "failed", "queued", "sending", "dead",
    }  # fmt: skip


@pytest.mark.django_db
def test_a_page_from_the_cache_counts_for_its_view(client: Client, settings) -> None:
    settings.PAGE_CACHE = True
    name = 'tongxin_requests_total{status="2xx",view="ledger"}'
    client.get("/ledger/")
    before = figures(client)[name]
    client.get("/ledger/")
    client.get("/ledger/")
    assert figures(client)[name] == before + 2


@pytest.mark.django_db
def test_gauges_show_jobs_matters_messages_and_ledger(client: Client, district: District) -> None:
    Journey(district).to_assigned()  # four months ago, so long overdue
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, scheduled_at) "
            "VALUES ('notices', 't', 'todo', now() - interval '90 seconds')"
        )
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
    found = figures(client)
    assert found['tongxin_jobs{queue="notices",status="due"}'] >= 1
    assert found["tongxin_oldest_job_seconds"] >= 90
    assert found["tongxin_workers_alive"] == 1
    assert found["tongxin_ledger_entries"] >= 2
    assert found['tongxin_matters_overdue{state="assigned"}'] == 1
    assert found["tongxin_database_up"] == 1
    assert found["tongxin_notices_undispatched"] >= 0


@pytest.mark.django_db
def test_figures_without_a_database_say_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from tongxin.core import metrics

    def gone() -> metrics.Rows:
        raise DatabaseError("no")

    monkeypatch.setitem(metrics._gauges, "tongxin_jobs", metrics.Gauge("tongxin_jobs", "", (), gone))
    found = figures(client)
    assert found["tongxin_database_up"] == 0
