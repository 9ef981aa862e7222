"""The demo's diaries: what the work noted over the year, some own words at each level, an open and two answered contests."""

from datetime import datetime, timedelta
from hashlib import sha256
from io import BytesIO

from django.db.models import Case, Count, Q, When
from django.utils import timezone

from tongxin.accounts.models import User
from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor, Assignment
from tongxin.core.files import CleanImage
from tongxin.core.models import Entry
from tongxin.deliberation.models import SignUp
from tongxin.directory.models import Member
from tongxin.directory.scopes import username_on_duty
from tongxin.duty.actions.record import Deed, note_deeds
from tongxin.duty.actions.record.contests import (
    Correction,
    contest_entry,
    contest_missing,
    refuse_contest,
    uphold_contest,
)
from tongxin.duty.actions.record.gathering import MATTER_EVENTS, backfill
from tongxin.duty.actions.record.words import WordsGiven, change_entry, write_words
from tongxin.duty.models import DiaryEntry

OFFICE = Actor(
    role=Role.OFFICE, label="政协办公室", assignments=frozenset({Assignment(Role.OFFICE, Scope.DISTRICT, 0)})
)
WRITERS = 6
WORDS: tuple[tuple[int, str, str, bool], ...] = (
    (
        2,
        "public",
        "和社区一起走了一遍学校门口的接送路线：早上七点二十到五十最堵，护栏东头有个缺口，孩子都从那里穿。"
        "已经把缺口的位置写进了那件事。",
        True,
    ),
    (
        6,
        "members",
        "老小区加装电梯，一楼住户的担心主要是采光和噪音。建议协商时先请设计单位带着图纸来。",
        False,
    ),
    (11, "internal", "下次值班记得带一份医保异地结算的办事指南，已经有三位老人问到。", False),
    (19, "public", "听证会上大家最关心的是工期。施工方当场承诺晚上十点以后不动工，我每周去看一次。", False),
    (33, "members", "给两位新进站的委员讲了讲线上咨询怎么答：先说听懂了什么，再说谁来办、哪天回话。", False),
)
"""How many days ago, who may read it, the words, and whether there is a photo."""


def load_record(now: datetime) -> None:
    """Part of the demo district; see :data:`tongxin.core.demo.demo_parts`. Takes about two seconds."""
    _seat_members()
    for year in (timezone.localdate(now).year - 1, timezone.localdate(now).year):
        backfill(year)
    note_deeds(_convened())
    writers = list(
        Member.objects.filter(is_active=True, user__isnull=False)
        .annotate(
            deeds=Count("duty_records__entries", filter=Q(duty_records__entries__withdrawn_at=None)),
            # Whoever is stepped into from the demo's page is one of those on duty.
            is_there=Case(When(user__username=username_on_duty() or "", then=0), default=1),
        )
        .select_related("user")
        .order_by("is_there", "-deeds", "code")[:WRITERS]
    )
    for number, member in enumerate(writers):
        _write(member, now, shift=number)
        _publish_some(member, now)
    for number, member in enumerate(writers[:3]):
        _contest(member, now, number)


def _seat_members() -> None:
    """Give the members' seats at the meetings of the past to members by turns; the meetings left them without a name."""
    users = list(
        Member.objects.filter(is_active=True, user__isnull=False)
        .order_by("code")
        .values_list("user_id", flat=True)[:24]
    )
    if not users:
        return
    seats = SignUp.objects.filter(role="member", user=None, checked_in_at__isnull=False)
    taken: set[tuple[int, int]] = set(
        SignUp.objects.filter(user__isnull=False).values_list("meeting_id", "user_id")
    )
    for number, seat in enumerate(seats.order_by("pk")[:200]):
        user_id = users[number % len(users)]
        if (seat.meeting_id, user_id) not in taken:
            taken.add((seat.meeting_id, user_id))
            seat.user_id = user_id
            seat.save(update_fields=["user"])


