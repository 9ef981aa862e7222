"""Matters as a host of deliberation: statements, votes and meetings on a matter."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, cast

from django.urls import reverse

from tongxin.core.actor import Actor
from tongxin.core.history import write_entry
from tongxin.core.models import Entry, Instrument
from tongxin.core.prepared import Prepared
from tongxin.core.process import Publication, Transition
from tongxin.deliberation.hosts import Host
from tongxin.matters.actions.raising import receipt_event
from tongxin.matters.actions.step import as_capacity
from tongxin.matters.models import Matter
from tongxin.matters.process import SIX_STEPS
from tongxin.matters.rules import is_convener, is_office, may_moderate
from tongxin.matters.selectors import visible_matters


def _matter(record: Instrument) -> Matter:
    return cast(Matter, record)


_RULES_READ = ("convener", "category")
_public = Prepared(
    lambda pk: visible_matters(None).select_related(*_RULES_READ).defer("original_text").filter(pk=pk), pk=int
)


def find(dossier_id: int, actor: Actor | None) -> Matter | None:
    """The visible matter of a dossier, with what the rules read. One query, a prepared one for the many visitors."""
    if actor is None or not actor.assignments:
        return _public.first(pk=dossier_id)
    return visible_matters(actor).select_related(*_RULES_READ).filter(pk=dossier_id).first()


def find_many(dossier_ids: Collection[int], actor: Actor | None) -> dict[int, Instrument]:
    """The visible matters among these dossiers. One query."""
    return dict(visible_matters(actor).in_bulk(list(dossier_ids)))


def note(record: Instrument, event: str, *, at: datetime, data: dict[str, Any]) -> None:
    """A ledger entry for what stands in a table of its own."""
    receipt_event(event, _matter(record), at=at, data=data)


def may_convene(actor: Actor, record: Instrument) -> bool:
    """The convener; the office may stand in for them in what leaves the state unchanged."""
    return is_convener(actor, _matter(record)) or is_office(actor, _matter(record))


def record_event(
    record: Instrument,
    event: str,
    *,
    actor: Actor,
    at: datetime,
    text: str = "",
    data: Mapping[str, Any] | None = None,
    publication: Publication | None = None,
) -> Entry:
    """Write a line of the matter's history for something deliberation did; the state stays. Lock the matter first."""
    matter = _matter(record)
    state = SIX_STEPS.state(matter.state)
    role = "convener" if is_convener(actor, matter) else actor.role
    return write_entry(
        matter,
        Transition(event, (matter.state,), None, event, (), event),
        step=state.step.code,
        actor=as_capacity(actor, role, matter),
        at=at,
        text=text,
        data=data,
        publication=publication,
    )


MATTER_HOST = Host(
    kind="matter",
    find=find,
    title=lambda record: _matter(record).title,
    url=lambda record: reverse("matter_detail", args=[record.number]),
    work_url=lambda record: reverse("work_matter", args=[record.number]),
    minutes_url=lambda record: reverse("work_do", args=[record.number, "record_minutes"]),
    is_deliberating=lambda record: record.state == "deliberating",
    may_convene=may_convene,
    may_moderate=lambda actor, record: may_moderate(actor, _matter(record)),
    record_event=record_event,
    find_many=find_many,
    note=note,
)
