"""Raising a matter: the main path, bad input with nothing lost, and one matter for one form."""

import re
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tests.testing.district import District, Journey
from tongxin.core.models import Attachment, Contact, Receipt
from tongxin.core.receipts import new_token
from tongxin.matters.models import Matter


def picture(name: str = "a.jpg", size: tuple[int, int] = (40, 30)) -> SimpleUploadedFile:
    out = BytesIO()
    Image.new("RGB", size, "red").save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")


def filled(district: District, **changes) -> dict:
    return {
        "token": new_token("raise"),
        "text": "村口早上七点半堵车，孩子上学总迟到。",
        "area": district.community.code,
        **changes,
    }


def test_a_matter_is_raised_and_followed(client, district: District) -> None:
    data = filled(
        district,
        phone="138 7312 0045",
        name="林某",
        consent="on",
        category=district.category.code,
        place="村口",
        photos=[picture()],
    )
    response = client.post("/raise/", data, follow=True)
    page = response.content.decode()
    matter = Matter.objects.get()
    assert matter.number in page
    code = re.search(r"[2-9A-Z]{5}-[2-9A-Z]{5}", page)[0]
    assert "<svg" in page
    assert (matter.area, matter.street, matter.place) == (district.community, district.street, "村口")
    assert matter.original_text == "村口早上七点半堵车，孩子上学总迟到。"
    assert Attachment.objects.get().publication == "internal"
    contact = Contact.objects.get()
    assert contact.consent_text.startswith("同意为办这件事联系我")
    assert "0045" not in contact.sealed_phone

    typed = {
        "number": f"微建议〔{matter.number[1:5]}〕{matter.number.partition('-')[2]}号",
        "code": code.lower().replace("-", " "),
    }
    response = client.post("/track/", typed, follow=True)
    assert response.redirect_chain[-1][0] == f"/track/{matter.number}/"
    page = response.content.decode()
    assert "孩子上学总迟到" in page
    assert client.get("/track/").content.decode().count(f"/track/{matter.number}/") == 1

    client.post(f"/track/{matter.number}/erase-contact/", {"sure": "yes"})
    assert Contact.objects.get().phone_digest == ""
    client.post(f"/track/{matter.number}/withdraw/", {"sure": "yes"})
    matter.refresh_from_db()
    assert matter.state == "withdrawn"


def test_the_home_page_and_a_station_fill_the_form(client, district: District) -> None:
    page = client.get("/raise/", {"text": "路口 <b>堵车", "station": district.station.code}).content.decode()
    assert "路口 &lt;b&gt;堵车" in page
    assert f'value="{district.community.code}" selected' in page
    assert district.station.name in page
    data = filled(district, station=district.station.code)
    del data["area"]
    client.post("/raise/", data)
    matter = Matter.objects.get()
    assert (matter.area, matter.station, matter.source) == (district.community, district.station, "qr")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"text": ""}, "请写一写是什么事"),
        ({"text": "\u200b\u202e\x00 \u2066"}, "请写一写是什么事"),
        ({"text": "堵"}, "写得太短了"),
        ({"text": "堵车" * 1001}, "最多2000个字"),
        ({"area": ""}, "请选择社区"),
        ({"area": "NOWHERE"}, "没有这个社区"),
        ({"area": "'; DROP"}, "没有这个社区"),
        ({"area": "x" * 400}, "没有这个社区"),
        ({"area": "T"}, "没有这个社区"),
        ({"area": "", "station": "NOSTATION"}, "请选择社区"),
        ({"category": "none-such"}, "没有这一类"),
        ({"phone": "1387312004", "consent": "on"}, "手机号少了一位"),
        ({"phone": "电话", "consent": "on"}, "只能有数字"),
        ({"phone": "13873120045"}, "请勾选同意"),
        ({"name": "林" * 31, "consent": "on"}, "30"),
        ({"place": "村" * 121}, "120"),
        ({"token": "forged"}, "这张表单不完整"),
        ({"token": ""}, "这张表单不完整"),
        ({"token": new_token("comment")}, "这张表单不完整"),
    ],
)
def test_bad_input_is_explained_and_nothing_is_lost_or_written(
    client, district: District, changes: dict, message: str
) -> None:
    data = filled(district, place="村口公交站") | changes
    response = client.post("/raise/", data)
    page = response.content.decode()
    assert response.status_code == 422
    assert message in page
    if "place" not in changes:
        assert "村口公交站" in page
    if "text" not in changes:
        assert data["text"] in page
    assert Matter.objects.count() == Receipt.objects.count() == 0


def test_an_old_form_comes_back_with_a_token_that_works(client, district: District) -> None:
    import time_machine

    with time_machine.travel("2026-01-01"):
        data = filled(district)
    page = client.post("/raise/", data).content.decode()
    assert "打开太久了" in page
    data["token"] = re.search(r'name="token" value="([^"]+)"', page)[1]
    assert client.post("/raise/", data).status_code == 302


