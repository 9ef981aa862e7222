"""The security administrator's work: separation of duties, records, one-time links."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.accounts.conftest import BACKEND
from tests.testing.district import District
from tongxin.accounts.actions import people
from tongxin.accounts.models import RoleAssignment, User
from tongxin.accounts.roles import Role, Scope
from tongxin.core.ledger import verify
from tongxin.core.models import AccessLog, LedgerEntry


def _grant(district: District, name: str, role: Role, scope: Scope = Scope.DISTRICT, scope_id: int = 0):
    return people.grant_role(
        district.users[name].pk,
        actor=district.actor("security_admin"),
        role=role,
        scope=scope,
        scope_id=scope_id,
    )


def test_a_role_is_granted_recorded_and_ended(district: District) -> None:
    made = _grant(district, "unit", Role.LIAISON, Scope.STATION, district.station.pk)
    assert district.actor("unit").has(Role.LIAISON, Scope.STATION, district.station.pk)
    people.end_role(made.pk, actor=district.actor("security_admin"))
    assert not district.actor("unit").has(Role.LIAISON)
    assert RoleAssignment.objects.filter(pk=made.pk).exists()
    assert list(AccessLog.objects.order_by("pk").values_list("action", flat=True)) == [
        "role.granted",
        "role.ended",
    ]
    events = LedgerEntry.objects.order_by("seq")
    assert [entry.event for entry in events] == ["role.granted", "role.ended"]
    user = district.users["unit"]
    for entry in events:
        assert user.username not in entry.body.replace('"role":"unit"', "")
        assert user.display_name not in entry.body
        assert json.loads(entry.body)["person"] == people.person_digest(user.pk)
        assert not entry.is_public
    assert verify()[1] is None


@pytest.mark.parametrize("held", ["system_admin", "security_admin", "audit_admin"])
@pytest.mark.parametrize("wanted", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN])
def test_the_three_administrators_are_three_people(district: District, held: str, wanted: Role) -> None:
    other = User.objects.create(username="second_security")
    RoleAssignment.objects.create(user=other, role=Role.SECURITY_ADMIN)
    with pytest.raises(people.AccountRefused) as refused:
        people.grant_role(district.users[held].pk, actor=other.as_actor(), role=wanted, scope=Scope.DISTRICT)
    assert refused.value.reason
    assert RoleAssignment.objects.filter(user=district.users[held]).count() == 1


def test_a_duty_can_be_taken_over_after_the_other_has_ended(district: District) -> None:
    row = district.users["audit_admin"].role_assignments.get()
    people.end_role(row.pk, actor=district.actor("security_admin"))
    _grant(district, "audit_admin", Role.SYSTEM_ADMIN)
    assert district.actor("audit_admin").has(Role.SYSTEM_ADMIN)


def test_administrators_do_no_business_and_staff_do_not_administer(district: District) -> None:
    with pytest.raises(people.AccountRefused):
        _grant(district, "audit_admin", Role.OFFICE)
    with pytest.raises(people.AccountRefused):
        _grant(district, "office", Role.AUDIT_ADMIN)


def test_nobody_changes_their_own_roles(district: District) -> None:
    actor = district.actor("security_admin")
    own = district.users["security_admin"]
    with pytest.raises(people.AccountRefused):
        people.grant_role(own.pk, actor=actor, role=Role.MEMBER, scope=Scope.DISTRICT)
    with pytest.raises(people.AccountRefused):
        people.end_role(own.role_assignments.get().pk, actor=actor)
    with pytest.raises(people.AccountRefused):
        people.set_active(own.pk, actor=actor, is_active=False)
    with pytest.raises(people.AccountRefused):
        people.renew_sign_in(own.pk, actor=actor)


@pytest.mark.parametrize("name", ["office", "system_admin", "audit_admin", "unit", "principal", "member"])
def test_nobody_else_changes_roles(district: District, name: str) -> None:
    with pytest.raises(people.NotAnAdministrator):
        people.grant_role(
            district.users["member"].pk, actor=district.actor(name), role=Role.OFFICE, scope=Scope.DISTRICT
        )


def test_a_duty_that_ended_a_moment_ago_no_longer_counts(district: District) -> None:
    stale = district.actor("security_admin")
    district.users["security_admin"].role_assignments.update(ended_at=timezone.now())
    with pytest.raises(people.NotAnAdministrator):
        people.create_user(actor=stale, username="late", display_name="late")


@pytest.mark.parametrize(
    ("role", "scope", "scope_id"),
    [
        (Role.LIAISON, Scope.DISTRICT, 0),
        (Role.UNIT, Scope.STREET, 1),
        (Role.DECIDER, Scope.UNIT, 999_999_999),
        (Role.OFFICE, Scope.DISTRICT, 5),
        (Role.RAISER, Scope.DISTRICT, 0),
    ],
)
def test_a_role_fits_its_scope_only(district: District, role: Role, scope: Scope, scope_id: int) -> None:
    with pytest.raises(people.AccountRefused):
        _grant(district, "member", role, scope, scope_id)


def test_the_same_role_is_not_granted_twice(district: District) -> None:
    with pytest.raises(people.AccountRefused):
        _grant(district, "office", Role.OFFICE)


def test_new_person_sets_their_own_password_once(district: District, client: Client) -> None:
    user, token = people.create_user(
        actor=district.actor("security_admin"), username="chen", display_name="测试新人"
    )
    url = reverse("account_welcome", args=[token])
    assert client.get(url).status_code == 200
    assert client.post(url, {"password1": "short", "password2": "short"}).status_code == 200
    differ = client.post(url, {"password1": "blue-river-42", "password2": "blue-river-43"})
    assert differ.context["form"].errors["password2"]
    done = client.post(url, {"password1": "blue-river-42", "password2": "blue-river-42"})
    assert done["Location"] == reverse("account_login")
    user.refresh_from_db()
    assert user.check_password("blue-river-42")
    assert client.get(url).status_code == 410
    assert client.post(url, {"password1": "thief-river-42", "password2": "thief-river-42"}).status_code == 410
    user.refresh_from_db()
    assert user.check_password("blue-river-42")


def test_the_link_dies_after_three_days_when_altered_or_replaced(district: District, client: Client) -> None:
    security = district.actor("security_admin")
    user, token = people.create_user(actor=security, username="chen", display_name="测试新人")
    assert client.get(reverse("account_welcome", args=[token + "x"])).status_code == 410
    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1), tick=False):
        assert client.get(reverse("account_welcome", args=[token])).status_code == 410
    people.renew_sign_in(user.pk, actor=security)
    assert client.get(reverse("account_welcome", args=[token])).status_code == 410


def test_a_disabled_person_cannot_use_the_link(district: District, client: Client) -> None:
    security = district.actor("security_admin")
    user, token = people.create_user(actor=security, username="chen", display_name="测试新人")
    people.set_active(user.pk, actor=security, is_active=False)
    assert client.get(reverse("account_welcome", args=[token])).status_code == 410


@pytest.mark.usefixtures("without_second_factor")
def test_renewing_ends_every_session_and_both_factors(district: District, client: Client) -> None:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import TOTP

    user = district.users["office"]
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    client.force_login(user, backend=BACKEND)
    assert client.get("/accounts/second-factor/").status_code == 200
    people.renew_sign_in(user.pk, actor=district.actor("security_admin"))
    assert client.get("/accounts/second-factor/")["Location"].startswith("/accounts/login/")
    assert not Authenticator.objects.filter(user=user).exists()


def test_pages_from_the_list_to_a_granted_role(district: District, as_user) -> None:
    browser = as_user("security_admin")
    assert district.users["unit"].username in browser.get("/work/people/").content.decode()
    assert "other_unit" not in browser.get("/work/people/?words=office").content.decode()
    assert "other_unit" in browser.get("/work/people/?role=unit").content.decode()
    made = browser.post("/work/people/new/", {"username": "chen", "display_name": "测试新人"})
    assert "/accounts/welcome/" in made.content.decode()
    person = User.objects.get(username="chen")
    taken = browser.post("/work/people/new/", {"username": "chen", "display_name": "又一个"})
    assert taken.context["form"].errors["username"]
    granted = browser.post(
        f"/work/people/{person.pk}/grant/", {"role": "unit", "place": f"unit:{district.department.pk}"}
    )
    assert granted.status_code == 302
    assert district.department.name in browser.get(f"/work/people/{person.pk}/").content.decode()
    misfit = browser.post(f"/work/people/{person.pk}/grant/", {"role": "liaison", "place": "district:0"})
    assert misfit.status_code == 422
    assert misfit.context["form"].errors["place"]
    forged = browser.post(f"/work/people/{person.pk}/grant/", {"role": "god", "place": "moon:1"})
    assert forged.status_code == 422
    row, sure = person.role_assignments.get(), {"sure": "yes"}
    assert browser.post(f"/work/people/{district.users['unit'].pk}/roles/{row.pk}/end/").status_code == 404
    assert browser.post(f"/work/people/{person.pk}/roles/{row.pk}/end/", sure).status_code == 302
    assert browser.post(f"/work/people/{person.pk}/disable/", sure).status_code == 302
    person.refresh_from_db()
    assert not person.is_active
    assert browser.post(f"/work/people/{person.pk}/enable/").status_code == 302
    assert "/accounts/welcome/" in browser.post(f"/work/people/{person.pk}/renew/", sure).content.decode()
    assert browser.get("/work/people/999999999/").status_code == 404


def test_refusals_are_said_with_their_reason(district: District, as_user) -> None:
    browser = as_user("security_admin")
    response = browser.post(
        f"/work/people/{district.users['audit_admin'].pk}/grant/",
        {"role": "system_admin", "place": "district:0"},
    )
    assert response.status_code == 422
    assert "不能由一个人兼任" in response.content.decode()


def test_the_list_pages_by_key(district: District, as_user, django_assert_max_num_queries) -> None:
    for number in range(35):
        User.objects.create(username=f"more-{number:02}", display_name=f"多{number}")
    browser = as_user("security_admin")
    browser.get("/work/people/")
    with django_assert_max_num_queries(9):
        first = browser.get("/work/people/").context["page"]
    assert len(first.people) == 30
    second = browser.get(f"/work/people/?after={first.next_after}").context["page"]
    assert not {p.pk for p in first.people} & {p.pk for p in second.people}
    assert browser.get("/work/people/?after=²").status_code == 200


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/work/people/", "security_admin"), ("/work/audit/", "audit_admin"), ("/work/system/", "system_admin")],
)
def test_each_administrator_sees_their_own_page_only(
    district: District, as_user, path: str, allowed: str
) -> None:
    for name in district.users:
        assert as_user(name).get(path).status_code == (200 if name == allowed else 404), name
    assert Client().get(path)["Location"].startswith("/accounts/login/")
