"""Elder mode and language: cookies set by a plain form, back to the page one was on and nowhere else."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_elder_mode_is_switched_on_and_off_and_leads_back(client: Client):
    response = client.post("/settings/elder/", {"on": "1", "next": "/about/?a=1"})
    assert response.status_code == 302
    assert response["Location"] == "/about/?a=1"
    assert "data-elder" in client.get("/about/").content.decode()
    client.post("/settings/elder/", {"on": "0", "next": "/about/"})
    assert "data-elder" not in client.get("/about/").content.decode()


def test_language_is_kept(client: Client):
    client.post("/settings/language/", {"language": "en", "next": "/about/"})
    page = client.get("/about/").content.decode()
    assert '<html lang="en"' in page
    assert "About Tongxin" in page


def test_unknown_language_changes_nothing(client: Client):
    response = client.post("/settings/language/", {"language": "xx", "next": "/about/"})
    assert response.status_code == 302
    assert not response.cookies


@pytest.mark.parametrize(
    "target", ["https://example.org/", "//example.org/", "javascript:alert(1)", "/\\example.org", "", "\x00/"]
)
@pytest.mark.parametrize("switch", ["/settings/elder/", "/settings/language/"])
def test_switches_never_lead_to_another_site(client: Client, switch: str, target: str):
    response = client.post(switch, {"on": "1", "language": "en", "next": target})
    assert response["Location"] == "/"


@pytest.mark.parametrize("switch", ["/settings/elder/", "/settings/language/"])
def test_a_link_alone_switches_nothing(client: Client, switch: str):
    response = client.get(switch, {"on": "1", "language": "en"})
    assert response.status_code == 405
    assert not response.cookies
