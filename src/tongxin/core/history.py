"""A record's history: one entry per act, with its ledger link; and the lock that lets one of two people win."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, cast

from django.conf import settings

from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.core.crypto import salted_digest
from tongxin.core.models import Entry, Instrument
from tongxin.core.numbering import NUMBER, UNNUMBERED, Series, next_number, numbering
from tongxin.core.prepared import Prepared
from tongxin.core.process import Publication, Transition
from tongxin.core.signals import entry_written
from tongxin.core.together import Write, insertion, mark_written, next_keys, write_last, write_together

Record = TypeVar("Record", bound=Instrument)

TYPED = frozenset({"place", "place_before", "reason", "refer_to", "referred_to", "what"})
"""Keys of an entry's data under which people's own words stand: nobody can promise that they name nobody."""


class Conflict(Exception):
    """Somebody else acted on the record since the form was opened; ``entries`` say who did what."""

    def __init__(self, record: Instrument, seen_version: int) -> None:
        self.record, self.seen_version = record, seen_version
        self.entries = list(
            Entry.objects.filter(dossier_id=record.pk, version__gt=seen_version).order_by("pk")[:20]
        )
        super().__init__(
            f"{record.number} is at version {record.version}, the form was made at {seen_version}"
        )


@cache
def _locked(model: type[Record]) -> Prepared[Record]:
    return Prepared(lambda pk: model._default_manager.select_for_update().filter(pk=pk), pk=int)


def lock(model: type[Record], pk: int, *, seen_version: int | None) -> Record:
    """Lock a record for this transaction. Raises :class:`Conflict` when it moved on since ``seen_version``.

    None means that the act doesn't depend on the state seen (a rating, a scheduled job).
    """
    record = _locked(model).first(pk=pk)
    if record is None:
        raise model.DoesNotExist
    if seen_version is not None and record.version != seen_version:
        raise Conflict(record, seen_version)
    return record


def for_ledger(data: Mapping[str, Any], salt: str) -> dict[str, Any]:
    """An entry's data as the ledger has it: of what people typed (:data:`TYPED`) only salted digests."""

    def said(words: Any) -> Any:
        return salted_digest(str(words), salt, settings.TONGXIN["digest"]) if words else words

    return {key: said(value) if key in TYPED else value for key, value in data.items()}


def write_entry(
    record: Instrument,
    transition: Transition,
    *,
    step: str,
    actor: Actor,
    at: datetime,
    text: str = "",
    data: Mapping[str, Any] | None = None,
    internal_note: str = "",
    publication: Publication | None = None,
    along: Sequence[Write] = (),
    series: Series | None = None,
    key: int | None = None,
) -> Entry:
    """Write one line of history and its ledger link. Call it last in an action: it takes the ledger's lock.

    ``along`` are other writes of the act. With a ``series`` the record takes its next number: ``along`` are then sent
    in the same statement as number and link, may read ``numbered.slug``, and ``record.number`` is known afterwards.
    That statement goes with the commit: ``ledger_seq`` and a new number are known then, or after any other query.
    ``key`` is the line's own, when the caller has one.

    ``text`` is what the publication level may read, already redacted; ``data`` goes into the ledger's body as it is,
    but for :data:`TYPED`. What people typed is there only as salted digests, so that it can be erased.
    """
    level = publication or transition.publication
    if record.publication == Publication.INTERNAL:
        level = Publication.INTERNAL
    if series:
        record.number = UNNUMBERED
    salt = secrets.token_hex(16)
    data = dict(data or {})
    body = {
        "number": record.number,
        "kind": record.kind,
        "state": record.state,
        "version": record.version,
        "step": step,
        "by": actor.role,
        "data": for_ledger(data, salt),
        "text": salted_digest(text, salt, settings.TONGXIN["digest"]),
        "due_on": record.due_on.isoformat() if record.due_on else None,
    }
    entry = Entry(
        dossier_id=record.pk,
        at=at,
        step=step,
        event=transition.event,
        version=record.version,
        actor_label=actor.label,
        actor_role=actor.role,
        user_id=actor.user_id,
        text=text,
        internal_note=internal_note,
        data=data,
        publication=level.value if isinstance(level, Publication) else level,
        ledger_seq=0,
        salt=salt,
    )
    late: list[Write] = list(along) if series else []
    entry.pk = key or _next_key([] if series else along)
    # Whoever is told is found out, and their notices are made, before anybody has to wait for the ledger.
    for _receiver, writes in entry_written.send(
        type(record), record=record, entry=entry, actor=actor, transition=transition
    ):
        late += cast(list[Write], writes) or []
    slug = None
    if series:
        known = (
            None if ledger.hashes_itself() else next_number(record.pk, series=series.letter, year=series.year)
        )
        late = numbering(record.pk, series, known=known) + late
        slug = known.slug if known else None
    late += ledger.links(
        transition.event,
        body=body,
        at=at,
        dossier_id=record.pk,
        is_public=level == Publication.PUBLIC,
        slug=slug,
    )
    late.append(insertion(entry, ledger_seq="(SELECT seq FROM link)"))

    def written(row: tuple[Any, ...]) -> None:
        entry.ledger_seq = row[0]
        if series:
            record.number = row[1]
        mark_written(entry)

    write_last(late, f"ledger_seq, {NUMBER}" if series else "ledger_seq", written)
    return entry


def _next_key(writes: Sequence[Write]) -> int:
    """The key of a line to be written, in one statement with writes that need no lock of all."""
    return int(write_together([*writes, Write(f"SELECT {next_keys(Entry)}", ())])[0][0])
