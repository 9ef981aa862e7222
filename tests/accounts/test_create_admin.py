"""The first account of a new installation."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from tests.testing.district import District
from tongxin.accounts.models import User
from tongxin.accounts.roles import Role


def _run(*arguments: str) -> str:
    out = StringIO()
    call_command("create_admin", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("db")
def test_first_administrator_sets_a_password_with_the_printed_link(client: Client) -> None:
    printed = _run("first", "--name", "测试管理员", "--site", "https://example.gov.cn/")
    (path,) = re.findall(r"https://example\.gov\.cn(/accounts/welcome/\S+)", printed)
    assert (
        client.post(path, {"password1": "green-field-88", "password2": "green-field-88"}).status_code == 302
    )
    user = User.objects.get(username="first")
    assert user.check_password("green-field-88")
    assert user.as_actor().has(Role.SECURITY_ADMIN)


@pytest.mark.usefixtures("db")
def test_run_again_for_an_administrator_gives_a_new_link(client: Client) -> None:
    _run("first")
    User.objects.get(username="first").set_password("x")
    (path,) = re.findall(r"(/accounts/welcome/\S+)", _run("first"))
    assert client.get(path).status_code == 200
    assert User.objects.filter(username="first").count() == 1


def test_somebody_elses_account_is_left_alone(district: District) -> None:
    with pytest.raises(CommandError):
        _run("office")
    assert not district.actor("office").has(Role.SECURITY_ADMIN)
