"""Browsers of people in the small district."""

from django.test import Client

from tests.testing.district import District
from tongxin.accounts.middleware import HAS_SECOND_FACTOR


def client_of(district: District, name: str) -> Client:
    """A browser in which that person is signed in, second factor and all."""
    client = Client()
    user = district.users[name]
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session[HAS_SECOND_FACTOR] = user.pk
    session.save()
    return client
