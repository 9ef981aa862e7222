"""A record's history: one entry per act, with its ledger link; and the lock that lets one of two people win."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from django.conf import settings

from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.core.crypto import salted_digest
from tongxin.core.models import Entry, Instrument
from tongxin.core.prepared import Prepared
from tongxin.core.process import Publication, Transition
from tongxin.core.signals import entry_written
from tongxin.core.together import Write, insertion, mark_written, write_together

Record = TypeVar("Record", bound=Instrument)


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
    head: tuple[int, str] | None = None,
) -> Entry:
    """Write one line of history and its ledger link. Call it last in an action: it takes the ledger's lock.

    ``along`` are other writes of the act, sent in the same statement; ``head`` the ledger's, when it is locked already.

    ``text`` is what the publication level may read, already redacted; ``data`` must be free of personal data: it goes
    into the ledger's body as it is, the texts only as salted digests.
    """
    level = publication or transition.publication
    if record.publication == Publication.INTERNAL:
        level = Publication.INTERNAL
    salt = secrets.token_hex(16)
    data = dict(data or {})
    body = {
        "number": record.number,
        "kind": record.kind,
        "state": record.state,
        "version": record.version,
        "step": step,
        "by": actor.role,
        "data": data,
        "text": salted_digest(text, salt, settings.TONGXIN["digest"]),
        "due_on": record.due_on.isoformat() if record.due_on else None,
    }
    seq, links = ledger.entry(
        transition.event,
        body=body,
        at=at,
        dossier_id=record.pk,
        is_public=level == Publication.PUBLIC,
        head=head,
    )
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
        ledger_seq=seq,
        salt=salt,
    )
    entry.pk = write_together([*along, *links, insertion(entry)], returning="id")
    mark_written(entry)
    entry_written.send(type(record), record=record, entry=entry, actor=actor, transition=transition)
    return entry
