"""How a demo matter begins: raised, triaged, deliberated."""

from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor, Assignment
from tongxin.core.clocks import local_calendar
from tongxin.core.contacts import ContactGiven
from tongxin.core.models import Receipt
from tongxin.core.receipts import new_token
from tongxin.matters.actions import (
    deliberating,
    raising,
    triage,
)
from tongxin.matters.demo.pictures import street
from tongxin.matters.demo.player import Player
from tongxin.matters.models import Matter

CONSENT = "同意为办这件事联系我。随时可以撤回。"


class Beginning(Player):
    """Steps 1 and 2."""

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
        street = self.world.street_units[matter.street_id or 0]
        triage.accept_consultation(
            matter,
            actor=self.office,
            title=c["title"],
            text=triage.suggested_public_text(c["text"]),
            category=self.world.categories[c["category"]],
            decider=self.world.units[c["decider"]] if "decider" in c else street,
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
