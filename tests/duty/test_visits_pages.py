"""Members' visits: the form, the receipts, who may see what, and the same form sent many times."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from tests.testing.clients import client_of
from tests.testing.district import District, build_district
from tongxin.core.models import LedgerEntry
from tongxin.core.receipts import new_token
from tongxin.directory.models import Member, Posting
from tongxin.duty.actions.reception.visits import ConcernGiven, VisitGiven, record_visit
from tongxin.duty.models import Visit
from tongxin.duty.rules_reception import NotYours
from tongxin.matters.models import Matter, Source


def posted(district: District, **more: str) -> dict[str, str]:
    now = timezone.localtime() - timedelta(hours=1)
    return {
        "token": new_token("visit"),
        "kind": "household",
        "area": str(district.community.pk),
        "visited_at": f"{now:%Y-%m-%dT%H:%M}",
        "people_met": "3",
        "words": "老人家里潮湿。",
        "c1-text": "楼道灯坏了三天。",
        "c1-place": "3栋",
        "c1-phone": "13800000000",
        "c1-consent": "spoken",
        "c3-text": "下水道堵了。",
        **more,
    }


def test_a_visit_becomes_matters_with_receipts_of_their_own(district: District):
    member = client_of(district, "member")
    page = member.get(reverse("visit_new"))
    assert page.status_code == 200
    assert 'data-offline="visit"' in page.content.decode()
    answer = member.post(reverse("visit_new"), posted(district), follow=True)
    words = answer.content.decode()
    assert answer.status_code == 200
    visit = Visit.objects.get()
    assert visit.member == district.member
    matters = list(Matter.objects.order_by("pk"))
    assert [m.original_text for m in matters] == ["楼道灯坏了三天。", "下水道堵了。"]
    assert {m.source for m in matters} == {Source.VISIT}
    assert {m.station_id for m in matters} == {district.station.pk}
    assert matters[0].receipt.contact_id
    assert not matters[1].receipt.contact_id
    for matter in matters:
        assert matter.number in words
    assert words.count("slip-code") == 2
    # Each code on paper opens its own matter.
    import re

    codes = re.findall(r'slip-code code" translate="no">([^<]+)<', words)
    opened = member.post("/track/", {"number": matters[1].number, "code": codes[1]})
    assert opened.status_code == 302
    assert matters[1].number in opened.url
    assert member.get(reverse("visits")).content.decode().count(district.community.name) == 1
    assert "老人家里潮湿" in member.get(reverse("visit", args=[visit.pk])).content.decode()
    entry = LedgerEntry.objects.get(event="visit.recorded")
    assert "老人" not in entry.body
    assert "楼道灯" not in entry.body


def test_the_same_form_fifty_times_is_one_visit(district: District):
    member = client_of(district, "member")
    data = posted(district)
    for _n in range(50):
        assert member.post(reverse("visit_new"), data).status_code == 302
    assert Visit.objects.count() == 1
    assert Matter.objects.count() == 2


def test_a_form_that_waited_too_long_is_known_when_it_came_before(district: District):

    member = client_of(district, "member")
    data = posted(district)
    assert member.post(reverse("visit_new"), data).status_code == 302
    with time_machine.travel(timezone.now() + timedelta(days=40), tick=True):
        again = client_of(district, "member")
        answer = again.post(reverse("visit_new"), data)
        assert answer.status_code == 302
        assert "again=1" in answer.url
        late = again.post(reverse("visit_new"), posted(district, token=data["token"][:-3] + "abc"))
        assert late.status_code == 422
    assert Visit.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_at_the_same_moment_one_visit():
    district = build_district()
    actor, token = district.actor("member"), new_token("visit")
    given = VisitGiven(district.member, "household", district.community, timezone.now())
    start, made = Barrier(8), []

    def send() -> None:
        try:
            start.wait()
            made.append(
                record_visit(actor=actor, token=token, given=given, concerns=[ConcernGiven("灯坏了")])
            )
        finally:
            connection.close()

    threads = [Thread(target=send) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Visit.objects.count() == 1
    assert Matter.objects.count() == 1
    assert len({one.issued[0].code for one in made}) == 1
    assert len(made) == 8


def test_wrong_forms_come_back_with_everything(district: District):
    member = client_of(district, "member")
    data = posted(district, companions="没有这人", **{"c2-phone": "13900000000", "c2-name": "某人"})
    answer = member.post(reverse("visit_new"), data)
    words = answer.content.decode()
    assert answer.status_code == 422
    assert "没有找到委员：没有这人" in words
    assert "请写上是什么事" in words
    assert "留姓名或电话要先问本人" in words
    assert "楼道灯坏了三天。" in words
    assert not Visit.objects.exists()
    assert not Matter.objects.exists()


def test_companions_and_who_may_record_for_whom(district: District):
    other = Member.objects.create(code="M2", name="测试委员乙", sector=district.member.sector)
    liaison = client_of(district, "liaison")
    # The liaison writes for a member of the station, not for another.
    answer = liaison.post(
        reverse("visit_new"), posted(district, member=str(district.member.pk), companions="测试委员乙")
    )
    assert answer.status_code == 302
    assert list(Visit.objects.get().companions.all()) == [other]
    assert liaison.post(reverse("visit_new"), posted(district, member=str(other.pk))).status_code == 422
    with pytest.raises(NotYours):
        record_visit(
            actor=district.actor("liaison"),
            token=new_token("visit"),
            given=VisitGiven(other, "site", district.community, timezone.now()),
        )
    office = client_of(district, "office")
    assert office.post(reverse("visit_new"), posted(district, member=str(other.pk))).status_code == 302
    # A member always writes their own, whatever the form says.
    member = client_of(district, "member")
    assert member.post(reverse("visit_new"), posted(district, member=str(other.pk))).status_code in {302, 422}
    assert Visit.objects.filter(member=other).count() == 1


def test_strangers_get_404(district: District):
    Posting.objects.all().delete()
    office, member = client_of(district, "office"), client_of(district, "member")
    data = posted(
        district, member=str(Member.objects.create(code="M9", name="别人", sector=district.member.sector).pk)
    )
    data["area"] = str(district.other_community.pk)
    answer = office.post(reverse("visit_new"), data)
    visit = Visit.objects.get()
    for name in ("member", "liaison", "unit", "decider", "principal", "security_admin"):
        client = client_of(district, name)
        assert client.get(reverse("visit", args=[visit.pk])).status_code == 404, name
        assert client.get(answer.url).status_code == 404, name
    assert member.get(reverse("visits")).content.decode().count("别人") == 0
    assert office.get(answer.url).status_code == 200


def test_the_list_pages_and_asks_little(district: District, django_assert_max_num_queries):
    actor, at = district.actor("office"), timezone.now() - timedelta(days=1)
    for n in range(35):
        record_visit(
            actor=actor,
            token=new_token("visit"),
            given=VisitGiven(district.member, "site", district.community, at - timedelta(minutes=n // 2)),
        )
    office = client_of(district, "office")
    office.get(reverse("visits"))
    with django_assert_max_num_queries(8):
        page = office.get(reverse("visits"))
    first = {v.pk for v in page.context["visits"]}
    second = {
        v.pk for v in office.get(reverse("visits"), {"after": page.context["next_cursor"]}).context["visits"]
    }
    assert len(first) == 30
    assert len(second) == 5
    assert not first & second
