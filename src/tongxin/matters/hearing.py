"""Telling people of what happens to a matter, by the table of :mod:`tongxin.matters.hears`, in the act's transaction."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from tongxin.accounts.models import RoleAssignment
from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.core.models import Entry, Receipt
from tongxin.core.process import Expiry, Publication, Transition
from tongxin.core.together import Write
from tongxin.deliberation.models import Comment, Meeting, SignUp
from tongxin.matters.hears import SILENT, TABLE, Duty, Hears, Own
from tongxin.matters.models import HandlingRole, HelpOffer, Matter, Objection
from tongxin.matters.notice_texts import EVENTS, MOVED, NEWS
from tongxin.matters.owners import Holder, Parties, owners_of
from tongxin.matters.process import SIX_STEPS
from tongxin.notices.actions.outbox import (
    Addressee,
    Telling,
    notices_of,
    to_followers,
    to_receipt,
    to_role,
    to_webhooks,
)
from tongxin.notices.models import Concern

BRINGS_NEWS = frozenset(EVENTS)


def entry_heard(
    sender: Any, *, record: Any, entry: Entry, actor: Actor, transition: Transition, **_kwargs: Any
) -> list[Write]:
    """The notices to whoever hears of a line of a matter's history, to be written with it.

    No query when a matter comes in; otherwise at most a handful, however many people there are.
    """
    if not isinstance(record, Matter) or entry.event in SILENT:
        return []
    return _Telling(
        matter=record,
        event=entry.event,
        cause=f"entry:{entry.pk}",
        at=entry.at,
        by=entry.user_id,
        by_role=entry.actor_role,
        by_receipt=actor.receipt_id,
        data=entry.data,
        is_public=entry.publication == record.publication == Publication.PUBLIC,
        moved=transition.target is not None,
    ).notices()


def event_heard(event: str, matter: Matter, *, at: datetime, data: Mapping[str, Any]) -> list[Write]:
    """The notices to whoever hears of something that stands in its own table. Nothing is asked where nobody does."""
    if event in SILENT or event not in TABLE:
        return []
    return _Telling(
        matter=matter, event=event, cause=f"{event}:{_record_id(data)}", at=at, data=data
    ).notices()


def _record_id(data: Mapping[str, Any]) -> Any:
    return next(iter(data.values()), "")


@dataclass(frozen=True, slots=True)
class _Telling:
    """One event on its way to people."""

    matter: Matter
    event: str
    cause: str
    at: datetime
    data: Mapping[str, Any]
    by: int | None = None
    by_role: str = ""
    by_receipt: int | None = None
    is_public: bool = False
    moved: bool = False

    @property
    def hears(self) -> Hears:
        """The event's line of the table; an event without one is told by what the process table knows of it."""
        if self.event in TABLE:
            return TABLE[self.event]
        return Hears(Own.RAISERS) if self.moved else Hears(is_small=True)

    @property
    def template(self) -> str:
        """The event's own text, or one that fits any."""
        return self.event if self.event in BRINGS_NEWS else MOVED if self.moved else NEWS

    def notices(self) -> list[Write]:
        """One statement's worth of notices: of what is to be done, of one's own matters, of followed ones."""
        data = self._data()
        told = [
            self._telling(template, people, Concern.DUTY, data) for template, people in self._duties().items()
        ]
        own = [to_receipt(pk) for pk in self._receipts()]
        told.append(self._telling(self.template, own, Concern.OWN, data))
        if self.is_public:
            told.append(self._telling(self.template, self._followers(), Concern.FOLLOWED, data))
        return notices_of(told)

    def _telling(
        self, template: str, people: Iterable[Addressee], concern: Concern, data: Mapping[str, Any]
    ) -> Telling:
        return Telling(
            cause=self.cause,
            template=template,
            to=people,
            concern=concern,
            data=data,
            dossier_id=self.matter.pk,
            at=self.at,
            by=self.by,
        )

    # what is said

    def _data(self) -> dict[str, Any]:
        matter, state = self.matter, SIX_STEPS.state(self.matter.state)
        is_public = matter.publication == Publication.PUBLIC
        data: dict[str, Any] = {
            "number": matter.number,
            # An internal matter's title may hold the raiser's own words.
            "title": matter.title if is_public else "",
            "page": "matters" if is_public else "track",
            "state": state.code,
            "step": state.step.code,
            "next_step": state.code,
        }
        if matter.due_on and not state.paused and not state.final:
            provisional = "yes" if matter.is_due_provisional else ""
            data |= {"due_on": matter.due_on.isoformat(), "provisional": provisional, "about": provisional}
        if more := FACTS.get(self.event):
            data |= {name: value for name, value in more(self).items() if value is not None}
        return data

    # who is told

    def _receipts(self) -> list[int]:
        """Receipts whose holders are told. At most two queries, none when only the raiser is."""
        found: list[int] = []
        if self.hears.own != Own.NOBODY and self.matter.receipt_id:
            found.append(self.matter.receipt_id)
        if self.hears.one:
            found += ONES[self.hears.one](self.data.get(self.hears.one))
        roles = [*self.hears.took_part, *(["me_too"] if self.hears.own == Own.RAISERS else [])]
        if roles and SIX_STEPS.initial != self.matter.state:
            wanted = Q(dossier_id=self.matter.pk, role__in=roles)
            if self.matter.merged_count:
                wanted |= Q(dossier__matter__survivor_id=self.matter.pk, role__in=["raise", "me_too"])
            # Whoever left no contact reads it on the page of their tracking code.
            reachable = Q(contact__isnull=False, contact__withdrawn_at=None) | Q(user__isnull=False)
            found += (
                Receipt.objects.filter(wanted).filter(reachable).order_by("pk").values_list("pk", flat=True)
            )
        return [pk for pk in dict.fromkeys(found) if pk != self.by_receipt]

    def _followers(self) -> list[Addressee]:
        matter = self.matter
        if self.hears.is_small:
            return [to_followers(dossier=[matter.pk]), to_webhooks()]
        units = {matter.lead_unit_id, matter.decider_id} - {None}
        areas = {matter.area_id, matter.street_id} - {None}
        followers = to_followers(
            dossier=[matter.pk],
            area=[pk for pk in areas if pk],
            category=[matter.category_id] if matter.category_id else [],
            unit=[pk for pk in units if pk],
        )
        return [followers, to_webhooks()]

    def _duties(self) -> dict[str, list[Addressee]]:
        """Who has something to do or to know, by text."""
        found: dict[str, list[Addressee]] = {}
        if self.moved:
            found["duty.now"] = self._next()
        for duty, template in self.hears.duties.items():
            found.setdefault(template, []).extend(DUTY_HOLDERS[duty](self))
        told: set[str] = set()
        for people in found.values():
            people[:] = [who for who in people if who.key not in told and not told.add(who.key)]  # type: ignore[func-returns-value]
        return found

    def _next(self) -> list[Addressee]:
        """Whoever has the matter now; nobody when it is over, when it moves on by itself, or when they did it."""
        state = SIX_STEPS.state(self.matter.state)
        moves_on = state.clock is not None and state.clock.at_expiry is Expiry.MOVES_ON
        if state.final or moves_on or state.owner in {Role.RAISER, self.by_role}:
            return []
        return self.owners()

    def owners(self) -> list[Addressee]:
        """The owner of the matter's state by the process table. One query, none for the initial state."""
        matter, owner = self.matter, SIX_STEPS.state(self.matter.state).owner
        if owner == Role.RAISER:
            return []
        holders: Any = _Everybody() if matter.state == SIX_STEPS.initial else _holders(matter, owner)
        people = owners_of(_parties(matter, owner), holders)
        return people + self._committees() if owner == Role.OFFICE else people

    def _committees(self) -> list[Addressee]:
        """Offices of the special committees whose matter it is: of its category, of its convener."""
        matter = self.matter
        ids = {
            matter.category.committee_id if matter.category else None,
            matter.convener.committee_id if matter.convener else None,
        }
        return [to_role(Role.OFFICE, Scope.COMMITTEE, pk) for pk in sorted(pk for pk in ids if pk)]


