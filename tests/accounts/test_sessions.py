"""Idle time-out, and what the middleware costs."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from tests.accounts.conftest import BACKEND
from tests.testing.district import District
from tongxin.accounts.middleware import StaffSessionMiddleware


@pytest.mark.usefixtures("without_second_factor")
def test_idle_people_are_signed_out_and_find_their_way_back(district: District, client: Client) -> None:
    client.force_login(district.users["security_admin"], backend=BACKEND)
    assert client.get("/work/people/").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=59), tick=False):
        assert client.get("/work/people/").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=121), tick=False):
        response = client.get("/work/people/?words=a", follow=True)
        assert response.redirect_chain == [("/accounts/login/?next=%2Fwork%2Fpeople%2F%3Fwords%3Da", 302)]
        assert "60分钟没有操作" in response.content.decode()
        assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("without_second_factor")
def test_what_was_being_written_is_not_lost_and_not_done(district: District, client: Client) -> None:
    client.force_login(district.users["system_admin"], backend=BACKEND)
    client.get("/work/system/")
    text = "写了很久的一段说明，不能丢掉。"
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        response = client.post("/work/system/days/", {"day": "2027-01-04", "is_workday": "0", "note": text})
    assert response.status_code == 401
    assert text in response.content.decode()
    from tongxin.accounts.health import declared_days

    assert declared_days() == []


@pytest.mark.usefixtures("without_second_factor")
def test_idle_fragment_request_sends_the_whole_page_to_sign_in(district: District, client: Client) -> None:
    client.force_login(district.users["office"], backend=BACKEND)
    client.get("/accounts/second-factor/")
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        response = client.get("/accounts/second-factor/", headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert response["HX-Redirect"].startswith("/accounts/login/")


def test_a_visitor_costs_the_middleware_nothing(rf: RequestFactory) -> None:
    """Neither session nor user is even there to be touched, and the database is closed to this test."""
    reached = HttpResponse("reached")
    assert StaffSessionMiddleware(lambda request: reached)(rf.get("/matters/")) is reached


@pytest.mark.django_db
def test_a_visitor_with_a_session_costs_one_read_of_it(
    client: Client, rf: RequestFactory, django_assert_num_queries
) -> None:
    session = client.session
    session["receipts"] = [7]
    session.save()
    request = rf.get("/matters/")
    request.COOKIES["sessionid"] = session.session_key
    request.session = SessionStore(session.session_key)
    with django_assert_num_queries(1):
        StaffSessionMiddleware(lambda request: HttpResponse())(request)


@pytest.mark.usefixtures("without_second_factor")
def test_roles_are_read_once_a_request(district: District, client: Client, django_assert_num_queries) -> None:
    client.force_login(district.users["office"], backend=BACKEND)
    client.get("/accounts/password/set/")
    with django_assert_num_queries(3):  # session, user, roles
        assert client.get("/accounts/password/set/").status_code == 200


@pytest.mark.usefixtures("without_second_factor")
def test_last_visit_is_noted_at_most_once_a_minute(district: District, client: Client) -> None:
    user = district.users["office"]
    client.force_login(user, backend=BACKEND)
    client.get("/accounts/password/set/")
    user.refresh_from_db()
    first = user.last_seen_at
    assert first is not None
    client.get("/accounts/password/set/")
    user.refresh_from_db()
    assert user.last_seen_at == first


@pytest.mark.usefixtures("without_second_factor")
def test_disabling_an_account_ends_its_session(district: District, client: Client) -> None:
    user = district.users["security_admin"]
    client.force_login(user, backend=BACKEND)
    assert client.get("/work/people/").status_code == 200
    user.is_active = False
    user.save()
    assert client.get("/work/people/")["Location"].startswith("/accounts/login/")
