"""The small district with something on every page: matters in many states, comments, an objection, help, ratings."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from tests.testing.district import District, Journey
from tongxin.core.contacts import ContactGiven
from tongxin.core.receipts import Issued, new_token
from tongxin.deliberation.actions.conversations import Terms, open_conversation
from tongxin.deliberation.actions.statements import put_statement
from tongxin.deliberation.actions.voting import Voter, cast_vote
from tongxin.deliberation.hosts import find_record
from tongxin.deliberation.mapping import draw_map
from tongxin.deliberation.models import Meeting
from tongxin.directory.models import DutyShift
from tongxin.matters.actions import (
    acting,
    deliberating,
    publishing,
    raising,
    rating,
    triage,
)
from tongxin.matters.models import Handling, Matter


@dataclass
class World:
    """Numbers of matters by what is special about them, and a raiser's code."""

    numbers: dict[str, str]
    meeting: int
    comment: int
    receipt: Issued
    raise_token: str

    def at(self, what: str, path: str = "/matters/{}/") -> str:
        """The address of a matter's page."""
        return path.format(self.numbers[what])


def build_world(district: District) -> World:
    """Make it."""
    office, unit, passer = district.actor("office"), district.actor("unit"), raising.passer_by()
    now = timezone.now()
    DutyShift.objects.create(
        station=district.station, member=district.member, mode="online", starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=3)
    )  # fmt: skip
    made: dict[str, Matter] = {}

    raise_token = new_token("raise")
    fresh = raising.raise_matter(
        actor=passer, token=raise_token, text="路灯坏了三天，我是住3栋201的，电话13800000000。", area=district.community,
        station=district.station, contact=ContactGiven("示例居民", "13800000000", "同意"), source="qr",
    )  # fmt: skip
    made["raised"] = fresh.matter
    asked = raising.raise_matter(
        actor=passer, token=new_token("raise"), text="树挡住了路灯。", area=district.community
    )
    triage.ask_more(asked.matter, actor=office, question="是哪一棵树？", seen_version=None)
    made["more_needed"] = asked.matter
    made["assigned"] = Journey(district).to_assigned().fresh()

    talked = Journey(district, at=now - timedelta(days=10)).to_deliberating().fresh()
    meeting = deliberating.call_meeting(
        talked, actor=district.actor("convener"), starts_at=now + timedelta(days=20), place="社区活动室",
        agenda="通报情况\n讨论方案", seen_version=None,
    )  # fmt: skip
    comments = [
        deliberating.add_comment(talked, actor=passer, token=new_token("comment"), text=text, stance=stance)[
            0
        ]
        for text, stance in (
            ("支持，早点装。", "support"),
            ("商户怎么停车？", "oppose"),
            ("骂人的话", "oppose"),
        )
    ]
    deliberating.remove_comment(comments[2], actor=office, matter=talked, reason="辱骂他人")
    made["deliberating"] = talked
    host, record = find_record(talked.number, district.actor("convener"))
    conversation = open_conversation(
        host, record, actor=district.actor("convener"), terms=Terms(question="村口怎么改？", smallest_group=3),
        seeds=["村口装红绿灯", "派人疏导", "取消路边停车", "公交站后移"],
    )  # fmt: skip
    for person in range(24):
        for number in range(4):
            cast_vote(
                conversation, voter=Voter(device=f"d{person}"), statement_number=number,
                value=1 if (person % 2 == number % 2) else -1,
            )  # fmt: skip
    put_statement(
        conversation, voter=Voter(device="d1"), token=new_token("statement"), text="学校门口设护学岗"
    )
    draw_map(conversation.pk)
    held = Journey(district, at=now - timedelta(days=30)).to_deliberating().fresh()
    deliberating.call_meeting(
        held, actor=district.actor("convener"), starts_at=now + timedelta(days=20), place="社区活动室", agenda="讨论", seen_version=None
    )  # fmt: skip
    Meeting.objects.filter(dossier_id=held.pk).update(starts_at=now - timedelta(hours=2))
    made["held"] = held

    minuted = Journey(district, at=now - timedelta(days=30)).to_deliberating().fresh()
    convener = district.actor("convener")
    past = deliberating.call_meeting(
        minuted, actor=convener, starts_at=now + timedelta(days=20), place="社区活动室", agenda="讨论", seen_version=None
    )  # fmt: skip
    Meeting.objects.filter(pk=past.pk).update(starts_at=now - timedelta(hours=2))
    deliberating.record_minutes(
        minuted, actor=convener, meeting=Meeting.objects.get(pk=past.pk), minutes="大家同意。",
        attendance={"resident": (3, "")}, views=[], seen_version=None,
    )  # fmt: skip
    made["minuted"] = minuted
    made["deciding"] = Journey(district).to_deciding().fresh()
    made["decided"] = Journey(district).to_decided().fresh()
    shown = Journey(district, at=now - timedelta(days=30)).to_published().fresh()
    Matter.objects.filter(pk=shown.pk).update(objections_until=timezone.localdate() + timedelta(days=3))
    publishing.object_to_decision(
        Matter.objects.get(pk=shown.pk),
        actor=passer,
        token=new_token("object"),
        text="绿灯时间太短，老人走不完。",
    )
    made["published"] = shown
    made["handed_over"] = Journey(district).to_handed_over().fresh()
    refused = Journey(district).to_handed_over().fresh()
    acting.object_task(refused, actor=unit, reason="路灯归城管", suggested_unit=None, seen_version=None)
    made["objected"] = refused
    done = Journey(district).to_acting().fresh()
    acting.offer_help(
        done, actor=passer, token=new_token("help"), text="我出一台挖机。", by_label="村口便民超市"
    )
    acting.report_progress(done, actor=unit, text="灯杆基础已完成。", seen_version=None)
    Handling.objects.create(matter=done, unit=district.other_department, role="joint", assigned_at=now)
    made["acting"] = done
    late = Journey(district).to_acting().fresh()
    acting.ask_extension(late, actor=unit, workdays=5, reason="连日下雨", seen_version=None)
    made["extension"] = late
    later = Journey(district).to_handed_over("later").fresh()
    made["promised"] = later

    journey = Journey(district).to_rating()
    member = district.actor("member")
    journey.rate(member, solved="yes", attitude=5, result=4)
    journey.rate(unit, solved="yes", attitude=5, result=5)
    made["rating"] = journey.fresh()
    again = Journey(district).to_rating()
    again.rate(again.raiser, solved="no", attitude=3, result=1)
    made["reopened"] = again.fresh()
    up = Journey(district).to_rating()
    up.rate(up.raiser, solved="no", attitude=3, result=1)
    up.finish()
    up.rate(up.raiser, solved="no", attitude=3, result=1)
    made["escalated"] = up.fresh()
    ended = Journey(district).to_rating()
    ended.rate(ended.raiser)
    rating.close_rating(ended.fresh(), actor=office, seen_version=None)
    made["watched"] = ended.fresh()
    for matter in made.values():
        matter.refresh_from_db()
    assert journey.raised is not None
    return World(
        {what: matter.number for what, matter in made.items()},
        meeting=meeting.pk,
        comment=comments[0].pk,
        receipt=journey.raised,
        raise_token=raise_token,
    )
