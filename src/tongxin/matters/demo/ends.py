"""How a demo matter goes on and ends: decided, published, acted on, rated."""

from datetime import datetime, timedelta
from typing import Any

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.core.receipts import new_token
from tongxin.deliberation.models import View
from tongxin.matters.actions import (
    acting,
    deciding,
    deliberating,
    publishing,
    raising,
    rating,
)
from tongxin.matters.demo.pictures import street
from tongxin.matters.demo.player import Player
from tongxin.matters.models import Result

CONSENSUS_ANSWERS = {
    Result.ADOPTED: "采纳，写进了决定，按决定里的期限办。",
    Result.PARTLY: "本次能办的部分采纳，范围和理由见决定。",
    Result.LATER: "同意，列入承诺，条件成熟时办。",
    Result.NOT_POSSIBLE: "意见收到。现在办不了，理由见决定。",
    Result.REFERRED: "已随决定一并转给有权机关研究。",
}


class Ending(Player):
    """Steps 3 to 6."""

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
        deciding.decide_matter(
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
        publishing.publish_decision(
            self._live(), actor=self.office, public_text=d["reasons"], seen_version=None, at=at
        )
        for item in self.content.get("objections", []):
            objection, _issued = publishing.object_to_decision(
                self._live(),
                actor=self._somebody(),
                token=new_token("objection"),
                text=item["text"],
                at=at + timedelta(days=1),
            )
            if self.content["target"] != "published":
                publishing.answer_objection(
                    self._live(),
                    actor=self.office,
                    objection=objection,
                    answer=item["answer"],
                    seen_version=None,
                    at=at + timedelta(days=3),
                )

    def do_handed_over(self, at: datetime) -> None:
        """After the objection period: by what was decided."""
        publishing.conclude_publication(self._live(), actor=self.office, seen_version=None, at=at)

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
        texts, report = self.content.get("progress", []), self.content.get("report")
        if self.content["target"] in {"reopened", "escalated"}:  # the last text is of the second time
            texts = texts[-1:] if matter.reopen_count else texts[:-1]
        if self.content["target"] == "escalated" and not matter.reopen_count:
            report = ""
        for index, text in enumerate(texts[:2]):
            self._report(text, index, at - timedelta(days=6 - 2 * index))
        matter = self._live()
        acting.finish_action(
            matter,
            actor=self._unit(matter.lead_unit),
            report=report or "已按答复办理完毕，请大家评价。",
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
            [{"solved": "no", "attitude": 2, "result": 1, "words": _unhappy(self.content, is_again=True)}],
            is_raiser_unhappy=True,
        )


def _unhappy(content: dict[str, Any], *, is_again: bool = False) -> str:
    """What those say who rate it not solved, the first time and the second."""
    ratings = content.get("ratings", [])
    words = [r["words"] for r in ratings if r["solved"] == "no" and r.get("words")]
    if is_again:
        return words[-1] if len(words) > 1 else "第二次办完我又去看了，还是没有解决。"
    return words[0] if words else "还是老样子，没有解决。"
