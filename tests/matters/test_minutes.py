"""Minutes put right: a new version with its reason, previewed; the words before stay in the history."""

import json

import pytest
from django.test import Client

from tests.matters.test_work_doing import address_of, do
from tests.testing.clients import client_of
from tests.testing.district import District, Journey, build_district
from tongxin.core.crypto import salted_digest
from tongxin.core.history import Conflict
from tongxin.core.ledger import verify
from tongxin.core.models import Entry, LedgerEntry
from tongxin.deliberation.models import Meeting
from tongxin.matters.actions.minutes import amend_minutes
from tongxin.matters.actions.step import NotAllowed
from tongxin.matters.models import Matter

pytestmark = pytest.mark.django_db
BEFORE = "大家同意装信号灯；商户担心停车。"
AFTER = "十二人到会，十人同意装信号灯；两家商户担心停车。"


@pytest.fixture
def district(db: None) -> District:
    """The small district."""
    return build_district()


@pytest.fixture
def matter(district: District) -> Matter:
    """Minuted and sent to the deciding body."""
    return Journey(district).to_deciding().fresh()


def amended(district: District, matter: Matter, text: str = AFTER, **changes: object):
    """Amend by the page, as after the preview."""
    meeting = Meeting.objects.get(dossier_id=matter.pk)
    fields = {f"minutes_{meeting.pk}": text, "reason": "漏记了人数"} | changes
    return do(district, "convener", matter, "amend_minutes", **fields)


def test_the_new_version_and_the_old_one_stand_in_the_history(client: Client, district, matter):
    assert amended(district, matter).status_code == 302
    page = client.get(f"/matters/{matter.number}/").content.decode()
    assert AFTER in page
    assert BEFORE in page
    assert "漏记了人数" in page
    assert page.index("纪要改为第2版") < page.index("后来改过，这是原来的")
    assert amended(district, matter, AFTER + "下周公示。", reason="补一句").status_code == 302
    assert "纪要改为第3版" in client.get(f"/matters/{matter.number}/").content.decode()
    assert matter.state == "deciding"
    assert verify()[1] is None


def test_what_people_type_stands_in_the_ledger_as_digests_alone(district, matter):
    amended(district, matter)
    place = Meeting.objects.get(dossier_id=matter.pk).place
    said = {entry.event: entry for entry in Entry.objects.filter(dossier_id=matter.pk)}
    for event, key, words in (
        ("minutes.amended", "reason", "漏记了人数"),
        ("meeting.called", "place", place),
    ):
        entry = said[event]
        body = json.loads(LedgerEntry.objects.get(seq=entry.ledger_seq).body)
        assert entry.data[key] == words
        assert body["data"][key] == salted_digest(words, entry.salt)
    assert not any(
        words in body
        for body in LedgerEntry.objects.values_list("body", flat=True)
        for words in (place, AFTER)
    )


def test_it_is_previewed_with_personal_data_marked(district, matter):
    fields = {
        f"minutes_{Meeting.objects.get(dossier_id=matter.pk).pk}": "联系人王小明，电话13812345678。",
        "reason": "补记",
    }
    response = do(district, "convener", matter, "amend_minutes", confirm=False, **fields)
    page = response.content.decode()
    assert response.status_code == 200
    assert "<mark>13812345678" in page
    assert Meeting.objects.get(dossier_id=matter.pk).minutes == BEFORE


def test_the_form_starts_from_what_stands_there(district, matter):
    page = client_of(district, "convener").get(address_of(matter, "amend_minutes")).content.decode()
    assert BEFORE in page


def test_nothing_changed_and_no_reason_are_said(district, matter):
    assert "纪要没有改动" in amended(district, matter, BEFORE).content.decode()
    assert amended(district, matter, reason="").context["form"].errors["reason"]
    assert amended(district, matter, reason="电话13812345678记错了").context["form"].errors["reason"]
    assert Meeting.objects.get(dossier_id=matter.pk).minutes == BEFORE


def test_only_the_convener_amends(district, matter):
    for name in ("office", "decider", "unit", "principal"):
        assert client_of(district, name).get(address_of(matter, "amend_minutes")).status_code == 404
    meeting = Meeting.objects.get(dossier_id=matter.pk)
    with pytest.raises(NotAllowed):
        amend_minutes(
            matter, actor=district.actor("office"), meeting=meeting, minutes=AFTER, reason="改", seen_version=None
        )  # fmt: skip


def test_two_conveners_at_once_make_one_version(district, matter):
    seen, meeting = matter.version, Meeting.objects.get(dossier_id=matter.pk)
    convener = district.actor("convener")
    amend_minutes(matter, actor=convener, meeting=meeting, minutes=AFTER, reason="改", seen_version=seen)
    with pytest.raises(Conflict):
        amend_minutes(matter, actor=convener, meeting=meeting, minutes="别的", reason="改", seen_version=seen)
    with pytest.raises(NotAllowed):
        amend_minutes(matter, actor=convener, meeting=meeting, minutes=AFTER, reason="改", seen_version=None)


def test_before_there_are_minutes_there_is_nothing_to_amend(district):
    fresh = Journey(district).to_deliberating().fresh()
    assert client_of(district, "convener").get(address_of(fresh, "amend_minutes")).context["blocked"]
