"""What deliberation needs to know of the instruments it serves, without importing them.

An instrument registers one host in its ``AppConfig.ready``; statements, votes and meetings then work for it. A page
about a record that the reader may not see answers 404, whatever the address names.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from tongxin.core.actor import Actor
from tongxin.core.models import Dossier, Instrument, RecordNumber
from tongxin.core.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Host:
    """One kind of instrument. Each callable takes the record; ``actor`` is None for a visitor without an account."""

    kind: str
    find: Callable[[int, Actor | None], Instrument | None]
    """The record of a dossier id when the actor may see it, with what pages show of its own row. One query."""
    title: Callable[[Instrument], str]
    """The public title."""
    url: Callable[[Instrument], str]
    """The record's page."""
    work_url: Callable[[Instrument], str]
    """The record's page for those who work on it."""
    is_deliberating: Callable[[Instrument], bool]
    """Whether people may still put statements, vote and sign up."""
    may_convene: Callable[[Actor, Instrument], bool]
    """Whether the actor opens conversations, calls and chairs meetings, writes and confirms minutes."""
    may_moderate: Callable[[Actor, Instrument], bool]
    """Whether the actor may accept and remove statements and questions."""
    minutes_url: Callable[[Instrument], str]
    """Where the convener records and so confirms the minutes that were drafted."""
    record_event: Callable[..., Any]
    """Write a line of the record's history: ``(record, event, *, actor, at, text="", data=None, publication=None)``."""
    find_many: Callable[[Collection[int], Actor | None], Mapping[int, Instrument]]
    """Of these dossier ids, the records that the actor may see. One query, for lists."""
    note: Callable[..., None]
    """A ledger entry for what stands in its own table and needs no line in the history, heard by whom it concerns:
    ``(record, event, *, at, data)``."""


_numbered = Prepared(
    lambda slug: RecordNumber.objects.filter(slug=slug).values_list("dossier_id", "dossier__kind"), slug=str
)
_hosts: dict[str, Host] = {}


def register_host(host: Host) -> None:
    """Make deliberation available to a kind of instrument."""
    _hosts[host.kind] = host


def registered_hosts() -> Mapping[str, Host]:
    """All hosts by their dossier kind."""
    return _hosts


def find_record(number: str, actor: Actor | None) -> tuple[Host, Instrument] | None:
    """The record with this number, or an earlier one of it, when the actor may see it."""
    found = _numbered.rows(slug=number)
    return _record(*found[0], actor) if found else None


def record_of(dossier: Dossier, actor: Actor | None) -> tuple[Host, Instrument] | None:
    """The record of a dossier, when the actor may see it."""
    return _record(dossier.pk, dossier.kind, actor)


def _record(dossier_id: int, kind: str, actor: Actor | None) -> tuple[Host, Instrument] | None:
    host = _hosts.get(kind)
    record = host.find(dossier_id, actor) if host else None
    return (host, record) if host is not None and record is not None else None
