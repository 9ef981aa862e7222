"""One demo matter's life as a list of acts with the days between them, played through the real actions."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor, Assignment
from tongxin.core.clocks import local_calendar
from tongxin.core.contacts import ContactGiven
from tongxin.core.models import Receipt
from tongxin.core.receipts import new_token
from tongxin.deliberation.models import View
from tongxin.directory.models import Area, Member, Unit, Workstation
from tongxin.matters.actions import acting, deliberating, raising, rating, steering, triage
from tongxin.matters.demo.pictures import street
from tongxin.matters.models import Category, Matter, Result

Act = Callable[[datetime], None]
CONSENT = "同意为办这件事联系我。随时可以撤回。"

SUGGESTION_PATH = {
    "raised": ["raised"],
    "more_needed": ["raised", "more_needed"],
    "declined": ["raised", "declined"],
    "referred": ["raised", "referred"],
    "merged": ["raised", "merged"],
    "assigned": ["raised", "assigned"],
    "objected": ["raised", "assigned", "objected"],
    "acting": ["raised", "assigned", "acting"],
    "promised": ["raised", "assigned", "promised"],
    "rating": ["raised", "assigned", "acting", "rating"],
    "watched": ["raised", "assigned", "acting", "rating", "watched"],
    "closed": ["raised", "assigned", "acting", "rating", "watched", "following_up", "closed"],
    "reopened": ["raised", "assigned", "acting", "rating", "acting2"],
    "escalated": ["raised", "assigned", "acting", "rating", "acting2", "rating2", "escalated"],
}
_FULL = ["raised", "deliberating", "met", "deciding", "decided", "published"]
CONSULTATION_PATH = {
    "deliberating": _FULL[:2],
    "deciding": _FULL[:4],
    "decided": _FULL[:5],
    "published": _FULL,
    "handed_over": [*_FULL, "handed_over"],
    "acting": [*_FULL, "handed_over", "acting"],
    "promised": [*_FULL, "promised"],
    "rating": [*_FULL, "handed_over", "acting", "rating"],
    "closed": [*_FULL, "handed_over", "acting", "rating", "watched", "following_up", "closed"],
    "reopened": [*_FULL, "handed_over", "acting", "rating", "acting2"],
    "escalated": [*_FULL, "handed_over", "acting", "rating", "acting2", "rating2", "escalated"],
}
GAP = {
    "raised": 0,
    "more_needed": 1,
    "declined": 2,
    "referred": 1,
    "merged": 2,
    "assigned": 2,
    "objected": 4,
    "deliberating": 2,
    "met": 16,
    "deciding": 4,
    "decided": 9,
    "published": 3,
    "handed_over": 10,
    "acting": 4,
    "promised": 10,
    "rating": 16,
    "watched": 24,
    "following_up": 31,
    "closed": 24,
    "acting2": 5,
    "rating2": 14,
    "escalated": 4,
}
"""Calendar days between one act and the next; periods that the rules set are kept to."""

CLOCK = {
    "raised": 3,
    "assigned": 10,
    "deliberating": 20,
    "deciding": 10,
    "published": 7,
    "handed_over": 3,
    "acting": 20,
}


SHARE_OF_JOINT_REPORTS = 0.5
CONSENSUS_ANSWERS = {
    Result.ADOPTED: "采纳，写进了决定，按决定里的期限办。",
    Result.PARTLY: "本次能办的部分采纳，范围和理由见决定。",
    Result.LATER: "同意，列入承诺，条件成熟时办。",
    Result.NOT_POSSIBLE: "意见收到。现在办不了，理由见决定。",
    Result.REFERRED: "已随决定一并转给有权机关研究。",
}


@dataclass
class World:
    """What the stories need of the directory."""

    communities: dict[str, Area]
    stations: dict[int, Workstation]
    units: dict[str, Unit]
    street_units: dict[int, Unit]
    categories: dict[str, Category]
    members: list[Member]
    users: dict[str, Any]
    rng: random.Random
    matters: dict[str, Matter] = field(default_factory=dict)

    def actor(self, role: Role, scope: Scope = Scope.DISTRICT, scope_id: int = 0, label: str = "") -> Actor:
        """An actor of the demo in one role."""
        user = self.users.get(f"{role}:{scope}:{scope_id}") or self.users.get(str(role))
        return Actor(
            role=role,
            label=label or (str(user) if user else str(role)),
            user_id=user.pk if user else None,
            assignments=frozenset({Assignment(role, scope, scope_id)}),
        )


class Story:
    """Plays one matter of the content files."""

    def __init__(self, world: World, content: dict[str, Any], *, is_full: bool) -> None:
        self.world, self.content, self.is_full = world, content, is_full
        self.rng = world.rng
        self.office = world.actor(Role.OFFICE)
        self.matter: Matter | None = None
        self.raiser: Actor | None = None
        self.meeting: Any = None
        self.others: list[int] = []
        self.round = 0

    # the plan

    def acts(self, now: datetime) -> list[tuple[datetime, Act]]:
        """When and what: the path to the target with its gaps, ending so that the last state is on time or overdue."""
        paths = CONSULTATION_PATH if self.is_full else SUGGESTION_PATH
        path = paths[self.content["target"]]
        last = path[-1]
        state = last.rstrip("2")
        clock = CLOCK.get(state)
        days = self.content.get("workdays") or (self.content.get("decision") or {}).get("workdays") or 20
        if state == "acting":
            clock = days
        if self.content.get("overdue") and clock:
            age = int(clock * 1.4) + self.rng.randint(4, 9)
        elif clock:
            age = self.rng.randint(0, max(0, min(9, int(clock * 0.6))))
        else:
            age = self.rng.randint(1, 8)
        if state in {"closed", "declined", "referred", "withdrawn"}:
            spent = sum(GAP[name] for name in path)
            age = max(age, int(self.content["days_ago"]) - spent)
        if state == "acting" and not self.content.get("overdue"):
            age = max(age, 4)  # time enough for some progress
        if state == "watched":
            age = self.rng.randint(1, 20)
        if state == "merged":
            age = 0  # after its survivor has become public
        moments: list[datetime] = []
        moment = now - timedelta(days=age, hours=self.rng.randint(0, 5), minutes=self.rng.randint(0, 59))
        for name in reversed(path):
            moments.append(moment)
            moment -= timedelta(days=GAP[name], hours=self.rng.randint(0, 3))
        moments.reverse()
        plan: list[tuple[datetime, Act]] = []
        before = moments[0]
        for name, at in zip(path, moments, strict=True):
            when = (
                at if name == "raised" else max(self._office_hours(at, now), before + timedelta(minutes=40))
            )
            before = min(when, now - timedelta(minutes=2))
            plan.append((before, getattr(self, f"do_{name}")))
        plan += self._while_waiting(last, plan[-1][0], now)
        if last == "rating" or (self.is_full and last == "published"):
            plan.append((plan[-1][0] + (now - plan[-1][0]) * 0.6, self.do_react))
        return plan

    @staticmethod
    def _office_hours(at: datetime, now: datetime) -> datetime:
        local = timezone.localtime(at)
        if local.replace(hour=9 + local.hour % 8) > now:
            local -= timedelta(days=1)
        if local.weekday() > 4:
            local -= timedelta(days=local.weekday() - 4)
        return local.replace(hour=9 + local.hour % 8)

    def _progress(self, since: datetime, now: datetime) -> list[tuple[datetime, Act]]:
        texts = self.content.get("progress", [])
        room = (now - since) / (len(texts) + 1)

        def report(text: str, index: int) -> Act:
            return lambda at: self._report(text, index, at)

        return [
            (max(since, self._office_hours(since + room * (i + 1), now)), report(text, i))
            for i, text in enumerate(texts)
        ]

    def _while_waiting(self, last: str, since: datetime, now: datetime) -> list[tuple[datetime, Act]]:
        """Progress, and what happens beside the steps, while a unit acts."""
        plan = []
        if last in {"acting", "acting2"} or self.content["target"] == "promised":
            plan += self._progress(since, now)
        if last == "acting":
            plan += self._beside(since, now)
        return plan

    def _beside(self, since: datetime, now: datetime) -> list[tuple[datetime, Act]]:
        """What happens beside the steps: joint units report, the office urges what is long overdue."""
        plan: list[tuple[datetime, Act]] = []
        if self.is_full and self.rng.random() < SHARE_OF_JOINT_REPORTS:
            plan.append((self._office_hours(since + (now - since) * 0.5, now), self.do_joint))
        if self.content.get("overdue"):
            plan.append((self._office_hours(now - timedelta(days=1), now), self.do_urged))
        return [(max(since, at), act) for at, act in plan]

    def do_joint(self, at: datetime) -> None:
        """The first joint unit leaves its opinion; the others are still asked for theirs."""
        part = self._live().handlings.filter(ended_at=None, role="joint").select_related("unit").first()
        if part is not None:
            acting.report_joint(
                self._live(),
                actor=self._unit(part.unit),
                text="已到现场看过，属于本单位的部分同意按方案办，派专人配合主办单位施工。",
                seen_version=None,
                at=at,
            )

    def do_urged(self, at: datetime) -> None:
        """The office urges."""
        if self._live().state == "acting":
            steering.urge_matter(
                self._live(),
                actor=self.office,
                words="已经超期，请抓紧办理，并在三个工作日内报进展。",
                seen_version=None,
                at=at,
            )

    # the people

    def _unit(self, unit: Unit | None) -> Actor:
        assert unit is not None
        return self.world.actor(Role.UNIT, Scope.UNIT, unit.pk)

    def _live(self) -> Matter:
        assert self.matter is not None
        self.matter = Matter.objects.get(pk=self.matter.pk)
        return self.matter

    def _somebody(self) -> Actor:
        return raising.passer_by()

    # step 1

    def do_raised(self, at: datetime) -> None:
        """Raise it, by the way the content says."""
        c = self.content
        area = self.world.communities[c["community"]]
        raised = raising.raise_matter(
            actor=self._somebody(),
            token=new_token("raise"),
            text=c["text"],
            title=c["title"],
            area=area,
            place=c.get("place", ""),
            category=self.world.categories.get(c["category"]),
            station=self.world.stations.get(area.pk),
            source=c["source"],
            contact=ContactGiven("示例居民", "13800000000", CONSENT) if self.rng.random() < 0.6 else None,
            photos=[street(self.rng, is_after=False)] if self.rng.random() < 0.15 else None,
            at=at,
        )
        self.matter = raised.matter
        self.raiser = Actor(role=Role.RAISER, label="提事人", receipt_id=raised.issued.receipt.pk)
        self.world.matters[c["title"]] = raised.matter

    def do_more_needed(self, at: datetime) -> None:
        """Ask for more."""
        triage.ask_more(
            self._live(), actor=self.office, question=self.content["question"], seen_version=None, at=at
        )

    def do_declined(self, at: datetime) -> None:
        """Decline on a ground."""
        triage.decline_matter(
            self._live(),
            actor=self.office,
            ground=self.content["ground"],
            reply=self.content["reply_reason"],
            seen_version=None,
            at=at,
        )

    def do_referred(self, at: datetime) -> None:
        """Refer elsewhere."""
        triage.refer_matter(
            self._live(),
            actor=self.office,
            refer_to=self.content["refer_to"],
            reply=self.content["reply_reason"],
            seen_version=None,
            at=at,
        )

    def do_merged(self, at: datetime) -> None:
        """Merge into the named one."""
        survivor = Matter.objects.get(pk=self.world.matters[self.content["merge_into"]].pk)
        triage.merge_matter(self._live(), actor=self.office, survivor=survivor, seen_version=None, at=at)

    def do_assigned(self, at: datetime) -> None:
        """Accept as a suggestion."""
        c = self.content
        triage.accept_suggestion(
            self._live(),
            actor=self.office,
            title=c["title"],
            text=triage.suggested_public_text(c["text"]),
            category=self.world.categories[c["category"]],
            lead_unit=self.world.units[c["unit"]],
            seen_version=None,
            at=at,
        )
        self._joiners(at)

    def do_deliberating(self, at: datetime) -> None:
        """Accept as a consultation with a convener."""
        c = self.content
        matter = self._live()
        member = self.rng.choice(self.world.members)
        triage.accept_consultation(
            matter,
            actor=self.office,
            title=c["title"],
            text=triage.suggested_public_text(c["text"]),
            category=self.world.categories[c["category"]],
            decider=self.world.street_units[matter.street_id or 0],
            convener=member,
            seen_version=None,
            at=at,
        )
        self._joiners(at)
        since = timezone.now() if c["target"] == "deliberating" else at
        day = local_calendar().add_workdays(timezone.localtime(since).date(), 6)
        starts = datetime(day.year, day.month, day.day, 19, tzinfo=timezone.get_current_timezone())
        self.meeting = deliberating.call_meeting(
            self._live(),
            actor=self.world.actor(Role.CONVENER),
            starts_at=starts,
            place=c["meeting"]["place"],
            agenda="\n".join(c["meeting"]["agenda"]),
            capacity=30,
            short_notice_reason="",
            seen_version=None,
            at=at + timedelta(minutes=20),
        )

    def _joiners(self, at: datetime) -> None:
        """People who have it too, and comments."""
        matter = self._live()
        self._me_too(matter, int(self.content.get("me_too", 0)), at + timedelta(hours=1))
        for index, comment in enumerate(self.content.get("comments", [])):
            actor = self._somebody()
            if comment["by"] == "member":
                member = self.rng.choice(self.world.members)
                actor = Actor(
                    role=Role.MEMBER,
                    label=f"{member.name}委员",
                    user_id=member.user_id,
                    assignments=frozenset({Assignment(Role.MEMBER)}),
                )
            made, issued = deliberating.add_comment(
                matter,
                actor=actor,
                token=new_token("comment"),
                text=comment["text"],
                stance=comment["stance"],
                at=min(at + timedelta(hours=2 + 7 * index), timezone.now() - timedelta(minutes=1)),
            )
            if comment["by"] != "member":
                self.others.append(issued.receipt.pk)
            if comment.get("removed"):
                deliberating.remove_comment(
                    made, actor=self.office, matter=self._live(), reason=comment["removed"]
                )

    def _me_too(self, matter: Matter, count: int, at: datetime) -> None:
        """Many people who have it too, at once: receipts nobody holds the code of, and one ledger entry for all."""
        if not count:
            return
        Receipt.objects.bulk_create(
            Receipt(
                dossier_id=matter.pk,
                role="me_too",
                label=raising.RESIDENT_LABEL,
                token_digest=f"demo-{matter.pk}-{index}",
                code_digest=f"demo-{matter.pk}-{index}",
                created_at=at,
            )
            for index in range(count)
        )
        Matter.objects.filter(pk=matter.pk).update(me_too_count=F("me_too_count") + count)
        raising.receipt_event("matter.joined", matter, at=at, data={"me_too": count})

    # steps 2 to 4

    def do_met(self, at: datetime) -> None:
        """Minutes of the meeting."""
        c = self.content["meeting"]
        deliberating.record_minutes(
            self._live(),
            actor=self.world.actor(Role.CONVENER),
            meeting=self.meeting,
            minutes=c["minutes"],
            attendance={
                "convener": (1, ""),
                "member": (c["members"], ""),
                "resident": (c["residents"], ""),
                "unit": (c["units"], ""),
            },
            views=[deliberating.ViewGiven(v["stance"], v["by_role"], v["text"]) for v in c["views"]],
            seen_version=None,
            at=max(at, self.meeting.starts_at + timedelta(days=1)),
        )

    def do_deciding(self, at: datetime) -> None:
        """Hand over to the deciding body."""
        matter = self._live()
        decider = matter.decider
        assert decider is not None
        deliberating.conclude_deliberation(
            matter, actor=self.world.actor(Role.CONVENER), decider=decider, seen_version=None, at=at
        )

    def do_decided(self, at: datetime) -> None:
        """Decide, answering each consensus and each dissent."""
        d = self.content["decision"]
        matter = self._live()
        lead = self.world.units[d["lead_unit"]]
        views = matter.dossier.views.filter(kind__in=View.TO_ANSWER)
        deliberating.decide_matter(
            matter,
            actor=self.world.actor(Role.DECIDER, Scope.UNIT, matter.decider_id or 0),
            result=d["result"],
            reasons=d["reasons"],
            answers={
                v.pk: d["reasons"] if v.kind == View.Kind.DISSENT else CONSENSUS_ANSWERS[d["result"]]
                for v in views
            },
            lead_unit=lead,
            joint_units=[self.world.units[name] for name in d.get("joint_units", [])],
            joint_ask="请就本单位职责范围提出意见，派人一起到现场，并报告自己那一部分的进展。",
            workdays=d.get("workdays") or 20,
            promised_on=(at + timedelta(days=200)).date() if d["result"] == Result.LATER else None,
            referred_to="市轨道交通主管部门" if d["result"] == Result.REFERRED else "",
            seen_version=None,
            at=at,
        )

    def do_published(self, at: datetime) -> None:
        """Publish after the preview."""
        d = self.content["decision"]
        deliberating.publish_decision(
            self._live(), actor=self.office, public_text=d["reasons"], seen_version=None, at=at
        )
        for item in self.content.get("objections", []):
            objection, _issued = deliberating.object_to_decision(
                self._live(),
                actor=self._somebody(),
                token=new_token("objection"),
                text=item["text"],
                at=at + timedelta(days=1),
            )
            if self.content["target"] != "published":
                deliberating.answer_objection(
                    self._live(),
                    actor=self.office,
                    objection=objection,
                    answer=item["answer"],
                    seen_version=None,
                    at=at + timedelta(days=3),
                )

    def do_handed_over(self, at: datetime) -> None:
        """After the objection period: by what was decided."""
        deliberating.conclude_publication(self._live(), actor=self.office, seen_version=None, at=at)

    def do_promised(self, at: datetime) -> None:
        """A commitment for later."""
        if self.is_full:
            self.do_handed_over(at)
            return
        matter = self._live()
        acting.reply_to_suggestion(
            matter,
            actor=self._unit(matter.lead_unit),
            result=Result.LATER,
            reasons=self.content["decision_reasons"],
            promised_on=(at + timedelta(days=240)).date(),
            seen_version=None,
            at=at,
        )

    # step 5

    def do_objected(self, at: datetime) -> None:
        """The unit says it is not its own."""
        matter = self._live()
        acting.object_task(
            matter,
            actor=self._unit(matter.lead_unit),
            reason=self.content.get("decision_reasons")
            or "经核实，该处不属我单位管理范围，建议由属地街道牵头。",
            suggested_unit=self.world.street_units.get(matter.street_id or 0),
            seen_version=None,
            at=at,
        )

    def do_acting(self, at: datetime) -> None:
        """Take it on."""
        matter = self._live()
        if matter.state == "rating":  # decided as not possible: people rate the answer at once
            return
        actor = self._unit(matter.lead_unit)
        if self.is_full:
            acting.accept_task(matter, actor=actor, seen_version=None, at=at)
        else:
            result = self.content.get("result", Result.ADOPTED)
            acting.reply_to_suggestion(
                matter,
                actor=actor,
                result=result,
                reasons=self.content["decision_reasons"],
                workdays=self.content.get("workdays") or 15,
                seen_version=None,
                at=at,
            )
        if self.is_full:
            self._helpers(at)

    def _helpers(self, at: datetime) -> None:
        for item in self.content.get("help", []):
            offer, _issued = acting.offer_help(
                self._live(),
                actor=self._somebody(),
                token=new_token("help"),
                text=item["text"],
                by_label=item["by"],
                at=at + timedelta(hours=30),
            )
            matter = self._live()
            acting.answer_help(
                matter,
                actor=self._unit(matter.lead_unit),
                offer=offer,
                answer="谢谢，已同社区对接。",
                seen_version=None,
                at=at + timedelta(hours=50),
            )

    def _report(self, text: str, index: int, at: datetime) -> None:
        matter = self._live()
        if matter.state not in {"acting", "promised"}:
            return
        photos = self.is_full and index == 0
        acting.report_progress(
            matter,
            actor=self._unit(matter.lead_unit),
            text=text,
            before=[street(self.rng, is_after=False)] if photos else [],
            after=[street(self.rng, is_after=True)] if photos else [],
            seen_version=None,
            at=at,
        )

    def do_rating(self, at: datetime) -> None:
        """Done, with evidence."""
        matter = self._live()
        if matter.state == "rating":
            return
        for index, text in enumerate(self.content.get("progress", [])[:2]):
            self._report(text, index, at - timedelta(days=6 - 2 * index))
        matter = self._live()
        acting.finish_action(
            matter,
            actor=self._unit(matter.lead_unit),
            report=self.content.get("report") or "已办理完毕，请大家评价。",
            before=[street(self.rng, is_after=False)] if self.rng.random() < 0.3 else [],
            after=[street(self.rng, is_after=True)] if self.rng.random() < 0.3 else [],
            seen_version=None,
            at=at,
        )

    do_rating2 = do_rating

    # step 6

    def do_react(self, at: datetime) -> None:
        """Ratings of a matter that is being rated now."""
        if self._live().state == "rating":
            self._rate(at, self.content.get("ratings", []), is_raiser_unhappy=False)

    def _rate(self, at: datetime, given: list[dict[str, Any]], *, is_raiser_unhappy: bool) -> None:
        for index, item in enumerate(given):
            matter = self._live()
            if matter.state not in {"rating", "following_up"}:
                return
            unhappy = item["solved"] == "no" or item["result"] <= 2
            if index == 0 and self.raiser and (is_raiser_unhappy or not unhappy):
                actor = self.raiser
            else:
                actor = self._rater(at)
            try:
                rating.rate_matter(
                    matter,
                    actor=actor,
                    solved=item["solved"],
                    attitude=item["attitude"],
                    result=item["result"],
                    words=item.get("words", ""),
                    at=at + timedelta(minutes=11 * index),
                )
            except rating.AlreadyRated:
                continue

    def _rater(self, at: datetime) -> Actor:
        """A participant: an earlier commenter, or somebody who has it too."""
        if self.others:
            return Actor(role=Role.PARTICIPANT, label="居民", receipt_id=self.others.pop())
        issued = raising.join_matter(self._live(), actor=self._somebody(), token=new_token("me_too"), at=at)
        return Actor(role=Role.PARTICIPANT, label="居民", receipt_id=issued.receipt.pk)

    def do_watched(self, at: datetime) -> None:
        """The rating period ends."""
        self._rate(at - timedelta(days=10), self.content.get("ratings", []), is_raiser_unhappy=False)
        if self._live().state == "rating":
            rating.close_rating(self._live(), actor=rating.SYSTEM, seen_version=None, at=at)

    def do_following_up(self, at: datetime) -> None:
        """Thirty days on."""
        if self._live().state == "watched":
            rating.start_follow_up(self._live(), actor=rating.SYSTEM, seen_version=None, at=at)

    def do_closed(self, at: datetime) -> None:
        """The follow-up ends."""
        if self._live().state == "following_up":
            rating.close_rating(self._live(), actor=rating.SYSTEM, seen_version=None, at=at)

    def do_acting2(self, at: datetime) -> None:
        """Not solved: reopened by right."""
        self._rate(
            at,
            [{"solved": "no", "attitude": 3, "result": 1, "words": _unhappy(self.content)}],
            is_raiser_unhappy=True,
        )

    def do_escalated(self, at: datetime) -> None:
        """Not solved again: escalated."""
        self._rate(
            at,
            [{"solved": "no", "attitude": 2, "result": 1, "words": _unhappy(self.content)}],
            is_raiser_unhappy=True,
        )


def _unhappy(content: dict[str, Any]) -> str:
    return next(
        (r["words"] for r in content.get("ratings", []) if r["solved"] == "no" and r.get("words")),
        "还是老样子，没有解决。",
    )
