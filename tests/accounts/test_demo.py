"""Stepping into a role with one click, and that a live district can't have it."""

import os
import subprocess
import sys

import pytest
from django.test import Client

from tests.testing.district import District, Journey
from tongxin.accounts.demo import load_accounts
from tongxin.accounts.demo_cards import cards
from tongxin.accounts.models import RoleAssignment, User
from tongxin.accounts.roles import Role
from tongxin.directory.models import Member
from tongxin.matters.models import Matter


@pytest.fixture
def demo(settings) -> None:
    """Demo settings."""
    settings.DEMO = True
    settings.TONGXIN = settings.TONGXIN | {"staff_second_factor": False}


@pytest.mark.usefixtures("demo")
def test_one_click_and_you_are_that_person(district: District, client: Client) -> None:
    page = client.get("/demo/")
    assert page.status_code == 200
    response = client.post("/demo/step-into/", {"username": "security_admin", "next": "/work/people/"})
    assert response["Location"] == "/work/people/"
    assert client.get("/work/people/").status_code == 200


@pytest.mark.usefixtures("demo")
def test_session_key_changes_with_the_role_and_receipts_stay(district: District, client: Client) -> None:
    session = client.session
    session["receipts"] = [3]
    session.save()
    client.cookies["sessionid"] = session.session_key
    keys = {session.session_key}
    for name in ("office", "unit", "unit"):
        client.post("/demo/step-into/", {"username": name})
        assert client.session.session_key not in keys
        keys.add(client.session.session_key)
        assert client.session["receipts"] == [3]
    assert int(client.session["_auth_user_id"]) == district.users["unit"].pk


@pytest.mark.usefixtures("demo")
def test_nobody_steps_into_an_account_with_a_password(district: District, client: Client) -> None:
    user = district.users["office"]
    user.set_password("a-real-person-1")
    user.save()
    assert client.post("/demo/step-into/", {"username": "office"}).status_code == 404
    assert client.post("/demo/step-into/", {"username": "nobody"}).status_code == 404
    assert client.post("/demo/step-into/", {}).status_code == 404
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("demo")
def test_stepping_in_never_leaves_the_site(district: District, client: Client) -> None:
    response = client.post("/demo/step-into/", {"username": "office", "next": "//evil.example/"})
    assert response["Location"] == "/work/"


@pytest.mark.usefixtures("demo")
def test_stepping_in_needs_the_form_token(district: District) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/demo/step-into/", {"username": "office"}).status_code == 403


@pytest.mark.parametrize(("is_demo", "is_production"), [(False, False), (True, True), (False, True)])
def test_without_the_demo_there_is_no_such_page(
    district: District, client: Client, settings, is_demo: bool, is_production: bool
) -> None:
    settings.DEMO, settings.PRODUCTION = is_demo, is_production
    assert client.get("/demo/").status_code == 404
    assert client.get("/demo/messages/").status_code == 404
    assert client.post("/demo/step-into/", {"username": "office"}).status_code == 404
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("forbidden", ["TONGXIN_DEMO", "TONGXIN_DEBUG"])
def test_production_settings_refuse_the_demo(forbidden: str) -> None:
    environment = os.environ | {
        "TONGXIN_PRODUCTION": "1",
        forbidden: "1",
        "SECRET_KEY": "s",
        "TONGXIN_CONTACT_KEYS": "k",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    run = subprocess.run(
        [sys.executable, "-c", "import tongxin.config.settings"],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.returncode != 0
    assert "cannot be set together with TONGXIN_PRODUCTION" in run.stderr


def test_loader_makes_somebody_for_every_place_once(district: District) -> None:
    members = [Member.objects.create(code="M7", name="测试委员乙", sector=district.member.sector)]
    given = {
        "units": [district.street_unit, district.department],
        "stations": [district.station],
        "streets": [district.street],
        "members": members,
    }
    RoleAssignment.objects.all().delete()
    Member.objects.update(user=None)
    User.objects.all().delete()
    users = load_accounts(**given)
    assert {"office", "convener", "principal", "sysadmin", "secadmin", "auditadmin"} <= users.keys()
    assert {
        "liaison-TW1",
        "convener-T1",
        "decider-U1",
        "unit-U1",
        "decider-U2",
        "unit-U2",
        "member-M7",
    } <= users.keys()
    assert not any(user.has_usable_password() for user in users.values())
    decider = User.objects.get(username="decider-U2").as_actor()
    assert decider.has(Role.DECIDER, "unit", district.department.pk)
    assert Member.objects.get(code="M7").user == users["member-M7"]
    roles = RoleAssignment.objects.count()
    load_accounts(**given)
    assert User.objects.count() == len(users)
    assert RoleAssignment.objects.count() == roles


@pytest.mark.usefixtures("demo")
def test_every_role_of_the_method_has_a_card(district: District, client: Client) -> None:
    users = {card.user.username for group in cards() for card in group.cards if card.user}
    assert {"office", "liaison", "convener", "decider", "unit", "other_unit", "member"} <= users
    assert "/raise/" in client.get("/demo/").content.decode()


@pytest.mark.usefixtures("demo")
def test_whoever_has_most_to_do_is_offered_first_and_says_how_much(
    district: District, client: Client
) -> None:
    Journey(district).to_raised()
    Journey(district).to_acting()
    Matter.objects.filter(state="acting").update(lead_unit=district.other_department)
    waiting = {card.user.username: card.waiting for group in cards() for card in group.cards if card.user}
    departments = [name for name in waiting if name in {"unit", "other_unit"}]
    assert departments == ["other_unit", "unit"]
    assert (waiting["other_unit"], waiting["unit"], waiting["liaison"]) == (1, 0, 1)
    assert "1 件等着办" in client.get("/demo/").content.decode()
