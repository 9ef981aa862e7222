"""Error pages say what happened and what to do, and nothing that was typed is lost."""

import re

import pytest
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from tongxin.config.urls import handler400, handler403, handler404, handler500, urlpatterns

WORDS = "每天早上七点半到八点半，村口到大路堵成一锅粥，孩子上学老迟到，救护车也进不来，想装一个红绿灯。"


def broken(request: HttpRequest) -> None:
    """A view with a fault."""
    raise RuntimeError("to see the page")


class Addresses:
    """The real addresses and one that fails."""

    urlpatterns = [path("broken/", broken), *urlpatterns]
    handler400, handler403, handler404, handler500 = handler400, handler403, handler404, handler500


@pytest.fixture
def strict() -> Client:
    """A client that checks form tokens, as browsers are checked."""
    return Client(enforce_csrf_checks=True)


@pytest.mark.django_db
def test_unknown_page_says_where_to_go(client: Client):
    response = client.get("/no-such-page/")
    assert response.status_code == 404
    page = response.content.decode()
    assert "没有这一页" in page
    assert 'href="/track/"' in page


@pytest.mark.django_db
def test_unknown_page_in_english(client: Client):
    client.cookies["django_language"] = "en"
    page = client.get("/no-such-page/").content.decode()
    assert "There is no such page" in page
    assert "没有这一页" not in page


def test_a_fault_gives_a_page_that_needs_nothing(db: None):
    client = Client(raise_request_exception=False)
    with override_settings(ROOT_URLCONF=Addresses):
        response = client.get("/broken/")
    page = response.content.decode()
    assert response.status_code == 500
    assert "不是您的错" in page
    assert "not your fault" in page
    assert "to see the page" not in page


@pytest.mark.parametrize("name", ["500.html", "503.html"])
def test_pages_of_last_resort_hold_no_unresolved_template(name: str):
    page = render_to_string(name)
    assert "{" not in page
    assert "<h1>" in page
    assert 'lang="en"' in page


@pytest.mark.django_db
def test_form_without_token_comes_back_with_what_was_typed(strict: Client):
    response = strict.post("/raise/", {"text": WORDS, "place": "村口", "phone": "13800000000"})
    page = response.content.decode()
    assert response.status_code == 403
    assert re.search(r"<textarea[^>]*readonly[^>]*>" + WORDS, page)
    assert '<input type="hidden" name="place" value="村口">' in page
    assert "再提交一次" in page


@pytest.mark.django_db
def test_what_came_back_can_be_sent_again_with_its_fresh_token(strict: Client):
    page = strict.post("/raise/", {"text": WORDS}).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    again = strict.post("/raise/", {"text": WORDS, "csrfmiddlewaretoken": token[1]})
    assert again.status_code == 422  # the form itself, with its own errors: the token was good
    assert WORDS in again.content.decode()


@pytest.mark.django_db
def test_passwords_and_codes_never_come_back(strict: Client):
    page = strict.post(
        "/accounts/login/", {"login": "office", "password": "correct horse battery", "code": "K7QW2M9XPA"}
    ).content.decode()
    assert "correct horse" not in page
    assert "K7QW2M9XPA" not in page
    assert "重新填" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers", [{"origin": "https://example.org"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
)
def test_what_another_site_sent_is_shown_but_never_offered_for_sending(
    strict: Client, headers: dict[str, str]
):
    response = strict.post("/raise/", {"text": WORDS}, headers=headers)
    page = response.content.decode()
    assert response.status_code == 403
    assert WORDS in page
    assert "再提交一次" not in page
    assert 'name="text"' not in page


@pytest.mark.django_db
def test_photos_that_are_lost_are_named(strict: Client):
    from django.core.files.uploadedfile import SimpleUploadedFile

    page = strict.post(
        "/raise/", {"text": WORDS, "photos": SimpleUploadedFile("a.png", b"x")}
    ).content.decode()
    assert "照片没有留下" in page


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["400.html", "403.html", "409.html", "429.html"])
def test_texts_handed_to_an_error_page_can_be_read_and_copied(name: str):
    from django.contrib.auth.models import AnonymousUser

    request = RequestFactory().post("/work/")
    request.user = AnonymousUser()
    page = render_to_string(name, {"kept": [("理由", "<村口>")]}, request)
    assert re.search(
        r'<label for="kept-1">理由</label><textarea id="kept-1"[^>]*readonly>&lt;村口&gt;<', page
    )