class _Everybody:
    """As if every role were held: dispatch finds out who holds it."""

    def __contains__(self, holder: object) -> bool:
        return True


def _holders(matter: Matter, owner: str) -> frozenset[Holder]:
    """Who holds the owner's role anywhere that has to do with the matter. One query."""
    ids = (0, matter.lead_unit_id, matter.decider_id, matter.street_id, matter.station_id)
    scopes = {pk for pk in ids if pk is not None}
    held = RoleAssignment.objects.filter(ended_at=None, user__is_active=True, role=owner, scope_id__in=scopes)
    return frozenset(held.values_list("role", "scope", "scope_id").distinct())


def _parties(matter: Matter, owner: str) -> Parties:
    convener = matter.convener if owner == Role.CONVENER else None
    return Parties(
        state=matter.state,
        lead_unit_id=matter.lead_unit_id,
        decider_id=matter.decider_id,
        convener_user_id=convener.user_id if convener else None,
        street_id=matter.street_id,
        station_id=matter.station_id,
        receipt_id=matter.receipt_id,
    )


def _joint_units(telling: _Telling) -> list[Addressee]:
    parts = telling.matter.handlings.filter(ended_at=None).exclude(role=HandlingRole.LEAD)
    return [to_role(Role.UNIT, Scope.UNIT, pk) for pk in parts.values_list("unit_id", flat=True)]


