"""Contests: put by the member, answered by the office, in effect at once."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from tests.testing.clients import client_of
from tests.testing.diaries import PHONE, duty, own
from tests.testing.district import District, build_district
from tongxin.core import ledger
from tongxin.core.models import LedgerEntry
from tongxin.core.records import waiting_for
from tongxin.duty.actions.record import contests as acts
from tongxin.duty.actions.record import note_deed
from tongxin.duty.models import Contest, DiaryEntry
from tongxin.notices.models import Notice


class TestContests:
    def answer(self, district: District, contest: Contest, **more: object):
        sent = {"answer": "已核实。", **more}
        return client_of(district, "office").post(reverse("contest", args=[contest.pk]), sent)

    def contested(self, district: District) -> Contest:
        entry = duty(district)
        client = client_of(district, "member")
        address = reverse("diary_contest", args=[entry.pk])
        assert client.post(address, {"reason": ""}).status_code == 422
        assert client.post(address, {"reason": "那天我请了假"}).status_code == 302
        assert client.post(address, {"reason": "再提一次"}).status_code == 302
        return Contest.objects.get()

    def test_put_waits_for_the_office_and_both_are_told(self, district: District) -> None:
        contest = self.contested(district)
        assert [line.count for line in waiting_for(district.actor("office")) if "contests" in line.url] == [1]
        assert not [line for line in waiting_for(district.actor("member")) if "contests" in line.url]
        assert Notice.objects.filter(template="diary.contested", role="office").count() == 1
        assert "那天我请了假" not in str(list(Notice.objects.values_list("data", flat=True)))
        assert self.answer(district, contest, result="refused").status_code == 302
        contest.refresh_from_db()
        assert (contest.state, contest.answer) == ("refused", "已核实。")
        told = Notice.objects.get(template="diary.contest_answered")
        assert told.user == district.users["member"]
        page = client_of(district, "member").get(reverse("contest", args=[contest.pk])).content.decode()
        assert "已核实。" in page
        assert not [line for line in waiting_for(district.actor("office")) if "contests" in line.url]

    def test_upheld_it_is_corrected(self, district: District) -> None:
        contest = self.contested(district)
        entry = contest.entry
        begin = timezone.localtime(entry.at) + timedelta(minutes=20)
        sent = {"result": "corrected", "at": f"{begin:%Y-%m-%dT%H:%M}", "what": "在甲社区值班，提前结束"}
        assert self.answer(district, contest, **sent, ends_at="2999-01-01T10:00").status_code == 422
        assert self.answer(district, contest, **{**sent, "what": f"电话{PHONE}"}).status_code == 422
        assert self.answer(district, contest, **{**sent, "at": ""}).status_code == 422
        assert self.answer(district, contest, **sent).status_code == 302
        entry.refresh_from_db()
        assert timezone.localtime(entry.at).strftime("%H:%M") == f"{begin:%H:%M}"
        assert entry.version == 2
        text = client_of(district, "member").get(reverse("diary")).content.decode()
        assert "在甲社区值班，提前结束" in text
        assert "已更正" in text

    def test_upheld_it_is_taken_out_and_stays_out(self, district: District) -> None:
        contest = self.contested(district)
        assert self.answer(district, contest, result="taken_out").status_code == 302
        contest.entry.refresh_from_db()
        assert contest.entry.withdrawn_at is not None
        again = note_deed(district.member.pk, "duty", "shift:1", at=timezone.now())
        assert again == contest.entry
        assert again.withdrawn_at is not None
        text = client_of(district, "member").get(reverse("diary")).content.decode()
        assert "在示例甲社区工作室值班" not in text

    def test_a_missing_one_is_added(self, district: District) -> None:
        client = client_of(district, "member")
        day = timezone.localdate()
        sent = {"day": day.isoformat(), "reason": "上午到社区走访没有记"}
        assert client.post(reverse("diary_missing"), {**sent, "day": "2999-01-01"}).status_code == 422
        for _n in range(2):
            assert client.post(reverse("diary_missing"), sent).status_code == 302
        contest = Contest.objects.get()
        given = {"result": "added", "kind": "visit", "at": f"{day}T00:00", "what": "到甲社区走访"}
        assert self.answer(district, contest, **{**given, "what": ""}).status_code == 422
        assert self.answer(district, contest, **{**given, "kind": "own"}).status_code == 422
        assert self.answer(district, contest, **given).status_code == 302
        entry = DiaryEntry.objects.get()
        assert (entry.kind, entry.source_key) == ("visit", f"contest:{contest.pk}")
        assert "到甲社区走访" in client.get(reverse("diary")).content.decode()

    def test_answered_twice_the_second_is_told_and_keeps_the_words(self, district: District) -> None:
        contest = self.contested(district)
        self.answer(district, contest, result="refused")
        late = self.answer(district, contest, result="taken_out", answer="晚到的答复")
        assert late.status_code == 409
        assert "晚到的答复" in late.content.decode()
        contest.entry.refresh_from_db()
        assert contest.entry.withdrawn_at is None

    def test_withdrawn_by_the_member(self, district: District) -> None:
        contest = self.contested(district)
        client = client_of(district, "member")
        address = reverse("contest_withdraw", args=[contest.pk])
        assert client.post(address).status_code == 200
        assert client.post(address, {"sure": "yes"}).status_code == 302
        contest.refresh_from_db()
        assert contest.state == "withdrawn"
        assert self.answer(district, contest, result="refused").status_code == 409

    def test_own_words_are_not_contested(self, district: District) -> None:
        entry = own(district, "internal")
        address = reverse("diary_contest", args=[entry.pk])
        client_of(district, "member").post(address, {"reason": "不对"})
        assert not Contest.objects.exists()

    def test_the_ledger_holds_no_words_and_its_chain_is_whole(self, district: District) -> None:
        contest = self.contested(district)
        self.answer(district, contest, result="taken_out", answer="机密理由")
        bodies = " ".join(LedgerEntry.objects.values_list("body", flat=True))
        assert "请了假" not in bodies
        assert "机密理由" not in bodies
        events = set(LedgerEntry.objects.values_list("event", flat=True))
        assert {"diary.contested", "diary.taken_out", "diary.contest_answered"} <= events
        assert ledger.verify()[1] is None


@pytest.mark.django_db(transaction=True)
def test_one_of_two_answers_at_once_counts():
    district = build_district()
    entry = duty(district)
    contest = acts.contest_entry(entry.pk, actor=district.actor("member"), reason="不对")
    office, barrier, done, settled = district.actor("office"), Barrier(4), [], []

    def answer(number: int) -> None:
        try:
            barrier.wait()
            if number % 2:
                acts.refuse_contest(contest.pk, actor=office, answer="维持")
            else:
                taken_out = acts.Correction(is_taken_out=True)
                acts.uphold_contest(contest.pk, actor=office, answer="删去", correction=taken_out)
            done.append(number)
        except acts.ContestSettled:
            settled.append(number)
        finally:
            connection.close()

    threads = [Thread(target=answer, args=(number,)) for number in range(4)]
    [one.start() for one in threads]
    [one.join() for one in threads]
    assert (len(done), len(settled)) == (1, 3)
    entry.refresh_from_db()
    contest.refresh_from_db()
    assert (entry.withdrawn_at is not None) == (contest.state == "upheld")
