"""One thing done to several matters, each by itself through the normal actions: what can't be done stays, with its reason.

Nothing here moves a matter; every act goes through the engine, so every act is in the matter's own history. An undo is
another recorded act, never a deletion.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.core.history import Conflict
from tongxin.core.process import GuardFailed, ProcessError
from tongxin.core.redaction import find_personal_data
from tongxin.directory.models import Member, Unit
from tongxin.matters.actions import (
    acting,
    publishing,
    rating,
    steering,
    triage,
)
from tongxin.matters.actions.step import NotAllowed
from tongxin.matters.models import BulkDeed, Category, Matter
from tongxin.matters.process import SIX_STEPS
from tongxin.matters.rules import GUARDS, may_take, why_not

MOST_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Choice:
    """What the person filled in for all of them."""

    unit: Unit | None = None
    convener: Member | None = None
    category: Category | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """How a deed is done from one state: the transition it takes, the call, what it asks for, what is undone how.

    ``will`` says what happens; ``undo`` is empty where the process has no way back, and ``no_undo`` then says why.
    """

    transition: str
    will: Any
    act: Callable[[Matter, Actor, Choice, int], Any]
    asks: tuple[str, ...] = ()
    undo: str = ""
    no_undo: Any = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One bulk deed: its name, who is offered it, and the way it takes from each state."""

    label: Any
    roles: tuple[str, ...]
    ways: Mapping[str, Way]


def _accept(matter: Matter, actor: Actor, choice: Choice, seen: int) -> Any:
    category = matter.category or choice.category
    assert choice.unit is not None  # the form has seen to it
    assert category is not None
    return triage.accept_suggestion(
        matter,
        actor=actor,
        title=matter.title,
        text=matter.text or matter.original_text,
        category=category,
        lead_unit=choice.unit,
        seen_version=seen,
    )


def _reassign(matter: Matter, actor: Actor, choice: Choice, seen: int) -> Any:
    assert choice.unit is not None
    return acting.reassign_task(matter, actor=actor, unit=choice.unit, reason=choice.words, seen_version=seen)


def _appoint(matter: Matter, actor: Actor, choice: Choice, seen: int) -> Any:
    assert choice.convener is not None
    return steering.appoint_convener(matter, actor=actor, convener=choice.convener, seen_version=seen)


def _urge(matter: Matter, actor: Actor, choice: Choice, seen: int) -> Any:
    return steering.urge_matter(matter, actor=actor, words=choice.words, seen_version=seen)


def _plain(action: Callable[..., Any]) -> Callable[[Matter, Actor, Choice, int], Any]:
    def call(matter: Matter, actor: Actor, choice: Choice, seen: int) -> Any:
        return action(matter, actor=actor, seen_version=seen)

    return call


_conclude = _plain(publishing.conclude_publication)
_close = _plain(rating.close_rating)
_TOLD = gettext_lazy("对方已经收到，撤不回来。")
_PUBLIC = gettext_lazy("已经公开交办，要改请打开这件事。")
_RATED = gettext_lazy("评价已经结束，没解决的可以重新办理。")
_URGE = Way("urge", gettext_lazy("催现在该办的人，写进经过"), _urge, ("words",), no_undo=_TOLD)