def _former_units(telling: _Telling) -> list[Addressee]:
    """Units whose part ended with this very act and that have none now."""
    matter = telling.matter
    ended = matter.handlings.filter(ended_at=telling.at).exclude(unit_id=matter.lead_unit_id or 0)
    return [to_role(Role.UNIT, Scope.UNIT, pk) for pk in ended.values_list("unit_id", flat=True)]


def _of_unit(role: Role, pk: int | None) -> list[Addressee]:
    return [to_role(role, Scope.UNIT, pk)] if pk else []


DUTY_HOLDERS: dict[Duty, Callable[[_Telling], list[Addressee]]] = {
    Duty.OWNER: _Telling.owners,
    Duty.OFFICE: lambda telling: [to_role(Role.OFFICE), *telling._committees()],
    Duty.DECIDER: lambda telling: _of_unit(Role.DECIDER, telling.matter.decider_id),
    Duty.LEAD: lambda telling: _of_unit(Role.UNIT, telling.matter.lead_unit_id),
    Duty.JOINT: _joint_units,
    Duty.FORMER: _former_units,
}

ONES: dict[str, Callable[[Any], list[int]]] = {
    "objection": lambda pk: list(Objection.objects.filter(pk=pk).values_list("receipt_id", flat=True)),
    "help": lambda pk: list(HelpOffer.objects.filter(pk=pk).values_list("receipt_id", flat=True)),
    "sign_up": lambda pk: [
        found for found in SignUp.objects.filter(pk=pk).values_list("receipt_id", flat=True) if found
    ],
    "comment": lambda pk: [
        found for found in Comment.objects.filter(pk=pk).values_list("receipt_id", flat=True) if found
    ],
}


def _meeting(telling: _Telling) -> dict[str, Any]:
    meeting = Meeting.objects.get(pk=telling.data["meeting"])
    begins = timezone.localtime(meeting.starts_at)
    return {
        "meeting_on": begins.date().isoformat(),
        "time": f"{begins:%H:%M}",
        "place": meeting.place,
    }


def _unit(telling: _Telling) -> dict[str, Any]:
    unit = telling.matter.lead_unit
    return {"unit": unit.name if unit else "", "result": telling.data.get("result")}


def _decider(telling: _Telling) -> dict[str, Any]:
    decider = telling.matter.decider
    return {
        "decider": decider.name if decider else "",
        "result": telling.data.get("result"),
        "objections_on": telling.data.get("objections_until"),
    }


def _granted(telling: _Telling) -> dict[str, Any]:
    return _unit(telling) | {"granted": "yes" if telling.data.get("is_granted") else "no"}


FACTS: dict[str, Callable[[_Telling], dict[str, Any]]] = {
    "matter.accepted": lambda t: {
        "kind": t.matter.kind,
        "unit": t.data.get("lead_unit") or t.data.get("decider") or "",
    },
    "matter.merged": lambda t: {"survivor": t.data.get("survivor")},
    "matter.referred": lambda t: {"refer_to": t.data.get("refer_to")},
    "meeting.called": _meeting,
    "meeting.moved": _meeting,
    "meeting.cancelled": _meeting,
    "meeting.seat_freed": _meeting,
    "matter.deliberated": _decider,
    "matter.decided": lambda t: {"decider": _decider(t)["decider"]},
    "matter.published": _decider,
    "matter.returned": _decider,
    "matter.promised": lambda t: _unit(t) | {"promised_on": t.data.get("promised_on")},
    "extension.asked": _unit,
    "extension.answered": _granted,
    "matter.rated": lambda t: {"outcome": t.matter.outcome},
    "matter.closed": lambda t: {"outcome": t.matter.outcome},
    **dict.fromkeys(
        (
            "matter.handed_over",
            "matter.answered",
            "matter.taken_on",
            "task.accepted",
            "task.reassigned",
            "task.progressed",
            "promise.taken_up",
            "matter.done",
            "escalation.redone",
        ),
        _unit,
    ),
}
"""What an event's text needs beside what every text has."""
