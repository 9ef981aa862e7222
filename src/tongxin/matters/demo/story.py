"""One demo matter's life as a list of acts with the days between them, played through the real actions."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from tongxin.matters.actions import (
    acting,
    steering,
)
from tongxin.matters.demo.begins import Beginning
from tongxin.matters.demo.ends import Ending

Act = Callable[[datetime], None]

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


class Story(Beginning, Ending):
    """Plays one matter of the content files."""

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

    def _progress(self, texts: list[str], since: datetime, now: datetime) -> list[tuple[datetime, Act]]:
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
            texts = self.content.get("progress", [])
            plan += self._progress(texts[-1:] if last == "acting2" else texts, since, now)
        if last == "acting":
            plan += self._beside(since, now)
        return plan

    def _beside(self, since: datetime, now: datetime) -> list[tuple[datetime, Act]]:
        """What happens beside the steps: joint units report, the office urges what is long overdue."""
        plan: list[tuple[datetime, Act]] = []
        if self.is_full and self.rng.random() < SHARE_OF_JOINT_REPORTS:
            plan.append((self._office_hours(since + (now - since) * 0.5, now), self.do_joint))
        if self.content.get("overdue"):
            # Not all at once: public lists show the newest first.
            ago = timedelta(days=0.2 + 2.8 * self.rng.random())
            plan.append((self._office_hours(now - ago, now), self.do_urged))
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