KINDS: dict[str, Kind] = {
    "assign": Kind(
        gettext_lazy("分办：定承办单位或召集人"),
        (Role.OFFICE, Role.LIAISON),
        {
            "raised": Way(
                "accept_suggestion", gettext_lazy("受理为微建议，公开下面的标题和内容，转给所选单位"), _accept,
                ("unit", "category"), undo="take_back",
            ),
            "objected": Way(
                "reassign", gettext_lazy("改派给所选单位"), _reassign, ("unit", "words"),
                no_undo=gettext_lazy("改派以后请打开这件事再处理。"),
            ),
            "deliberating": Way("appoint", gettext_lazy("由所选委员召集"), _appoint, ("convener",), undo="appoint"),
        },
    ),
    "remind": Kind(
        gettext_lazy("催办"), (Role.OFFICE, Role.PRINCIPAL),
        dict.fromkeys(SIX_STEPS.transition("urge").sources, _URGE),
    ),
    "hand_over": Kind(
        gettext_lazy("公示期满，转入下一步"), (Role.OFFICE,),
        {"published": Way("hand_over", gettext_lazy("公示期满，按决定交办、列入承诺或请大家评"), _conclude, no_undo=_PUBLIC)},
    ),
    "close": Kind(
        gettext_lazy("评价或回访期满，办结"), (Role.OFFICE,),
        {
            "rating": Way("close_rating", gettext_lazy("评完办结，30天后回访"), _close, no_undo=_RATED),
            "watched": Way("follow_up", gettext_lazy("开始回访"), _plain(rating.start_follow_up), no_undo=_RATED),
            "following_up": Way("close", gettext_lazy("回访后办结"), _close, no_undo=_RATED),
        },
    ),
}  # fmt: skip

CHOOSES_ITSELF = frozenset({"hand_over"})
"""Transitions of which the action takes the one that fits the decision: only the guards they share are asked before."""


@dataclass(slots=True)
class Plan:
    """What will happen to one matter, or why nothing does; ``asks`` names what the form must bring."""

    matter: Matter
    seen: int
    will: str = ""
    reason: str = ""
    asks: tuple[str, ...] = ()
    can_undo: bool = False
    no_undo: str = ""
    shows: str = ""


def kinds_for(actor: Actor) -> list[tuple[str, Any]]:
    """The deeds an actor is offered: (code, label)."""
    return [(code, kind.label) for code, kind in KINDS.items() if any(actor.has(r) for r in kind.roles)]


def way_of(what: str, matter: Matter) -> Way | None:
    """How the deed is done from where the matter is; None when it isn't."""
    way = KINDS[what].ways.get(matter.state)
    if way is not None and way.transition == "reassign" and matter.kind == "consultation":
        return Way("reassign_full", way.will, way.act, way.asks, way.undo, way.no_undo)
    return way


def plan(what: str, actor: Actor, chosen: Iterable[tuple[Matter, int]]) -> list[Plan]:
    """What a deed would do to each, changing nothing."""
    return [_plan(what, actor, matter, seen) for matter, seen in chosen]


def _plan(what: str, actor: Actor, matter: Matter, seen: int) -> Plan:
    found = Plan(matter, seen)
    way = way_of(what, matter)
    if seen != matter.version:
        found.reason = _("刚刚有人动过，请重新打开看一看。")
    elif way is None:
        found.reason = _("现在是“%(state)s”，不用做这一步。") % {"state": SIX_STEPS.state(matter.state).label}
    elif not may_take(actor, SIX_STEPS.transition(way.transition), matter):
        found.reason = _("这一步不由您做。")
    else:
        found.reason = _guarded(way, matter) or ""
        if way.transition == "accept_suggestion" and not found.reason:
            text = matter.text or matter.original_text
            if find_personal_data(f"{matter.title}\n{text}"):
                found.reason = _("原话里有疑似个人信息，请打开这件事单独审核。")
            found.shows = text
    if not found.reason and way is not None:
        found.will = str(way.will)
        found.asks = tuple(name for name in way.asks if name != "category" or matter.category is None)
        is_first = way.transition == "appoint" and matter.convener_id is None
        found.can_undo = bool(way.undo) and not is_first
        found.no_undo = "" if found.can_undo else str(way.no_undo or _("原来没有召集人，没法还原。"))
    return found


def _guarded(way: Way, matter: Matter) -> str | None:
    transition = SIX_STEPS.transition(way.transition)
    if way.transition not in CHOOSES_ITSELF:
        return why_not(transition, matter)
    reasons = (GUARDS[name](matter) for name in ("objection_period_over", "objections_answered"))
    return next((reason for reason in reasons if reason), None)


@dataclass(slots=True)
class Line:
    """What came of one matter: kept with the deed. ``undo`` is what an undo needs."""

    number: str
    is_done: bool = False
    reason: str = ""
    version: int = 0
    undo: str = ""
    is_undone: bool = False
    undo_reason: str = ""

    def kept(self) -> dict[str, Any]:
        """As it is written down."""
        return {name: getattr(self, name) for name in self.__slots__}