def _convened() -> list[Deed]:
    """What the story's conveners did, in the diary of the member who is the matter's acting convener."""
    lines = Entry.objects.filter(
        event__in=MATTER_EVENTS, actor_role=Role.CONVENER, dossier__matter__convener__isnull=False
    ).values_list("pk", "at", "event", "dossier_id", "dossier__matter__convener_id")
    return [
        Deed(member_id, "matter", f"entry:{pk}", at, source_id=dossier_id, data={"event": event})
        for pk, at, event, dossier_id, member_id in lines
    ]


def _actor(member: Member) -> Actor:
    user = member.user
    assert isinstance(user, User)
    return user.as_actor()


def _write(member: Member, now: datetime, *, shift: int) -> None:
    for number, (days, level, words, has_photo) in enumerate(WORDS):
        if (number + shift) % 2 and shift:
            continue
        at = now - timedelta(days=days + shift * 3, hours=2)
        token = sha256(f"{member.pk}:{number}".encode()).hexdigest()
        photos = [_picture(shift)] if has_photo else []
        write_words(
            actor=_actor(member),
            member=member,
            token=token,
            given=WordsGiven(words, level, photos, is_confirmed=True),
            at=at,
            now=at + timedelta(hours=1),
        )


def _publish_some(member: Member, now: datetime) -> None:
    """Every other deed of the last ones is public, as a member would have it."""
    deeds = DiaryEntry.objects.filter(record__member=member).exclude(kind=DiaryEntry.Kind.OWN)
    for number, entry in enumerate(deeds.order_by("-at")[:8]):
        if number % 2 == 0:
            change_entry(
                entry.pk,
                actor=_actor(member),
                given=WordsGiven("", "public"),
                seen_version=entry.version,
                now=min(now, entry.at + timedelta(hours=20)),
            )


def _contest(member: Member, now: datetime, number: int) -> None:
    entry = (
        DiaryEntry.objects.filter(record__member=member, kind=DiaryEntry.Kind.DUTY)
        .order_by("-at")[number : number + 1]
        .first()
    )
    actor = _actor(member)
    if number == 0:
        day = timezone.localdate(now - timedelta(days=9))
        contest_missing(
            actor=actor,
            member=member,
            day=day,
            reason="那天下午在社区活动室参加了楼栋长碰头会，讲了加装电梯怎么协商，没有记上。",
            now=now - timedelta(days=1),
        )
    if entry is None:
        return
    asked = max(entry.at + timedelta(days=1), now - timedelta(days=6))
    if number == 1:
        made = contest_entry(
            entry.pk, actor=actor, reason="那天下午提前一个小时结束，时间记长了。", now=asked
        )
        ends_at = entry.ends_at - timedelta(minutes=30) if entry.ends_at else None
        uphold_contest(
            made.pk,
            actor=OFFICE,
            answer="已向工作站联络员核实，按实际结束的时间更正。",
            correction=Correction(at=entry.at, ends_at=ends_at),
            now=now - timedelta(days=2),
        )
    elif number == 2:
        made = contest_entry(entry.pk, actor=actor, reason="这个班好像不是我值的。", now=asked)
        refuse_contest(
            made.pk,
            actor=OFFICE,
            answer="联络员的交班记录上有您的名字，当天的两件事也是您接的，维持原样。",
            now=now - timedelta(days=1),
        )


def _picture(number: int) -> CleanImage:
    """A drawn street: sky, ground and a kerb."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (960, 640), (196, 214, 226))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 400, 960, 640), fill=(178, 172, 160))
    draw.polygon([(380, 400), (580, 400), (820, 640), (140, 640)], fill=(104, 108, 112))
    for step in range(4):
        top = 420 + step * 56
        draw.rectangle((470 - step * 3, top, 490 + step * 3, top + 30), fill=(236, 232, 220))
    draw.rectangle((60 + number * 20, 180, 330, 400), fill=(214, 196, 164), outline=(120, 104, 84), width=4)
    draw.rectangle((640, 230, 900, 400), fill=(202, 184, 172), outline=(120, 104, 84), width=4)
    out = BytesIO()
    image.save(out, "JPEG", quality=82)
    return CleanImage(out.getvalue(), "image/jpeg", 960, 640)
