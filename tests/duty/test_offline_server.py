"""The server's side of forms that work without a network: tokens, answers, the worker, pages to keep."""

import json
import re
from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from tests.testing.clients import client_of
from tests.testing.district import District
from tongxin.core.kept import ANYONE, owner_of
from tongxin.core.models import Attachment, Receipt
from tongxin.core.receipts import TOKEN_SALT
from tongxin.matters.models import Matter

WORDS = "村口早上堵车，想装一个红绿灯。"


def token_for(client: Client, purpose: str = "raise") -> dict:
    """What a device is given before it sends."""
    return client.get(f"/offline/tokens/?purpose={purpose}").json()


def raise_kept(client: Client, district: District, token: str, owner: str = ANYONE, **fields):
    """Send what a resident's device kept."""
    return client.post(
        "/raise/",
        {"token": token, "text": WORDS, "area": district.community.code, **fields},
        headers={"X-Kept": owner},
    )


def enter_kept(client: Client, district: District, token: str, owner: str, **fields):
    """Send what a liaison's device kept."""
    given = {"token": token, "source": "visit", "text": WORDS, "area": district.community.pk, **fields}
    return client.post("/work/enter/", given, headers={"X-Kept": owner})


def test_token_is_for_its_form_and_never_the_same(client: Client, district: District):
    first, second = token_for(client), token_for(client)
    assert first["token"] != second["token"]
    assert signing.loads(first["token"], salt=TOKEN_SALT)[0] == "raise"
    assert first["owner"] == ""
    assert first["csrf"]
    assert client.get("/offline/tokens/?purpose=comment").status_code == 404
    assert client.get("/offline/tokens/").status_code == 404


def test_tokens_are_limited(client: Client, district: District, settings):
    settings.TONGXIN = settings.TONGXIN | {"raise_per_hour": 1}
    assert [client.get("/offline/tokens/?purpose=raise").status_code for _ in range(3)] == [200, 200, 429]


def test_kept_entry_is_answered_with_number_and_code(client: Client, district: District):
    answer = raise_kept(client, district, token_for(client)["token"])
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    told = answer.json()
    matter = Matter.objects.get()
    assert told["number"] == matter.number
    assert told["is_repeat"] is False
    assert told["url"] == f"/track/?number={matter.number}#{told['code']}"
    opened = client.post("/track/", {"number": told["number"], "code": told["code"]}, follow=True)
    assert WORDS in opened.content.decode()


def test_repeat_is_found_whatever_its_age(client: Client, district: District):
    token = token_for(client)["token"]
    first = raise_kept(client, district, token).json()
    with time_machine.travel(timezone.now() + timedelta(days=50)):
        again = raise_kept(client, district, token, text="改过的话，改过的话。")
    assert again.status_code == 200
    assert again.json() == first | {"is_repeat": True}
    with time_machine.travel(timezone.now() + timedelta(days=200)):
        much_later = raise_kept(client, district, token).json()
    # A token out of somebody's browser history opens nothing by then.
    assert much_later["number"] == first["number"]
    assert first["code"] not in str(much_later)
    assert Matter.objects.get().original_text == WORDS


def test_too_old_without_a_trace_may_be_renewed(client: Client, district: District):
    token = token_for(client)["token"]
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        answer = raise_kept(client, district, token)
        assert (answer.status_code, answer.json()) == (410, {"state": "renew"})
        assert Matter.objects.count() == 0
        assert raise_kept(client, district, token_for(client)["token"]).status_code == 200
        # The old one stays refused, so nothing on its way with it can come in later.
        assert raise_kept(client, district, token).status_code == 410
    assert Matter.objects.count() == 1


@pytest.mark.parametrize("token", ["", "forged", "x" * 5000, "\x00"])
def test_forged_token_takes_nothing_in(client: Client, district: District, token: str):
    answer = raise_kept(client, district, token)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["words"]
    assert Receipt.objects.count() == 0


def test_token_of_another_form_takes_nothing_in(client: Client, district: District):
    assert raise_kept(client, district, token_for(client, "enter")["token"]).status_code == 422
    assert Matter.objects.count() == 0


