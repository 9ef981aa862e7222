"""What cannot be undone is asked about first, with and without JavaScript."""

import pytest
from django.test import Client

from tests.testing.clients import client_of
from tests.testing.district import District, build_district
from tongxin.core.contacts import ContactGiven
from tongxin.core.models import Contact
from tongxin.core.receipts import new_token
from tongxin.matters.actions import raising
from tongxin.matters.models import Matter

pytestmark = pytest.mark.django_db


@pytest.fixture
def district(db: None) -> District:
    """The small district."""
    return build_district()


def test_withdrawing_asks_and_does_nothing_before_the_yes(client: Client, district: District):
    made = raising.raise_matter(
        actor=raising.passer_by(), token=new_token("raise"), text="路灯坏了。", area=district.community,
        contact=ContactGiven("示例居民", "13800000000", "同意"),
    )  # fmt: skip
    number = made.matter.number
    client.post("/track/", {"number": number, "code": made.issued.code})
    for act in ("withdraw", "erase-contact"):
        asked = client.post(f"/track/{number}/{act}/")
        page = asked.content.decode()
        assert asked.status_code == 200
        assert 'name="sure" value="yes"' in page
        assert f'action="/track/{number}/{act}/"' in page
        assert f'href="/track/{number}/"' in page
    assert Matter.objects.get().state == "raised"
    assert Contact.objects.get().phone_digest
    client.post(f"/track/{number}/withdraw/", {"sure": "yes"})
    assert Matter.objects.get().state == "withdrawn"


def test_nobody_is_asked_about_what_they_may_not_do(client: Client, district: District):
    other = raising.raise_matter(
        actor=raising.passer_by(), token=new_token("raise"), text="路灯坏了。", area=district.community
    ).matter
    assert "sure" not in client.post(f"/track/{other.number}/withdraw/").content.decode()
    person = district.users["unit"]
    assert client_of(district, "office").post(f"/work/people/{person.pk}/disable/").status_code == 404


def test_ending_access_asks_first(district: District):
    person, security = district.users["unit"], client_of(district, "security_admin")
    row = person.role_assignments.get()
    for path in (f"roles/{row.pk}/end/", "disable/", "renew/"):
        asked = security.post(f"/work/people/{person.pk}/{path}")
        assert asked.status_code == 200
        assert person.display_name in asked.content.decode()
        assert "/accounts/welcome/" not in asked.content.decode()
    person.refresh_from_db()
    row.refresh_from_db()
    assert person.is_active
    assert row.ended_at is None
