"""The diary: own words, what goes public, and who may read what."""

from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.testing.clients import client_of
from tests.testing.diaries import PHONE, SECRET, duty, own, picture, posted, second_member
from tests.testing.district import District, Journey, build_district
from tongxin.core.models import LedgerEntry
from tongxin.directory.models import Member
from tongxin.duty.actions.record import contests as acts
from tongxin.duty.actions.record import note_deed
from tongxin.duty.actions.record.words import (
    EntryMovedOn,
    NotConfirmed,
    WordsGiven,
    change_entry,
    write_words,
)
from tongxin.duty.models import DiaryEntry


@pytest.fixture
def other(district: District) -> Member:
    """A second member with an account."""
    return second_member(district)


class TestOwnWords:
    def test_written_once_however_often_the_form_is_sent(self, district: District) -> None:
        client, sent = client_of(district, "member"), posted()
        for _n in range(3):
            assert client.post(reverse("diary_new"), sent).status_code == 302
        entry = DiaryEntry.objects.get()
        assert (entry.kind, entry.publication, entry.words) == ("own", "internal", "今天走了两个小区。")
        assert "今天走了两个小区。" in client.get(reverse("diary")).content.decode()
        line = LedgerEntry.objects.get(event="diary.written")
        assert "小区" not in line.body
        assert not line.is_public

    def test_public_words_are_shown_first_with_personal_data_masked(self, district: District) -> None:
        client = client_of(district, "member")
        words = f"王阿姨电话{PHONE}，反映楼道堆物。"
        sent = posted(words=words, publication="public", photos=[picture()])
        page = client.post(reverse("diary_new"), sent)
        text = page.content.decode()
        assert page.status_code == 200
        assert not DiaryEntry.objects.exists()
        assert "有疑似个人信息" in text
        form = page.context["form"]
        assert PHONE not in form["words"].value()
        again = {**sent, "photos": [], "photos_held": form["photos_held"].value(), "stage": "confirm"}
        # Put back in, it is asked about once more; masked, it goes through with its photo.
        insists = client.post(reverse("diary_new"), again)
        assert insists.status_code == 200
        assert insists.context["insists"]
        assert not DiaryEntry.objects.exists()
        assert client.post(reverse("diary_new"), {**again, "words": form["words"].value()}).status_code == 302
        entry = DiaryEntry.objects.get()
        public = Client().get(reverse("member", args=["M1"])).content.decode()
        assert PHONE not in public
        assert "反映楼道堆物" in public
        assert entry.photos.count() == 1
        assert LedgerEntry.objects.get(event="diary.written").is_public

    def test_the_action_itself_refuses_unconfirmed_personal_data(self, district: District) -> None:
        with pytest.raises(NotConfirmed):
            write_words(
                actor=district.actor("member"),
                member=district.member,
                token="t",
                given=WordsGiven(f"电话{PHONE}", "public"),
                at=timezone.now(),
            )
        entry = duty(district)
        with pytest.raises(NotConfirmed):
            change_entry(
                entry.pk,
                actor=district.actor("member"),
                given=WordsGiven(f"电话{PHONE}", "public"),
                seen_version=1,
            )

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("words", ""),
            ("words", "字" * 2001),
            ("day", "2999-01-01"),
            ("day", "2001-01-01"),
            ("publication", "world"),
            ("token", "nonsense"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_lost(self, district: District, field: str, value: str) -> None:
        page = client_of(district, "member").post(reverse("diary_new"), posted(**{field: value}))
        assert page.status_code == 422
        assert not DiaryEntry.objects.exists()
        if field != "words":
            assert "今天走了两个小区。" in page.content.decode()

    def test_changed_by_one_of_two_and_the_other_keeps_their_text(self, district: District) -> None:
        entry = own(district, "internal")
        client, address = client_of(district, "member"), reverse("diary_entry", args=[entry.pk])
        first = {"version": "1", "words": "第一次改", "publication": "members"}
        assert client.post(address, first).status_code == 302
        page = client.post(address, {"version": "1", "words": "同时改的", "publication": "members"})
        text = page.content.decode()
        assert page.status_code == 409
        assert "同时改的" in text
        assert "第一次改" in text
        assert (
            client.post(address, {"version": "2", "words": "同时改的", "publication": "members"}).status_code
            == 302
        )
        entry.refresh_from_db()
        assert (entry.words, entry.version) == ("同时改的", 3)
        history = client.get(address).content.decode()
        assert SECRET in history  # what stood first stays readable to its author
        assert "第一次改" in history

    def test_withdrawn_after_being_asked_and_gone_for_everybody_else(
        self, district: District, other: Member
    ) -> None:
        entry = own(district, "public", photos=1)
        photo = reverse("file", args=[entry.photos.get().token])
        assert Client().get(photo).status_code == 200
        client = client_of(district, "member")
        address = reverse("diary_withdraw", args=[entry.pk])
        assert client.post(address, {"version": "1"}).status_code == 200  # asked first
        assert Client().get(photo).status_code == 200
        assert client.post(address, {"version": "1", "sure": "yes"}).status_code == 302
        assert SECRET not in Client().get(reverse("member", args=["M1"])).content.decode()
        assert Client().get(photo).status_code == 404
        assert client_of(district, "other").get(reverse("diary_entry", args=[entry.pk])).status_code == 404
        assert client.get(reverse("diary_entry", args=[entry.pk])).status_code == 200
        late = client.post(
            reverse("diary_entry", args=[entry.pk]),
            {"version": "1", "words": "晚了", "publication": "public"},
        )
        assert late.status_code == 409
        assert "晚了" in late.content.decode()

    def test_what_the_work_noted_is_not_withdrawn_but_may_be_shared_with_words(
        self, district: District
    ) -> None:
        entry = duty(district)
        client = client_of(district, "member")
        client.post(reverse("diary_withdraw", args=[entry.pk]), {"version": "1", "sure": "yes"})
        entry.refresh_from_db()
        assert entry.withdrawn_at is None
        address = reverse("diary_entry", args=[entry.pk])
        sent = {"version": "1", "words": "", "publication": "public", "stage": "confirm"}
        assert client.post(address, sent).status_code == 302
        assert "在示例甲社区工作室值班" in Client().get(reverse("member", args=["M1"])).content.decode()

    def test_photos_are_taken_out_and_limited(self, district: District) -> None:
        entry = own(district, "public", photos=2)
        client, address = client_of(district, "member"), reverse("diary_entry", args=[entry.pk])
        first = entry.photos.first()
        sent = {"version": "1", "words": SECRET, "publication": "internal", "without": [first.pk]}
        assert client.post(address, sent).status_code == 302
        assert entry.photos.count() == 1
        assert Client().get(reverse("file", args=[first.token])).status_code == 404
        many = {**sent, "version": "2", "without": [], "photos": [picture() for _n in range(6)]}
        assert client.post(address, many).status_code == 422
        assert entry.photos.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_of_two_who_change_an_entry_at_once_wins():
    district = build_district()
    entry = duty(district)
    actor, barrier, won, lost = district.actor("member"), Barrier(4), [], []

    def change(number: int) -> None:
        try:
            barrier.wait()
            change_entry(entry.pk, actor=actor, given=WordsGiven(f"话{number}"), seen_version=1)
            won.append(number)
        except EntryMovedOn:
            lost.append(number)
        finally:
            connection.close()

    threads = [Thread(target=change, args=(number,)) for number in range(4)]
    [one.start() for one in threads]
    [one.join() for one in threads]
    assert (len(won), len(lost)) == (1, 3)
    entry.refresh_from_db()
    assert (entry.words, entry.version) == (f"话{won[0]}", 2)


class TestWhoReads:
    def levels(self, district: District) -> dict[str, DiaryEntry]:
        return {
            level: own(district, level, words=f"这是{level}的话", photos=1)
            for level in ("internal", "members", "public")
        }

    def test_each_entry_and_photo_for_each_reader(self, district: District, other: Member) -> None:
        made = self.levels(district)
        may = {
            "member": {"internal", "members", "public"},
            "office": {"internal", "members", "public"},
            "other": {"members", "public"},
            "liaison": {"public"},
            "unit": {"public"},
            "system_admin": {"public"},
            "security_admin": {"public"},
            "audit_admin": {"public"},
            "principal": {"public"},
            "convener": {"public"},
        }
        for who, levels in may.items():
            client = client_of(district, who)
            for level, entry in made.items():
                wanted = 200 if level in levels else 404
                assert client.get(reverse("diary_entry", args=[entry.pk])).status_code == wanted, (who, level)
                photo = reverse("file", args=[entry.photos.get().token])
                assert client.get(photo).status_code == wanted, (who, level)
        for level, entry in made.items():
            photo = reverse("file", args=[entry.photos.get().token])
            assert Client().get(photo).status_code == (200 if level == "public" else 404)

    def test_the_members_page_shows_what_is_shared_and_never_what_is_kept(
        self, district: District, other: Member
    ) -> None:
        self.levels(district)
        address = reverse("member", args=["M1"])
        shown = {
            who: [
                level
                for level in ("internal", "members", "public")
                if f"这是{level}的话"
                in (client_of(district, who) if who else Client()).get(address).content.decode()
            ]
            for who in ("", "other", "member", "office", "unit")
        }
        assert shown == {
            "": ["public"],
            "other": ["members", "public"],
            "member": ["members", "public"],
            "office": ["members", "public"],
            "unit": ["public"],
        }

    def test_nobody_reaches_what_is_anothers(self, district: District, other: Member) -> None:
        entry = own(district, "internal")
        deed = duty(district)
        contest = acts.contest_entry(deed.pk, actor=district.actor("member"), reason="不对")
        year = deed.record.year
        client = client_of(district, "other")
        for name, args in (
            ("diary_entry", [entry.pk]),
            ("diary_entry", [deed.pk]),
            ("diary_contest", [deed.pk]),
            ("contest", [contest.pk]),
            ("record", ["M1", year]),
            ("record_file", ["M1", year, "pdf"]),
            ("records", []),
        ):
            assert client.get(reverse(name, args=args)).status_code == 404, name
        for name, args in (
            ("diary_entry", [entry.pk]),
            ("diary_withdraw", [entry.pk]),
            ("diary_contest", [deed.pk]),
            ("contest", [contest.pk]),
            ("contest_withdraw", [contest.pk]),
        ):
            sent = {"version": "1", "words": "改", "publication": "public", "sure": "yes", "reason": "x"}
            assert client.post(reverse(name, args=args), sent).status_code == 404, name
        entry.refresh_from_db()
        assert entry.words == SECRET
        # A photo of a public entry can't be borrowed by another record's address, nor a foreign photo taken out.
        mine = own(district, "public", photos=1)
        theirs = client.post(reverse("diary_new"), posted())
        assert theirs.status_code == 302
        foreign = DiaryEntry.objects.get(record__member=other)
        sent = {"version": "1", "words": "我的", "publication": "internal", "without": [mine.photos.get().pk]}
        assert client.post(reverse("diary_entry", args=[foreign.pk]), sent).status_code == 422
        assert mine.photos.count() == 1

    def test_the_office_reads_but_does_not_write_anothers_words(self, district: District) -> None:
        entry = own(district, "internal")
        client = client_of(district, "office")
        address = reverse("diary_entry", args=[entry.pk])
        assert client.get(address).context["form"] is None
        sent = {"version": "1", "words": "改", "publication": "public"}
        assert client.post(address, sent).status_code == 404
        assert client.get(reverse("diary")).status_code == 404  # it has none of its own

    def test_a_source_is_linked_only_for_who_may_see_it(self, district: District, other: Member) -> None:
        matter = Journey(district).to_raised().matter
        note_deed(
            district.member.pk,
            "matter",
            "entry:1",
            at=timezone.now(),
            source_id=matter.pk,
            data={"event": "meeting.called"},
        )
        DiaryEntry.objects.update(publication="public")
        public = Client().get(reverse("member", args=["M1"])).content.decode()
        assert "为一件事项召集会议" in public
        assert matter.title not in public
        assert matter.number not in public

    def test_a_member_who_left_has_no_page(self, district: District) -> None:
        entry = own(district, "public", photos=1)
        token = entry.photos.get().token
        Member.objects.update(is_active=False)
        assert Client().get(reverse("member", args=["M1"])).status_code == 404
        assert Client().get(reverse("file", args=[token])).status_code == 404
