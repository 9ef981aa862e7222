"""Tries are counted for all web processes together, and by nobody's own word about where they come from."""

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse

from tests.accounts.conftest import PASSWORD
from tongxin.accounts.models import User
from tongxin.core.models import SharedCache


def try_once(name: str, **request: str) -> int:
    """One wrong password; each time as another process would see it, its own memory empty."""
    caches["default"].clear()
    data = {"login": name, "password": "wrong"}
    return Client().post(reverse("account_login"), data, **request).status_code


@pytest.mark.django_db
def test_tries_of_many_names_from_one_address_are_counted_in_the_database() -> None:
    for number in range(10):
        try_once(f"somebody{number}")
    kept = SharedCache.objects.filter(cache_key__contains="login_failed")
    assert kept.exists()
    page = Client().post(reverse("account_login"), {"login": "somebody11", "password": "wrong"})
    assert page.context["form"].errors.as_data()["__all__"][0].code == "too_many_login_attempts"


@pytest.mark.usefixtures("without_second_factor")
def test_the_limit_holds_for_the_right_password_too_until_the_minute_is_over(office: User) -> None:
    for number in range(10):
        try_once(f"somebody{number}")
    client = Client()
    client.post(reverse("account_login"), {"login": "office", "password": PASSWORD})
    assert "_auth_user_id" not in client.session
    SharedCache.objects.all().delete()
    client.post(reverse("account_login"), {"login": "office", "password": PASSWORD})
    assert "_auth_user_id" in client.session


@pytest.mark.django_db
def test_a_claimed_address_does_not_move_the_count() -> None:
    answers = [
        try_once("somebody", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}", HTTP_X_REAL_IP=f"203.0.113.{number}")
        for number in range(6)
    ]
    assert answers[-1] == 429
    assert try_once("somebody", REMOTE_ADDR="203.0.113.200") == 200


@pytest.mark.django_db
def test_a_one_time_code_is_used_up_for_every_process(office: User) -> None:
    from allauth.mfa.totp.internal.auth import (
        TOTP,
        format_hotp_value,
        hotp_value,
        yield_hotp_counters_from_time,
    )

    totp = TOTP.activate(office, "JBSWY3DPEHPK3PXP")
    code = format_hotp_value(hotp_value("JBSWY3DPEHPK3PXP", next(iter(yield_hotp_counters_from_time()))))
    assert totp.validate_code(code)
    caches["default"].clear()
    assert not totp.validate_code(code)
