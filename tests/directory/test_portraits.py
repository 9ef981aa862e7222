"""A member's portrait: given by the member alone, without metadata, gone at once when withdrawn."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tests.testing.clients import client_of
from tongxin.core.attachments import path_of
from tongxin.core.files import FileRefused
from tongxin.core.models import LedgerEntry
from tongxin.directory.actions import NotAllowed
from tongxin.directory.models import Member
from tongxin.directory.portraits import HEIGHT, WIDTH, draw_portrait, give_portrait, withdraw_portrait

pytestmark = pytest.mark.django_db


def photo(colour: str = "navy", size: tuple[int, int] = (900, 600), kind: str = "JPEG") -> bytes:
    image = Image.new("RGB", size, colour)
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    out = BytesIO()
    image.save(out, kind, exif=exif)
    return out.getvalue()


def give(district, data: bytes | None = None, name: str = "member", **more):
    return give_portrait(
        district.member, actor=district.actor(name), data=data or photo(), consent_text="同意公开", **more
    )


def upload(browser, data: bytes, **fields):
    return browser.post(
        "/work/portrait/", {"photo": SimpleUploadedFile("me.jpg", data), "consent": "on", **fields}
    )


def test_without_one_there_is_no_face_and_no_address(district, client):
    assert client.get("/members/M1/portrait.jpg").status_code == 404
    assert "<img" not in client.get("/stations/TW1/").content.decode()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_is_shown_is_drawn_anew_without_metadata(district, client, kind):
    member = give(district, photo(kind=kind))
    response = client.get("/members/M1/portrait.jpg")
    data = b"".join(response.streaming_content)
    shown = Image.open(BytesIO(data))
    assert (shown.format, shown.size) == ("JPEG", (WIDTH, HEIGHT))
    assert b"SecretCamera" not in data
    assert not shown.getexif()
    assert path_of(member.portrait_digest).read_bytes() == data
    assert "/members/M1/portrait.jpg" in client.get("/stations/TW1/").content.decode()


def test_browsers_keep_it_but_ask_each_time(district, client):
    give(district)
    first = client.get("/members/M1/portrait.jpg")
    assert first["Cache-Control"] == "public, no-cache"
    again = client.get("/members/M1/portrait.jpg", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    withdraw_portrait(district.member, actor=district.actor("member"))
    gone = client.get("/members/M1/portrait.jpg", headers={"If-None-Match": first["ETag"]})
    assert gone.status_code == 404


def test_withdrawn_it_is_gone_from_pages_and_disk_and_the_proof_stays(
    district, client, django_capture_on_commit_callbacks
):
    member = give(district)
    path = path_of(member.portrait_digest)
    assert "portrait.jpg" in client.get("/stations/TW1/").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_portrait(district.member, actor=district.actor("member"))
    assert not path.exists()
    assert "portrait.jpg" not in client.get("/stations/TW1/").content.decode()
    member.refresh_from_db()
    assert member.portrait_consent == "同意公开"
    assert member.portrait_given_at < member.portrait_withdrawn_at


def test_a_new_one_takes_the_old_ones_place(district, django_capture_on_commit_callbacks):
    old = path_of(give(district).portrait_digest)
    with django_capture_on_commit_callbacks(execute=True):
        new = path_of(give(district, photo("maroon")).portrait_digest)
    assert new.exists()
    assert not old.exists()


def test_the_same_picture_of_two_members_outlives_one_withdrawal(
    district, colleague, django_capture_on_commit_callbacks
):
    member = give(district)
    Member.objects.filter(pk=colleague.pk).update(portrait_digest=member.portrait_digest)
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_portrait(district.member, actor=district.actor("member"))
    assert path_of(member.portrait_digest).exists()


def test_who_left_office_is_not_shown(district, client):
    give(district)
    Member.objects.update(is_active=False)
    assert client.get("/members/M1/portrait.jpg").status_code == 404


@pytest.mark.parametrize("name", ["office", "liaison", "convener", "system_admin", "unit"])
def test_nobody_gives_or_withdraws_it_for_a_member(district, name):
    with pytest.raises(NotAllowed):
        give(district, name=name)
    give(district)
    with pytest.raises(NotAllowed):
        withdraw_portrait(district.member, actor=district.actor(name))
    browser = client_of(district, name)
    assert browser.get("/work/portrait/").status_code == 404
    assert browser.post("/work/portrait/withdraw/", {"sure": "yes"}).status_code == 404


def test_another_member_has_only_their_own(district, colleague):
    with pytest.raises(NotAllowed):
        give_portrait(colleague, actor=district.actor("member"), data=photo(), consent_text="x")


def test_the_ledger_knows_that_but_not_whose(district):
    give(district)
    withdraw_portrait(district.member, actor=district.actor("member"))
    for entry in LedgerEntry.objects.filter(event__startswith="portrait."):
        assert not entry.is_public
        for private in ("M1", "测试委员甲", str(district.member.portrait_digest) or "x" * 64):
            assert private not in entry.body
    assert LedgerEntry.objects.filter(event__startswith="portrait.").count() == 2


def test_the_members_own_page(district):
    browser = client_of(district, "member")
    assert "页面上只写名字" in browser.get("/work/portrait/").content.decode()
    refused = browser.post("/work/portrait/", {"photo": SimpleUploadedFile("me.jpg", photo())})
    assert refused.status_code == 422
    assert not Member.objects.get(code="M1").portrait_digest
    assert upload(browser, photo()).status_code == 302
    page = browser.get("/work/portrait/").content.decode()
    assert "/members/M1/portrait.jpg" in page
    assert "我同意把这张照片公开显示" in page
    asked = browser.post("/work/portrait/withdraw/")
    assert asked.status_code == 200
    assert Member.objects.get(code="M1").portrait_digest
    browser.post("/work/portrait/withdraw/", {"sure": "yes"})
    assert not Member.objects.get(code="M1").portrait_digest
    assert "照片已删除" in browser.get("/work/portrait/").content.decode()


@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff broken", b"%PDF-1.4"])
def test_what_is_no_photo_comes_back_with_a_reason(district, data):
    response = upload(client_of(district, "member"), data)
    assert response.status_code == 422
    assert 'class="why"' in response.content.decode()


def test_too_large_is_refused(settings):
    settings.TONGXIN = settings.TONGXIN | {"photo_bytes": 100}
    with pytest.raises(FileRefused):
        draw_portrait(photo())


def test_a_see_through_png_gets_a_white_ground():
    out = BytesIO()
    Image.new("RGBA", (600, 800), (0, 0, 0, 0)).save(out, "PNG")
    assert Image.open(BytesIO(draw_portrait(out.getvalue()))).getpixel((10, 10)) == (255, 255, 255)
