"""The member's own words: written, changed, published, withdrawn. What stood before stays in the history."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from tongxin.core.actor import Actor
from tongxin.core.attachments import keep_images
from tongxin.core.files import CleanImage
from tongxin.core.models import Attachment
from tongxin.core.process import Publication
from tongxin.core.receipts import claim
from tongxin.core.redaction import find_personal_data
from tongxin.directory.models import Member
from tongxin.duty.actions.record.deeds import records_of
from tongxin.duty.actions.record.history import write_line
from tongxin.duty.models import DiaryEntry
from tongxin.duty.rules_record import NotYours, is_own


class EntryMovedOn(Exception):
    """The entry was changed since the form was opened; ``entry`` is as it stands now."""

    def __init__(self, entry: DiaryEntry) -> None:
        self.entry = entry
        super().__init__(f"entry {entry.pk} is at version {entry.version}")


class EntryWithdrawn(Exception):
    """The entry was taken out."""


class OnlyOwnWords(Exception):
    """An entry that the work made is not withdrawn by the member; they can contest it."""


class NotConfirmed(Exception):
    """Likely personal data would go public, and nobody has confirmed it."""


@dataclass(frozen=True, slots=True)
class WordsGiven:
    """What a member writes. ``is_confirmed``: they saw the preview and said that what is marked may be public."""

    words: str
    publication: str = Publication.INTERNAL.value
    photos: Sequence[CleanImage] = field(default_factory=tuple)
    is_confirmed: bool = False


def _check_public(given: WordsGiven) -> None:
    if given.publication == Publication.PUBLIC and not given.is_confirmed and find_personal_data(given.words):
        raise NotConfirmed


def _keep_photos(entry: DiaryEntry, photos: Sequence[CleanImage]) -> None:
    if photos:
        # Who may read them is asked of the entry each time, so the files themselves stay internal.
        entry.photos.add(*keep_images(photos, dossier_id=entry.record_id, stage=Attachment.Stage.RAISED))


@transaction.atomic
def write_words(
    *, actor: Actor, member: Member, token: str, given: WordsGiven, at: datetime, now: datetime | None = None
) -> DiaryEntry:
    """Write an entry of one's own about ``at``. The same form sent again gives the entry it made.

    Raises :class:`NotYours` for anybody but the member, :class:`NotConfirmed` before the preview.
    """
    if not is_own(actor, member):
        raise NotYours
    _check_public(given)
    now = now or timezone.now()
    claim(token)
    key = f"own:{sha256(token.encode()).hexdigest()[:40]}"
    made = DiaryEntry.objects.filter(source_key=key).first()
    if made is not None:
        return made
    year = timezone.localdate(at).year
    record = records_of([(member.pk, year)])[member.pk, year]
    entry = DiaryEntry.objects.create(
        record=record,
        kind=DiaryEntry.Kind.OWN,
        source_key=key,
        at=at,
        words=given.words,
        publication=given.publication,
        written_at=now,
    )
    _keep_photos(entry, given.photos)
    write_line(
        record,
        "diary.written",
        actor=actor,
        at=now,
        text=given.words,
        data=_data(entry, photos=len(given.photos)),
        is_public=given.publication == Publication.PUBLIC,
    )
    return entry


def lock_entry(pk: int) -> DiaryEntry:
    """The entry's row, locked, with its record and member. Raises ``DiaryEntry.DoesNotExist``."""
    return (
        DiaryEntry.objects.select_for_update(of=("self",)).select_related("record__member__user").get(pk=pk)
    )


def _lock_own(pk: int, actor: Actor, seen_version: int) -> DiaryEntry:
    entry = lock_entry(pk)
    if not is_own(actor, entry.record.member):
        raise NotYours
    if entry.withdrawn_at is not None:
        raise EntryWithdrawn
    if entry.version != seen_version:
        raise EntryMovedOn(entry)
    return entry


@transaction.atomic
def change_entry(
    pk: int,
    *,
    actor: Actor,
    given: WordsGiven,
    seen_version: int,
    without_photos: Collection[int] = (),
    now: datetime | None = None,
) -> DiaryEntry:
    """Change one's own words, photos or who may read an entry; on entries the work made as well.

    Raises :class:`NotYours`, :class:`EntryWithdrawn`, :class:`EntryMovedOn` or :class:`NotConfirmed`.
    """
    _check_public(given)
    now = now or timezone.now()
    entry = _lock_own(pk, actor, seen_version)
    was_public = entry.publication == Publication.PUBLIC
    entry.words, entry.publication = given.words, given.publication
    entry.version += 1
    entry.save(update_fields=["words", "publication", "version"])
    entry.photos.remove(*without_photos)
    _keep_photos(entry, given.photos)
    write_line(
        entry.record,
        "diary.changed",
        actor=actor,
        at=now,
        version=entry.version,
        text=given.words,
        data=_data(entry, photos=len(given.photos), photos_out=len(without_photos)),
        is_public=was_public or given.publication == Publication.PUBLIC,
    )
    return entry


@transaction.atomic
def withdraw_words(pk: int, *, actor: Actor, seen_version: int, now: datetime | None = None) -> DiaryEntry:
    """Take one's own words out: nobody but oneself and the office sees them any more, photos included.

    Raises :class:`OnlyOwnWords` for an entry that the work made, else as :func:`change_entry`.
    """
    now = now or timezone.now()
    entry = _lock_own(pk, actor, seen_version)
    if entry.kind != DiaryEntry.Kind.OWN:
        raise OnlyOwnWords
    entry.withdrawn_at = now
    entry.version += 1
    entry.save(update_fields=["withdrawn_at", "version"])
    write_line(
        entry.record,
        "diary.withdrawn",
        actor=actor,
        at=now,
        version=entry.version,
        text=entry.words,
        data=_data(entry),
        is_public=entry.publication == Publication.PUBLIC,
    )
    return entry


def _data(entry: DiaryEntry, **more: int) -> dict[str, str | int]:
    return {"entry": entry.pk, "kind": entry.kind, "publication": entry.publication, **more}
