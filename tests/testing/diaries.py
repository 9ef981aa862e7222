"""Diaries for tests: own words, noted deeds, a second member, and one of each address of the part."""

from datetime import timedelta
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from tests.testing.clients import client_of
from tests.testing.district import District, _user
from tongxin.accounts.roles import Role
from tongxin.core.receipts import new_token
from tongxin.directory.models import Member
from tongxin.duty.actions.record import note_deed
from tongxin.duty.actions.record.contests import contest_entry
from tongxin.duty.models import DiaryEntry

SECRET = "只给自己看的一句话"
PHONE = "13912345678"


def picture() -> SimpleUploadedFile:
    """A small photo as a form sends it."""
    out = BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 30)).save(out, "PNG")
    return SimpleUploadedFile("家门口.png", out.getvalue(), "image/png")


def posted(**more: object) -> dict[str, object]:
    """What the form of own words sends."""
    return {
        "token": new_token("diary"),
        "version": "0",
        "day": timezone.localdate().isoformat(),
        "words": "今天走了两个小区。",
        "publication": "internal",
        **more,
    }


def duty(district: District, number: int = 1, **more: object) -> DiaryEntry:
    """A shift that the work noted."""
    at = timezone.now() - timedelta(hours=3 + number)
    data = {"station": district.station.name, "mode": "online"}
    entry = note_deed(
        district.member.pk, "duty", f"shift:{number}", at=at, ends_at=at + timedelta(hours=2), data=data
    )
    for name, value in more.items():
        setattr(entry, name, value)
    entry.save()
    return entry


def own(district: District, publication: str, words: str = SECRET, photos: int = 0) -> DiaryEntry:
    """Own words written through the page."""
    client = client_of(district, "member")
    sent = posted(words=words, publication=publication, stage="confirm", anyway="yes")
    if photos:
        sent["photos"] = [picture() for _n in range(photos)]
    answer = client.post(reverse("diary_new"), sent)
    assert answer.status_code == 302, answer.content.decode()
    return DiaryEntry.objects.order_by("-pk").first()


def second_member(district: District) -> Member:
    """A second member with an account, signed in as ``other``."""
    district.users["other"] = _user("other", Role.MEMBER)
    return Member.objects.create(
        code="M2", name="测试委员乙", sector=district.member.sector, user=district.users["other"]
    )


def diary_arguments(district: District) -> dict[str, list]:
    """What the addresses of the diary speak of, by the word in their row."""
    at = timezone.now() - timedelta(hours=6)
    data = {"station": district.station.name, "code": district.station.code, "mode": "online"}
    entry, contested = (
        note_deed(
            district.member.pk, "duty", f"shift:world-{n}", at=at, ends_at=at + timedelta(hours=2), data=data
        )
        for n in (1, 2)
    )
    contest = contest_entry(contested.pk, actor=district.actor("member"), reason="那天我请了假。")
    code, year = district.member.code, entry.record.year
    return {
        "diary": [entry.pk],
        "contest": [contest.pk],
        "record": [code, year],
        "record_file": [code, year, "pdf"],
        "member": [code],
    }