def carry_out(what: str, *, actor: Actor, plans: Sequence[Plan], choice: Choice, token: UUID) -> BulkDeed:
    """Do it to each that can be done, one transaction a matter; the same form sent twice acts once.

    A conflict or a guard that fails meanwhile leaves that matter alone and is told in its line.
    """
    assert actor.user_id is not None  # signed in
    try:
        with transaction.atomic():
            deed = BulkDeed.objects.create(user_id=actor.user_id, token=token, what=what, at=timezone.now())
    except IntegrityError:
        return BulkDeed.objects.get(token=token, user_id=actor.user_id)
    for one in plans:
        line = Line(one.matter.number, reason=one.reason)
        way = way_of(what, one.matter)
        if way is not None and not one.reason:
            before = one.matter.convener_id
            line.reason = _tried(lambda one=one, way=way: way.act(one.matter, actor, choice, one.seen))  # type: ignore[misc]
            line.is_done = not line.reason
            if line.is_done:
                left = Matter.objects.only("number", "version").get(pk=one.matter.pk)
                line.number, line.version = left.number, left.version
                if one.can_undo:
                    line.undo = f"{way.undo}:{before}" if way.undo == "appoint" else way.undo
        deed.outcomes.append(line.kept())
        deed.save(
            update_fields=["outcomes"]
        )  # after each: what was done is known even if the machine stops here
    return deed


def _tried(act: Callable[[], Any]) -> str:
    """Do it; empty when it was done, else why it was not."""
    try:
        act()
    except Conflict:
        return _("刚刚有人动过，请重新打开看一看。")
    except GuardFailed as failed:
        return str(failed.reason)
    except (NotAllowed, ProcessError):
        return _("这一步现在不能做。")
    return ""


def undo_until(deed: BulkDeed) -> Any:
    """Until when a deed can be undone."""
    return deed.at + timedelta(minutes=int(settings.TONGXIN["undo_minutes"]))


def may_undo(deed: BulkDeed) -> bool:
    """Whether something of it can still be undone."""
    return (
        deed.undone_at is None
        and timezone.now() <= undo_until(deed)
        and any(line["undo"] and line["is_done"] for line in deed.outcomes)
    )


def undo(deed_id: int, *, actor: Actor) -> BulkDeed:
    """Undo what can be undone, each by a recorded act; a matter that moved on since stays, with its reason.

    Raises ``NotAllowed`` for somebody else's deed and when its time is over.
    """
    with transaction.atomic():
        own = BulkDeed.objects.filter(user=actor.user_id)
        deed = own.select_for_update().filter(pk=deed_id).first()
        if deed is None or not may_undo(deed):
            raise NotAllowed("undo")
        deed.undone_at = timezone.now()
        deed.save(update_fields=["undone_at"])
    numbers = [line["number"] for line in deed.outcomes]
    matters = {
        m.number: m for m in Matter.objects.filter(number__in=numbers).select_related("convener", "category")
    }
    for line in deed.outcomes:
        if not (line["is_done"] and line["undo"]):
            continue
        matter = matters[line["number"]]
        line["undo_reason"] = _tried(lambda line=line, matter=matter: _undo(line, matter, actor))  # type: ignore[misc]
        line["is_undone"] = not line["undo_reason"]
        deed.save(update_fields=["outcomes"])
    return deed


def _undo(line: Mapping[str, Any], matter: Matter, actor: Actor) -> None:
    how, _colon, before = line["undo"].partition(":")
    if how == "take_back":
        with override(settings.LANGUAGE_CODE):
            reason = _("批量分办后马上撤回，重新审核分办。")
        steering.take_back_assignment(matter, actor=actor, reason=reason, seen_version=line["version"])
    else:
        member = Member.objects.get(pk=int(before))
        steering.appoint_convener(matter, actor=actor, convener=member, seen_version=line["version"])