@pytest.mark.parametrize(
    "odd",
    ["𠮷野家门口𡒄路堵车😀", "مرحبا 堵车堵车", "<script>alert(1)</script>堵车", "堵车\r\n\r\n\r\n\r\n又堵车"],
)
def test_rare_characters_are_kept_and_harmless(client, district: District, odd: str) -> None:
    client.post("/raise/", filled(district, text=odd + "\u202e\x07"))
    kept = Matter.objects.get().original_text
    assert "\u202e" not in kept
    assert "\x07" not in kept
    assert odd[:2] in kept


def test_odd_places_of_a_device_are_left_out(client, district: District) -> None:
    client.post("/raise/", filled(district, latitude="nan", longitude="1e999"))
    assert Matter.objects.get().latitude is None


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (SimpleUploadedFile("a.jpg", b"not an image", "image/jpeg"), "这不是能用的图片"),
        (SimpleUploadedFile("b.jpg", b"\xff\xd8\xff\xe0 broken", "image/jpeg"), "不完整或已损坏"),
        (SimpleUploadedFile("c.jpg", b"", "image/jpeg"), "空的"),
    ],
)
def test_a_fake_photo_is_refused_beside_its_field(client, district: District, file, message: str) -> None:
    file.seek(0)
    response = client.post("/raise/", filled(district, photos=[file]))
    assert response.status_code == 422
    assert message in response.content.decode()
    assert Matter.objects.count() == 0


def test_a_photo_too_large_is_refused(client, district: District, settings) -> None:
    settings.TONGXIN = settings.TONGXIN | {"photo_bytes": 100}
    response = client.post("/raise/", filled(district, photos=[picture(size=(400, 300))]))
    assert "太大了" in response.content.decode()


def test_good_photos_survive_a_mistake_elsewhere(client, district: District) -> None:
    data = filled(district, text="", photos=[picture(), picture("b.jpg", (20, 20))])
    page = client.post("/raise/", data).content.decode()
    assert "已收到 2 张照片" in page
    kept = re.search(r'name="kept" value="([^"]+)"', page)[1]
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    client.post("/raise/", filled(district, kept=kept, token=token))
    assert Attachment.objects.filter(dossier_id=Matter.objects.get().pk).count() == 2
    client.post("/raise/", filled(district, kept="forged"))
    assert Attachment.objects.count() == 2


def test_the_same_form_sent_again_shows_the_same_receipt(client, district: District) -> None:
    data = filled(district)
    first = client.post("/raise/", data, follow=True).content.decode()
    again = client.post("/raise/", data, follow=True).content.decode()
    assert Matter.objects.count() == 1
    code = re.search(r"[2-9A-Z]{5}-[2-9A-Z]{5}", first)[0]
    assert code in again
    assert "之前已经提交过了" in again
    assert "之前已经提交过了" not in first


def test_a_receipt_of_somebody_elses_making_does_not_exist(client, db) -> None:
    assert client.get("/raise/done/").status_code == 404
    assert client.get("/raise/done/?t=forged").status_code == 404
    assert client.get("/raise/done/", {"t": new_token("raise")}).status_code == 404


def test_too_many_from_one_address_keep_their_text(client, district: District, settings) -> None:
    settings.TONGXIN = settings.TONGXIN | {"raise_per_hour": 2}
    for _n in range(2):
        assert client.post("/raise/", filled(district)).status_code == 302
    data = filled(district, place="第三件的地点")
    response = client.post("/raise/", data)
    assert response.status_code == 429
    assert "第三件的地点" in response.content.decode()
    assert client.post("/raise/", data, REMOTE_ADDR="203.0.113.9").status_code == 302


def test_similar_matters_show_with_and_without_a_script(client, district: District) -> None:
    Journey(district).to_assigned()
    text = "村口早上堵车，能不能装一个红绿灯"
    assert (
        "村口装红绿灯"
        in client.get("/raise/similar/", {"text": text, "area": district.community.code}).content.decode()
    )
    assert (
        "村口装红绿灯" not in client.get("/raise/similar/", {"text": "完全无关的别的事情"}).content.decode()
    )
    page = client.post("/raise/", filled(district, text=text, name="林某", look="1")).content.decode()
    assert "村口装红绿灯" in page
    assert text in page
    assert "林某" in page
    assert Matter.objects.count() == 1


def test_forms_need_their_csrf_token(district: District) -> None:
    from django.test import Client

    assert Client(enforce_csrf_checks=True).post("/raise/", filled(district)).status_code == 403
    assert Matter.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_fifty_identical_posts_at_once_make_one_matter() -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections
    from django.test import Client

    from tests.testing.district import build_district

    data = filled(build_district())

    def send(_n: int) -> str:
        try:
            return Client().post("/raise/", data).url.partition("&")[0]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        addresses = set(pool.map(send, range(50)))
    assert len(addresses) == 1
    assert Matter.objects.count() == Receipt.objects.count() == 1