def test_errors_name_field_and_label(client: Client, district: District):
    token = token_for(client)["token"]
    answer = raise_kept(client, district, token, text="短", phone="13800000000")
    assert answer.status_code == 422
    errors = {error["field"]: error for error in answer.json()["errors"]}
    assert set(errors) == {"text", "consent"}
    assert errors["text"]["label"] == "什么事？"
    # Put right and sent with the same token, it counts.
    assert raise_kept(client, district, token).json()["is_repeat"] is False


def test_limit_is_told(client: Client, district: District, settings):
    settings.TONGXIN = settings.TONGXIN | {"raise_per_hour": 1}
    assert raise_kept(client, district, token_for(client)["token"]).status_code == 200
    assert raise_kept(client, district, token_for(client)["token"]).status_code == 429
    assert Matter.objects.count() == 1


def test_usual_forms_are_answered_with_pages_as_before(client: Client, district: District):
    token = token_for(client)["token"]
    fields = {"token": token, "text": WORDS, "area": district.community.code}
    assert client.post("/raise/", {**fields, "text": ""}).status_code == 422
    assert client.post("/raise/", fields).status_code == 302
    # and what a page sent is known to the device that kept a copy
    assert raise_kept(client, district, token).json()["is_repeat"] is True


def test_entry_on_behalf_with_a_photo(district: District):
    liaison = client_of(district, "liaison")
    given = token_for(liaison, "enter")
    photo = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(photo, "JPEG")
    file = SimpleUploadedFile("a.jpg", photo.getvalue(), "image/jpeg")
    answer = enter_kept(liaison, district, given["token"], given["owner"], photos=[file])
    assert answer.status_code == 200
    assert answer.json()["number"] == Matter.objects.get().number
    assert Attachment.objects.count() == 1


def test_entry_of_somebody_else_is_not_taken_in(district: District):
    liaison, office = client_of(district, "liaison"), client_of(district, "office")
    mine, theirs = token_for(liaison, "enter"), token_for(office, "enter")
    assert mine["owner"] != theirs["owner"]
    for owner in (mine["owner"], ANYONE, ""):
        answer = enter_kept(office, district, theirs["token"], owner)
        assert (answer.status_code, answer.json()) == (409, {"state": "other"})
    assert Matter.objects.count() == 0


def test_signed_out_is_asked_to_sign_in(client: Client, district: District):
    given = token_for(client_of(district, "liaison"), "enter")
    answer = enter_kept(client, district, given["token"], given["owner"])
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
    assert Matter.objects.count() == 0


def test_who_may_not_enter_gets_404(district: District):
    unit = client_of(district, "unit")
    given = token_for(unit, "enter")
    assert enter_kept(unit, district, given["token"], given["owner"]).status_code == 404


def test_owner_tells_two_people_apart_and_nothing_else(district: District, rf):
    owners = set()
    for name in ("liaison", "office", "member"):
        request = rf.get("/")
        request.user = district.users[name]
        owners.add(owner_of(request))
        assert str(district.users[name].pk) != owner_of(request)
    assert len(owners) == 3
    assert owner_of(rf.get("/")) == ""


