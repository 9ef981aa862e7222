"""What the doctor and the administrator's page say, and when."""

from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection
from django.utils import timezone

from tests.testing.district import District, Journey
from tongxin.core import contacts, diagnosis, findings
from tongxin.core.contacts import ContactGiven, keep_contact
from tongxin.core.findings import Said, State
from tongxin.core.models import AccessLog, CalendarDay, LedgerHead


def found(code: str, *, stopped: bool = False) -> list[findings.Finding]:
    """The lines of one check."""
    return [line for line in findings.examine(stopped=stopped) if line.code == code]


def worst(code: str, *, stopped: bool = False) -> State:
    """The worst state of one check."""
    return max((line.state for line in found(code, stopped=stopped)), key=list(State).index)


def sql(statement: str, *values: object) -> None:
    """One statement of the test's own."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.django_db
def test_every_line_says_what_and_what_to_do_when_wrong() -> None:
    lines = findings.examine()
    assert {line.code for line in lines} >= {
        "database", "schema", "queue", "workers", "dead_letters", "backlog", "providers", "calendar", "ledger",
        "disk", "clock", "keys", "addresses",
    }  # fmt: skip
    for line in lines:
        assert line.name
        assert line.meaning
        assert line.todo or line.state is not State.WRONG


@pytest.mark.django_db
def test_a_check_that_breaks_is_a_finding_without_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "_checks", {})

    @findings.check("broken", 1, lambda: "broken")
    def broken() -> Said:
        raise ValueError("13812345678")

    (line,) = findings.examine()
    assert line.state is State.WRONG
    assert "ValueError" in line.meaning
    assert "138" not in line.meaning


@pytest.mark.parametrize("missing", ["database", "schema"])
@pytest.mark.django_db
def test_without_a_database_or_its_schema_the_others_are_not_asked(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    if missing == "database":
        monkeypatch.setattr(diagnosis, "query", lambda *_args: (_ for _ in ()).throw(DatabaseError("no")))
    else:
        monkeypatch.setattr(diagnosis.readiness, "pending_migrations", lambda: {("core", "0999_new")})
    codes = [line.code for line in findings.examine() if line.state is State.WRONG]
    assert missing in codes
    assert not found("ledger")
    assert found("disk")


@pytest.mark.django_db
def test_a_silent_queue_is_wrong_unless_everything_is_stopped() -> None:
    assert worst("workers") is State.WRONG
    assert worst("workers", stopped=True) is State.NOTE
    sql("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '70 seconds')")
    assert worst("workers") is State.WRONG
    sql("UPDATE procrastinate_workers SET last_heartbeat = now()")
    assert worst("workers") is State.GOOD


@pytest.mark.django_db
def test_waiting_stalled_and_failed_jobs_are_told_apart() -> None:
    assert worst("queue") is State.GOOD
    job = (
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status, scheduled_at) VALUES ('clock', 't', "
    )
    sql(job + "'todo', now() + interval '1 hour')")
    sql(job + "'todo', now() - interval '5 minutes')")
    assert worst("queue") is State.GOOD
    sql(job + "'failed', NULL)")
    assert worst("queue") is State.NOTE
    sql(job + "'todo', now() - interval '11 minutes')")
    assert worst("queue") is State.WRONG
    assert "11" in found("queue")[0].meaning
    assert worst("queue", stopped=True) is State.NOTE
    sql("DELETE FROM procrastinate_jobs WHERE status = 'todo'")
    sql(job + "'doing', NULL)")
    assert worst("queue") is State.WRONG


@pytest.mark.django_db
def test_the_ledgers_head_must_be_its_last_entry(district: District) -> None:
    Journey(district).to_raised()
    assert worst("ledger") is State.NOTE  # whole as far as can be seen, but never walked
    AccessLog.objects.create(action="ledger.checked", detail="1 entries, whole")
    assert worst("ledger") is State.GOOD
    with time_machine.travel(timezone.now() + timedelta(days=9)):
        assert worst("ledger") is State.NOTE
    AccessLog.objects.create(action="ledger.checked", detail="0 entries, #1: altered")
    assert worst("ledger") is State.WRONG
    AccessLog.objects.filter(detail__endswith="altered").delete()
    LedgerHead.objects.update(seq=7)
    assert worst("ledger") is State.WRONG


@pytest.mark.django_db
def test_contacts_that_no_key_opens_are_wrong(settings) -> None:
    keep_contact(ContactGiven("林某", "13800000000", "同意"), at=timezone.now())
    assert worst("keys") is State.GOOD
    settings.CONTACT_KEYS = ["new-key", *settings.CONTACT_KEYS]
    contacts.sealer.cache_clear()
    assert worst("keys") is State.NOTE
    settings.CONTACT_KEYS = ["new-key"]
    contacts.sealer.cache_clear()
    assert worst("keys") is State.WRONG
    contacts.sealer.cache_clear()


@pytest.mark.django_db
def test_clocks_that_differ_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert worst("clock") in {State.GOOD, State.NOTE}
    now = datetime.now().timestamp()
    monkeypatch.setattr(diagnosis, "query", lambda *_args: (now - 3600,))
    (line, *_rest) = list(diagnosis.clock())
    assert line.state is State.WRONG


@pytest.mark.parametrize(
    ("hosts", "proxy", "expected"),
    [
        (["*"], "127.0.0.1", State.WRONG),
        (["127.0.0.1", "localhost"], "127.0.0.1", State.WRONG),
        (["tongxin.example"], "", State.WRONG),
        (["tongxin.example"], "*", State.NOTE),
        (["tongxin.example"], "127.0.0.1", State.GOOD),
    ],
)
@pytest.mark.django_db
def test_production_names_its_hosts_and_its_proxy(settings, hosts, proxy, expected) -> None:
    settings.PRODUCTION, settings.DEMO = True, False
    settings.ALLOWED_HOSTS, settings.TRUSTED_PROXY = hosts, proxy
    assert worst("addresses") is expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2026-11-01", State.NOTE), ("2026-12-20", State.WRONG), ("2027-01-02", State.WRONG)],
)
@pytest.mark.django_db
def test_a_year_not_announced_is_told_ever_more_loudly(day: str, expected: State) -> None:
    with time_machine.travel(f"{day}T09:00:00+08:00"):
        assert worst("calendar") is expected


@pytest.mark.django_db
def test_a_year_the_office_settled_is_covered_and_open_provisional_due_dates_are_named(
    district: District,
) -> None:
    with time_machine.travel("2026-12-20T09:00:00+08:00"):
        journey = Journey(district).to_raised()
        matter = journey.fresh()
        matter.due_on, matter.is_due_provisional = date(2027, 1, 8), True
        matter.save()
        assert any(matter.number in line.meaning for line in found("calendar"))
        CalendarDay.objects.create(day=date(2027, 1, 1), is_workday=False, settles_year=True)
        matter.is_due_provisional = False
        matter.save()
        assert worst("calendar") is State.GOOD
