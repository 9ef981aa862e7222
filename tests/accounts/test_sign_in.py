"""Signing in and out, the lock-out, and which of the library's pages exist."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from tests.accounts.conftest import PASSWORD
from tests.testing.district import District
from tongxin.accounts.models import User


@pytest.mark.usefixtures("without_second_factor")
def test_the_right_password_leads_to_the_work_list(client: Client, office: User) -> None:
    response = client.post(reverse("account_login"), {"login": "office", "password": PASSWORD})
    assert response.status_code == 302
    assert response["Location"] == "/work/"
    assert int(client.session["_auth_user_id"]) == office.pk


@pytest.mark.usefixtures("without_second_factor")
def test_the_page_asked_for_comes_after_sign_in_but_never_another_site(client: Client, office: User) -> None:
    data = {"login": "office", "password": PASSWORD}
    assert (
        client.post(reverse("account_login"), data | {"next": "/work/search/"})["Location"] == "/work/search/"
    )
    other = Client()
    assert (
        other.post(reverse("account_login"), data | {"next": "https://evil.example/"})["Location"] == "/work/"
    )


def test_a_wrong_password_says_so_and_keeps_the_user_name(client: Client, office: User) -> None:
    response = client.post(reverse("account_login"), {"login": "office", "password": "wrong"})
    assert response.status_code == 200
    assert 'value="office"' in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_unknown_and_known_names_get_the_same_answer(client: Client, office: User) -> None:
    known = client.post(reverse("account_login"), {"login": "office", "password": "wrong"})
    unknown = client.post(reverse("account_login"), {"login": "nobody", "password": "wrong"})
    assert known.context["form"].non_field_errors() == unknown.context["form"].non_field_errors()


@pytest.mark.usefixtures("without_second_factor")
def test_session_key_changes_at_sign_in(client: Client, office: User) -> None:
    session = client.session
    session["receipts"] = [7]
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    client.post(reverse("account_login"), {"login": "office", "password": PASSWORD})
    assert client.session.session_key != before
    assert client.session["receipts"] == [7]


def test_five_wrong_passwords_lock_out_with_a_page_that_says_how_long(client: Client, office: User) -> None:
    for _try in range(4):
        assert (
            client.post(reverse("account_login"), {"login": "office", "password": "wrong"}).status_code == 200
        )
    for password in ("wrong", PASSWORD, PASSWORD):
        response = client.post(reverse("account_login"), {"login": "office", "password": password})
        assert response.status_code == 429
        assert response["Retry-After"] == "1800"
        page = response.content.decode()
        assert "30" in page
        assert 'value="office"' in page
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("without_second_factor")
def test_lock_out_ends_after_half_an_hour(client: Client, office: User) -> None:
    for _try in range(5):
        client.post(reverse("account_login"), {"login": "office", "password": "wrong"})
    with time_machine.travel(timezone.now() + timedelta(minutes=31), tick=False):
        response = client.post(reverse("account_login"), {"login": "office", "password": PASSWORD})
        assert response.status_code == 302


@pytest.mark.usefixtures("without_second_factor")
def test_somebody_elses_wrong_passwords_do_not_lock_out_another_address(client: Client, office: User) -> None:
    for _try in range(6):
        client.post(
            reverse("account_login"), {"login": "office", "password": "wrong"}, REMOTE_ADDR="203.0.113.9"
        )
    response = client.post(
        reverse("account_login"), {"login": "office", "password": PASSWORD}, REMOTE_ADDR="203.0.113.10"
    )
    assert response.status_code == 302


def test_a_disabled_account_does_not_get_in(client: Client, office: User) -> None:
    office.is_active = False
    office.save()
    client.post(reverse("account_login"), {"login": "office", "password": PASSWORD}, follow=True)
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("without_second_factor")
def test_signing_out_needs_a_post(client: Client, office: User) -> None:
    client.post(reverse("account_login"), {"login": "office", "password": PASSWORD})
    assert client.get(reverse("account_logout")).status_code == 200
    assert "_auth_user_id" in client.session
    assert client.post(reverse("account_logout"))["Location"] == "/"
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    "path", ["/accounts/signup/", "/accounts/email/", "/accounts/password/reset/", "/accounts/confirm-email/"]
)
@pytest.mark.usefixtures("db")
def test_nobody_signs_up_or_resets_by_mail(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
    assert (
        client.post(path, {"username": "x", "password1": PASSWORD, "password2": PASSWORD}).status_code == 404
    )
    assert not User.objects.filter(username="x").exists()


def test_names_of_pages_that_do_not_exist_are_not_reversed() -> None:
    for name in ("account_signup", "account_email", "account_reset_password"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


OWN_PAGES = [
    "account_logout",
    "account_change_password",
    "account_set_password",
    "account_reauthenticate",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_authenticate",
    "account_login",
    "account_inactive",
]


@pytest.mark.parametrize("has_password", [True, False])
@pytest.mark.parametrize("name", OWN_PAGES)
def test_every_page_of_the_account_answers_without_breaking(
    name: str, has_password: bool, district: District, client: Client, without_second_factor: None
) -> None:
    user = district.users["unit"]
    if has_password:
        user.set_password(PASSWORD)
        user.save()
    anonymous = client.get(reverse(name))
    assert anonymous.status_code in {200, 302, 403}
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(reverse(name)).status_code in {200, 302, 403, 404}


@pytest.mark.usefixtures("without_second_factor")
def test_changing_the_password(client: Client, office: User) -> None:
    client.post(reverse("account_login"), {"login": "office", "password": PASSWORD})
    url = reverse("account_change_password")
    wrong = client.post(
        url, {"oldpassword": "nope", "password1": "new-horse-77", "password2": "new-horse-77"}
    )
    assert wrong.status_code == 200
    weak = client.post(url, {"oldpassword": PASSWORD, "password1": "1234567890", "password2": "1234567890"})
    assert weak.status_code == 200
    done = client.post(
        url, {"oldpassword": PASSWORD, "password1": "new-horse-77", "password2": "new-horse-77"}
    )
    assert done["Location"] == "/work/"
    office.refresh_from_db()
    assert office.check_password("new-horse-77")


@pytest.mark.parametrize(
    ("name", "page"),
    [("security_admin", "/work/people/"), ("audit_admin", "/work/audit/"), ("system_admin", "/work/system/")],
)
@pytest.mark.usefixtures("without_second_factor")
def test_administrators_start_at_their_own_page(
    district: District, client: Client, name: str, page: str
) -> None:
    user = district.users[name]
    user.set_password(PASSWORD)
    user.save()
    response = client.post(reverse("account_login"), {"login": name, "password": PASSWORD}, follow=True)
    assert response.redirect_chain == [(page, 302)]
    assert response.status_code == 200
