"""The demo's meetings: one to come with a queue, one going on this very hour, one held with its seats and a vote."""

from datetime import datetime, timedelta

from django.utils import timezone

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor, Assignment
from tongxin.core.receipts import new_token
from tongxin.deliberation.actions import hearing_questions, room_votes, running, seats, speaking
from tongxin.deliberation.models import Meeting, ParticipantRole, RoomVote, SignUp
from tongxin.matters.actions import deliberating
from tongxin.matters.actions.raising import passer_by
from tongxin.matters.hosting import MATTER_HOST
from tongxin.matters.models import Matter

CONVENER = Actor(role=Role.CONVENER, label="召集人", assignments=frozenset({Assignment(Role.CONVENER)}))
AGENDA = "现状和两个方案｜街道｜15\n居民、商户、单位各说各的难处｜｜40\n能不能先试一个月｜｜20"
QUESTIONS = (
    "试行一个月以后，谁来看效果、怎么算行？",
    "晚上十点以后还有人管吗？",
    "老人腿脚不便的，有没有另外的办法？",
)


def load_meetings(now: datetime) -> None:
    """Fill the meetings of the matters that are being talked over. Everything by the real actions, except what is past."""
    found = list(Matter.objects.filter(state="deliberating").order_by("pk"))
    if found:
        _coming(found[-1], now)
    if len(found) > 1:
        _going_on(found[0], now)
    held = Meeting.objects.filter(minutes_at__isnull=False).order_by("-starts_at", "-pk").first()
    if held is not None:
        _held(held)


def _sign_up(matter: Matter, meeting: Meeting, at: datetime, count: int) -> list[SignUp]:
    return [
        seats.sign_up(
            MATTER_HOST,
            matter,
            meeting,
            actor=passer_by(),
            token=new_token("sign_up"),
            at=at + timedelta(minutes=n),
        ).seat
        for n in range(count)
    ]


def _coming(matter: Matter, now: datetime) -> None:
    """Twelve seats, fifteen who want one; one has given theirs up and the first of the queue has it."""
    meeting = Meeting.objects.filter(dossier_id=matter.pk, starts_at__gt=now).first()
    if meeting is None:
        return
    running.set_terms(
        MATTER_HOST, matter, meeting, actor=CONVENER, capacity=12, seconds_each=180, takes_questions=False,
        seen_version=None,
    )  # fmt: skip
    people = _sign_up(matter, meeting, now - timedelta(hours=2), 15)
    seats.give_up_seat(MATTER_HOST, matter, people[4], at=now - timedelta(minutes=20))


def _going_on(matter: Matter, now: datetime) -> None:
    """A hearing that began half an hour ago: people are in, one speaks, two wait, a statement is voted on."""
    begun = now - timedelta(minutes=35)
    meeting = deliberating.call_meeting(
        matter,
        actor=CONVENER,
        kind=Meeting.Kind.HEARING,
        starts_at=begun,
        place="社区一楼议事厅",
        agenda=AGENDA,
        capacity=40,
        short_notice_reason="白天现场看过，大家要求当晚接着谈，已逐栋通知",
        seen_version=None,
        at=now - timedelta(hours=5),
    )
    by = {"actor": CONVENER}
    people = _sign_up(matter, meeting, now - timedelta(hours=4), 14)
    running.open_meeting(MATTER_HOST, matter, meeting, seen_version=None, at=begun, **by)
    for seat in people[:11]:
        seats.check_in_at_desk(MATTER_HOST, matter, seat, at=begun, **by)
    for role, count in (("resident", 6), ("unit", 3), ("expert", 1)):
        people += seats.add_walk_ins(MATTER_HOST, matter, meeting, role=role, count=count, at=begun, **by)
    first, second, *_rest = meeting.items.all()
    running.start_item(MATTER_HOST, matter, first, seen_version=None, at=begun, **by)
    told = room_votes.put_to_vote(
        MATTER_HOST, matter, meeting, text="先试行一个月，再定长期办法", seen_version=None, at=begun, **by
    )
    for n, seat in enumerate([*people[:11], *people[14:20]]):
        room_votes.cast_ballot(matter, told, seat, value=(1, 1, 1, -1, 1, 0)[n % 6])
    room_votes.count_hands(MATTER_HOST, matter, told, hands={"resident": (4, 1, 0)}, **by)
    room_votes.close_vote(
        MATTER_HOST, matter, told, seen_version=None, at=begun + timedelta(minutes=12), **by
    )
    running.start_item(MATTER_HOST, matter, second, seen_version=None, at=begun + timedelta(minutes=14), **by)
    turns = [speaking.ask_for_floor(matter, seat) for seat in people[:4]]
    turns.append(speaking.add_speaker(MATTER_HOST, matter, meeting, role="unit", label="街道办事处", **by))
    at = now - timedelta(minutes=9)
    speaking.start_turn(MATTER_HOST, matter, turns[0], seen_version=None, at=at, **by)
    speaking.end_turn(MATTER_HOST, matter, turns[0], seen_version=None, at=at + timedelta(minutes=3), **by)
    speaking.start_turn(MATTER_HOST, matter, turns[1], seen_version=None, at=now - timedelta(minutes=1), **by)
    room_votes.put_to_vote(
        MATTER_HOST, matter, meeting, text="晚上十点以后由社区轮流巡查", seen_version=None, at=now, **by
    )
    asked = [
        hearing_questions.ask(
            matter, meeting, actor=passer_by(), token=new_token("question"), text=text, at=begun
        ).question
        for text in QUESTIONS
    ]
    hearing_questions.show_question(MATTER_HOST, matter, asked[0], **by)
    hearing_questions.show_question(MATTER_HOST, matter, asked[1], **by)
    hearing_questions.answer_question(
        MATTER_HOST, matter, asked[1], answer="街道夜间值班电话会写在公示栏，十点以后由值班人员到场。", **by
    )


def _held(meeting: Meeting) -> None:
    """Who sat where at a meeting of the past, as many as its minutes counted, and what they voted."""
    here = [role for one in meeting.attendance.all() for role in [one.role] * one.count]
    SignUp.objects.bulk_create(
        SignUp(
            meeting=meeting,
            role=ParticipantRole(role),
            at=meeting.starts_at,
            seat_number=number,
            checked_in_at=meeting.starts_at,
            checked_in_by="desk",
        )
        for number, role in enumerate(here, start=1)
    )
    meeting.opened_at, meeting.closed_at = meeting.starts_at, meeting.starts_at + timedelta(minutes=95)
    meeting.save(update_fields=["opened_at", "closed_at"])
    RoomVote.objects.create(
        meeting=meeting,
        item=meeting.items.last(),
        text="同意把大家的意见送责任单位研究",
        opened_at=meeting.starts_at + timedelta(minutes=80),
        closed_at=meeting.starts_at + timedelta(minutes=84),
        hands={"resident": [9, 2, 1]},
        result={"total": [9, 2, 1], "hands": [9, 2, 1], "phones": 0, "by_role": {"resident": [9, 2, 1]}},
    )
    assert meeting.closed_at <= timezone.now()
