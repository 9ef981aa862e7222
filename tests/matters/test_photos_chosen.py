"""Which of the raiser's photos go public: none unless chosen, each with words for those who cannot see it."""

import io

import pytest
from django.test import Client
from PIL import Image

from tests.matters.test_work_doing import accept_fields, address_of, do
from tests.testing.clients import client_of
from tests.testing.district import District, Journey, build_district
from tongxin.core.attachments import keep_images
from tongxin.core.files import CleanImage
from tongxin.core.models import Attachment
from tongxin.matters.models import Matter

pytestmark = pytest.mark.django_db


@pytest.fixture
def district(db: None) -> District:
    """The small district."""
    return build_district()


def _photos(matter: Matter) -> list[Attachment]:
    images = []
    for colour in ("red", "blue"):
        file = io.BytesIO()
        Image.new("RGB", (40, 30), colour).save(file, "JPEG")
        images.append(CleanImage(file.getvalue(), "image/jpeg", 40, 30))
    return keep_images(images, dossier_id=matter.pk, stage="raised")


def _public(matter: Matter) -> list[Attachment]:
    return list(Attachment.objects.filter(dossier_id=matter.pk, publication="public"))


def test_each_photo_is_shown_with_its_own_choice_and_none_is_chosen(district: District):
    matter = Journey(district).to_raised().fresh()
    photos = _photos(matter)
    page = client_of(district, "office").get(address_of(matter, "accept_suggestion")).content.decode()
    for n, photo in enumerate(photos, start=1):
        assert f'src="/files/{photo.token}" alt="提事时的照片 {n}"' in page
        assert f'name="photo_words_{photo.pk}"' in page
    assert "车牌" in page
    assert 'value="' + photos[0].token + '" id' in page
    assert "checked" not in page.partition("公开照片 1")[0].rpartition("<input")[2]
    do(district, "office", matter, "accept_suggestion", **accept_fields(district))
    assert matter.state == "assigned"
    assert _public(matter) == []


def test_the_chosen_one_goes_public_with_its_words(client: Client, district: District):
    matter = Journey(district).to_raised().fresh()
    first, second = _photos(matter)
    fields = accept_fields(
        district, photos=[second.token], **{f"photo_words_{second.pk}": "村口的十字路口，没有红绿灯"}
    )
    preview = do(district, "office", matter, "accept_suggestion", confirm=False, **fields)
    page = preview.content.decode()
    shown = page.partition("大家会看到的照片")[2].partition("</section>")[0]
    assert second.token in shown
    assert 'alt="村口的十字路口，没有红绿灯"' in shown
    assert first.token not in shown
    do(district, "office", matter, "accept_suggestion", **fields)
    assert [photo.token for photo in _public(matter)] == [second.token]
    public = client.get(f"/matters/{matter.number}/").content.decode()
    assert "村口的十字路口，没有红绿灯" in public
    assert first.token not in public
    assert client.get(f"/files/{first.token}").status_code == 404


def test_personal_data_in_a_photos_words_is_marked(district: District):
    matter = Journey(district).to_raised().fresh()
    photo, _other = _photos(matter)
    fields = accept_fields(district, photos=[photo.token], **{f"photo_words_{photo.pk}": "电话13812345678"})
    page = do(district, "office", matter, "accept_suggestion", confirm=False, **fields).content.decode()
    assert "<mark>13812345678" in page
    do(district, "office", matter, "accept_suggestion", **fields)
    assert matter.state == "raised"


def test_the_choice_comes_again_at_the_publication(district: District):
    matter = Journey(district).to_decided().fresh()
    first, second = _photos(matter)
    Attachment.objects.filter(pk=first.pk).update(publication="public", description="路口")
    form = client_of(district, "office").get(address_of(matter, "publish_decision")).context["form"]
    assert form["photos"].initial == [first.token]
    do(
        district, "office", matter, "publish_decision",
        public_text="装灯。", workdays=5, photos=[second.token], **{f"photo_words_{second.pk}": "路口的晚上"},
    )  # fmt: skip
    assert matter.state == "published"
    assert [(photo.token, photo.description) for photo in _public(matter)] == [(second.token, "路口的晚上")]


def test_somebody_elses_photo_cannot_be_published_by_its_token(district: District):
    matter, other = Journey(district).to_raised().fresh(), Journey(district).to_raised().fresh()
    _photos(matter)
    foreign, _second = _photos(other)
    response = do(
        district, "office", matter, "accept_suggestion", **accept_fields(district, photos=[foreign.token])
    )
    assert response.status_code == 422
    assert _public(other) == []
