"""People to sign in as."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests.testing.district import District
from tongxin.accounts.models import User

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PASSWORD = "correct-horse-9"


@pytest.fixture
def without_second_factor(settings) -> None:
    """As in the demo: staff sign in with one factor."""
    settings.TONGXIN = settings.TONGXIN | {"staff_second_factor": False}


@pytest.fixture
def with_second_factor(settings) -> None:
    """As in production."""
    settings.TONGXIN = settings.TONGXIN | {"staff_second_factor": True}


@pytest.fixture
def as_user(district: District, without_second_factor: None) -> Callable[[str], Client]:
    """A browser in which the named person of the district is signed in."""

    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(district.users[name], backend=BACKEND)
        return client

    return signed_in


@pytest.fixture
def office(district: District) -> User:
    """Somebody of the office, with a password."""
    user = district.users["office"]
    user.set_password(PASSWORD)
    user.save()
    return user
