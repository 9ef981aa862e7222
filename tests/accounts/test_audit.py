"""What the audit administrator sees: everything, changing nothing, no resident's data."""

import csv
import io

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.accounts.conftest import PASSWORD
from tests.testing.district import District
from tongxin.accounts.actions import people
from tongxin.accounts.models import User
from tongxin.accounts.roles import Role, Scope
from tongxin.core.contacts import ContactGiven, keep_contact, read_contact
from tongxin.core.models import AccessLog, Dossier


def _rows(response) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_who_looked_at_whose_contact(district: District, as_user) -> None:
    dossier = Dossier.objects.create(kind="matter")
    contact = keep_contact(ContactGiven("测试居民", "13800000000", "同意"), at=timezone.now())
    read_contact(contact, user_id=district.users["office"].pk, dossier_id=dossier.pk)
    browser = as_user("audit_admin")
    page = browser.get("/work/audit/").content.decode()
    assert "查看联系方式" in page
    assert "office" in page
    assert "13800000000" not in page
    rows = _rows(browser.get("/work/audit/export.csv?kind=access"))
    assert rows[0] == ["at", "who", "what", "detail", "address"]
    assert ["office", "contact.read"] in [row[1:3] for row in rows]
    flat = str(rows)
    assert "13800000000" not in flat
    assert "测试居民" not in flat
    assert AccessLog.objects.filter(action="audit.exported", user=district.users["audit_admin"]).exists()


def test_filters_by_person_and_day(district: District, as_user) -> None:
    for name in ("office", "liaison"):
        AccessLog.objects.create(user=district.users[name], action="contact.read")
    browser = as_user("audit_admin")
    today = timezone.localdate().isoformat()
    only = (
        browser.get(f"/work/audit/?kind=access&user=liais&first={today}&last={today}").context["page"].lines
    )
    assert [line.who for line in only] == ["liaison"]
    assert browser.get("/work/audit/?kind=access&last=2020-01-01").context["page"].lines == []
    wrong = browser.get("/work/audit/?kind=access&first=2027-02-02&last=2027-01-01")
    assert wrong.status_code == 200
    assert wrong.context["form"].errors["last"]
    assert browser.get("/work/audit/?kind=nonsense&first=x&before=-1").status_code == 200


def test_sign_ins_and_failures_hide_what_is_no_user_name(
    district: District, office: User, as_user, client: Client
) -> None:
    client.post(reverse("account_login"), {"login": "13900000000", "password": "wrong"})
    client.post(reverse("account_login"), {"login": "office", "password": "wrong"})
    client.post(reverse("account_login"), {"login": "office", "password": PASSWORD})
    browser = as_user("audit_admin")
    failures = browser.get("/work/audit/?kind=failures")
    assert [line.who for line in failures.context["page"].lines] == ["office", "—"]
    assert "13900000000" not in failures.content.decode()
    assert "office" in [line.who for line in browser.get("/work/audit/?kind=sign_ins").context["page"].lines]
    assert "13900000000" not in str(_rows(browser.get("/work/audit/export.csv?kind=failures")))


def test_role_changes_are_read_from_the_ledger(district: District, as_user) -> None:
    people.grant_role(
        district.users["unit"].pk,
        actor=district.actor("security_admin"),
        role=Role.LIAISON,
        scope=Scope.STATION,
        scope_id=district.station.pk,
    )
    (line,) = as_user("audit_admin").get("/work/audit/?kind=roles").context["page"].lines
    assert (line.who, line.what) == ("security_admin", "role.granted")
    assert "unit" in line.detail
    assert "liaison" in line.detail


def test_paging_by_key(district: District, as_user) -> None:
    AccessLog.objects.bulk_create(
        AccessLog(user=district.users["office"], action="contact.read", detail=str(number))
        for number in range(60)
    )
    browser = as_user("audit_admin")
    first = browser.get("/work/audit/?kind=access").context["page"]
    second = browser.get(f"/work/audit/?kind=access&before={first.next_before}").context["page"]
    assert len(first.lines) == 50
    assert len(second.lines) == 10
    assert {line.pk for line in first.lines}.isdisjoint(line.pk for line in second.lines)


def test_spreadsheet_cells_do_not_run(district: District, as_user) -> None:
    AccessLog.objects.create(user=district.users["office"], action="=1+1", detail="@x")
    row = _rows(as_user("audit_admin").get("/work/audit/export.csv?kind=access"))[-1]
    assert row[2] == "'=1+1"
    assert row[3] == "'@x"


def test_nothing_can_be_changed_here(district: District, as_user) -> None:
    browser = as_user("audit_admin")
    for path in ("/work/audit/", "/work/audit/export.csv"):
        assert browser.post(path).status_code == 405