def test_manifest_has_what_installing_needs(client: Client, district: District):
    answer = client.get("/manifest.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    told = json.loads(answer.content)
    assert told["start_url"] == "/raise/"
    assert told["display"] == "standalone"
    assert {"192x192", "512x512", "any"} <= {icon["sizes"] for icon in told["icons"]}
    assert "maskable" in {icon.get("purpose") for icon in told["icons"]}
    assert {"/raise/", "/work/enter/", "/work/visits/new/", "/offline/"} == {
        s["url"] for s in told["shortcuts"]
    }
    for icon in told["icons"]:
        if icon["type"] == "image/png":
            drawn = Image.open(BytesIO(client.get(icon["src"]).content))
            assert f"{drawn.width}x{drawn.height}" == icon["sizes"]
            assert len(drawn.convert("RGB").getcolors(maxcolors=10_000) or []) > 1
    assert client.get("/offline/icon/9999.png").status_code == 404


def test_manifest_speaks_the_readers_language(client: Client, district: District):
    told = json.loads(client.get("/manifest.webmanifest", headers={"Accept-Language": "en"}).content)
    assert told["lang"] == "en"


def test_worker_serves_every_page_and_is_never_old(client: Client, district: District):
    answer = client.get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Service-Worker-Allowed"] == "/"
    assert answer["Cache-Control"] == "no-cache"
    config = json.loads(re.match(r"const CONFIG = (.*);\n", answer.content.decode())[1])
    assert config["staff"] == {"/work/enter/": "enter", "/work/visits/new/": "visit"}
    assert len(config["version"]) == 16
    assert {url.rsplit("/", 1)[-1] for url in config["assets"]} >= {"tongxin.css", "offline.js", "pending.js"}


def test_policy_lets_the_worker_and_the_manifest_in_and_nothing_foreign(client: Client, district: District):
    policy = client.get("/raise/")["Content-Security-Policy"]
    # Workers and manifests come under default-src (workers under script-src) when they have no line of their own.
    for directive in ("default-src", "script-src"):
        assert f"{directive} 'self'" in policy
    assert "unsafe" not in policy
    assert "blob:" not in policy.replace("img-src 'self' data: blob:", "")


@pytest.mark.parametrize("purpose", ["raise", "list"])
def test_public_pages_to_keep_name_nobody(district: District, purpose: str):
    liaison = client_of(district, "liaison")
    page = liaison.get(f"/offline/shell/{purpose}/?text=秘密").content.decode()
    assert "<html data-shell " in page
    assert str(district.users["liaison"]) not in page
    assert "秘密" not in page
    assert 'data-owner=""' in page
    assert not re.search(r'name="(token|csrfmiddlewaretoken)" value="[^"]', page)


def test_pages_to_keep_use_up_no_message(district: District, settings):
    liaison = client_of(district, "liaison")
    liaison.get("/work/enter/done/")  # leaves a word for the next page
    assert "没有刚刚代录的事项" not in liaison.get("/offline/shell/raise/").content.decode()
    assert "没有刚刚代录的事项" in liaison.get("/work/").content.decode()


@pytest.mark.parametrize("purpose", ["enter", "visit"])
def test_forms_of_the_staff_are_kept_empty_and_only_for_them(
    client: Client, district: District, purpose: str
):
    liaison = client_of(district, "liaison")
    answer = liaison.get(f"/offline/shell/{purpose}/")
    assert answer.status_code == 200
    assert answer["X-Page"].startswith("/work/")
    page = answer.content.decode()
    assert f'data-offline="{purpose}"' in page
    assert not re.search(r'name="(token|csrfmiddlewaretoken)" value="[^"]', page)
    assert client.get(f"/offline/shell/{purpose}/").status_code == 302
    assert client_of(district, "unit").get(f"/offline/shell/{purpose}/").status_code == 404
    assert client.get("/offline/shell/nothing/").status_code == 404


def test_visit_is_kept_and_counted_once(district: District):
    liaison = client_of(district, "liaison")
    given = token_for(liaison, "visit")
    from tongxin.duty.models import Visit
    from tongxin.duty.selectors.visits import members_to_record_for

    member = members_to_record_for(district.actor("liaison")).first()
    assert member is not None
    fields = {
        "token": given["token"],
        "member": member.pk,
        "kind": "household",
        "area": district.community.pk,
        "visited_at": (timezone.localtime() - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M"),
        "people_met": "2",
        "offline": "1",
        "c1-text": WORDS,
    }
    headers = {"X-Kept": given["owner"]}
    wrong = liaison.post("/work/visits/new/", {**fields, "c1-phone": "13800000000"}, headers=headers)
    assert wrong.status_code == 422
    assert "c1-consent" in {error["field"] for error in wrong.json()["errors"]}
    first = liaison.post("/work/visits/new/", fields, headers=headers)
    with time_machine.travel(timezone.now() + timedelta(minutes=50)):
        again = liaison.post("/work/visits/new/", fields, headers=headers)
    assert first.status_code == again.status_code == 200
    assert first.json()["is_repeat"] is False
    assert again.json()["is_repeat"] is True
    assert liaison.get(first.json()["url"]).status_code == 200
    assert Visit.objects.get().was_offline
    assert Matter.objects.count() == 1


def test_the_list_is_a_page_for_everybody(client: Client, district: District):
    page = client.get("/offline/").content.decode()
    assert "data-kept" in page
    assert "待送出的" in page
    assert '<link rel="manifest" href="/manifest.webmanifest">' in page
