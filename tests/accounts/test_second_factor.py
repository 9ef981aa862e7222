"""Staff need a second factor outside the demo."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client
from django.urls import reverse

from tests.accounts.conftest import BACKEND, PASSWORD
from tests.testing.district import District
from tongxin.accounts.models import User


def _code(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


@pytest.mark.usefixtures("with_second_factor")
@pytest.mark.parametrize("name", ["office", "liaison", "unit", "decider", "security_admin"])
def test_staff_are_held_up_until_it_is_set_up(district: District, client: Client, name: str) -> None:
    client.force_login(district.users[name], backend=BACKEND)
    for path in ("/work/", "/", "/work/people/"):
        assert client.get(path)["Location"] == reverse("mfa_activate_totp")
    assert client.post("/work/people/new/", {"username": "x", "display_name": "x"}).status_code == 302
    assert client.get(reverse("mfa_activate_totp")).status_code == 200
    assert client.post(reverse("account_logout")).status_code == 302


@pytest.mark.usefixtures("with_second_factor")
def test_members_are_not_staff(district: District, client: Client) -> None:
    client.force_login(district.users["member"], backend=BACKEND)
    assert client.get("/accounts/second-factor/").status_code == 200
    assert client.get("/work/people/").status_code == 404


@pytest.mark.usefixtures("with_second_factor")
def test_setting_it_up_and_signing_in_with_it(office: User, client: Client) -> None:
    client.post(reverse("account_login"), {"login": "office", "password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"), follow=True)
    if "reauthenticate" in page.request["PATH_INFO"]:
        page = client.post(
            page.request["PATH_INFO"] + "?next=" + reverse("mfa_activate_totp"), {"password": PASSWORD}
        )
        page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    wrong = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert wrong.status_code == 200
    assert wrong.context["form"].errors["code"]
    done = client.post(reverse("mfa_activate_totp"), {"code": _code(secret)})
    assert done["Location"] == reverse("mfa_view_recovery_codes")
    codes = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
    assert len(codes) == 10
    assert codes[0] in client.get(reverse("mfa_download_recovery_codes")).content.decode()
    assert client.get("/work/people/").status_code == 404  # no longer held up

    stored = Authenticator.objects.get(user=office, type=Authenticator.Type.TOTP)
    assert secret not in str(stored.data)

    other = Client()
    response = other.post(reverse("account_login"), {"login": "office", "password": PASSWORD})
    assert response["Location"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in other.session
    assert other.post(reverse("mfa_authenticate"), {"code": "123456"}).status_code == 200
    assert "_auth_user_id" not in other.session
    assert other.post(reverse("mfa_authenticate"), {"code": codes[0]})["Location"] == "/work/"

    again = Client()
    again.post(reverse("account_login"), {"login": "office", "password": PASSWORD})
    assert again.post(reverse("mfa_authenticate"), {"code": codes[0]}).status_code == 200  # a code works once
    assert "_auth_user_id" not in again.session


@pytest.mark.usefixtures("with_second_factor")
def test_staff_cannot_switch_it_off(office: User, client: Client) -> None:
    TOTP.activate(office, "JBSWY3DPEHPK3PXP")
    client.force_login(office, backend=BACKEND)
    url = reverse("mfa_deactivate_totp")
    page = client.get(url, follow=True)
    client.post(page.request["PATH_INFO"] + f"?next={url}", {"password": PASSWORD})
    assert client.post(url).status_code == 200
    assert Authenticator.objects.filter(user=office, type=Authenticator.Type.TOTP).exists()


@pytest.mark.usefixtures("without_second_factor")
def test_the_demo_does_not_ask_for_it(district: District, client: Client) -> None:
    client.force_login(district.users["security_admin"], backend=BACKEND)
    assert client.get("/work/people/").status_code == 200
