"""Contests: a member says that an entry is wrong or missing, the office answers, and the answer takes effect."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.core.redaction import find_personal_data
from tongxin.directory.models import Member
from tongxin.duty.actions.record.deeds import records_of
from tongxin.duty.actions.record.history import write_line
from tongxin.duty.actions.record.words import EntryWithdrawn, NotConfirmed, lock_entry
from tongxin.duty.models import Contest, DiaryEntry, DutyRecord
from tongxin.duty.rules_record import NotYours, is_office, is_own
from tongxin.notices.actions.outbox import Addressee, tell, to_role, to_user
from tongxin.notices.models import Concern

OFFICE_LABEL = "政协办公室"


class ContestSettled(Exception):
    """The contest was answered or withdrawn before; ``contest`` is as it stands now."""

    def __init__(self, contest: Contest) -> None:
        self.contest = contest
        super().__init__(f"contest {contest.pk} is {contest.state}")


class AlreadyContested(Exception):
    """The entry has an open contest; ``contest`` is it."""

    def __init__(self, contest: Contest) -> None:
        self.contest = contest
        super().__init__(f"contest {contest.pk} is open")


class OwnWordsNotContested(Exception):
    """One's own words are changed or withdrawn, not contested."""


class OtherYear(Exception):
    """A correction would move the entry to another year's record."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What an upheld contest does: take the entry out, or say when and what it was.

    ``what`` is a short sentence in place of the one made by the work; empty leaves that. For a missing entry it is
    needed, and ``kind`` too.
    """

    is_taken_out: bool = False
    at: datetime | None = None
    ends_at: datetime | None = None
    what: str = ""
    kind: str = ""


def _tell(
    contest: Contest, template: str, to: list[Addressee], concern: Concern, *, at: datetime, by: Actor
) -> None:
    tell(
        cause=f"contest:{contest.pk}:{contest.state}",
        template=template,
        to=to,
        concern=concern,
        data={"contest": contest.pk},
        dossier_id=contest.record_id,
        at=at,
        by=by.user_id,
    )


def _opened(contest: Contest, *, actor: Actor, at: datetime) -> Contest:
    _tell(contest, "diary.contested", [to_role(Role.OFFICE)], Concern.DUTY, at=at, by=actor)
    write_line(
        contest.record,
        "diary.contested",
        actor=actor,
        at=at,
        text=contest.reason,
        data={"contest": contest.pk, "entry": contest.entry_id},
    )
    return contest


@transaction.atomic
def contest_entry(pk: int, *, actor: Actor, reason: str, now: datetime | None = None) -> Contest:
    """Say that an entry is wrong. The office is told.

    Raises :class:`NotYours`, :class:`EntryWithdrawn`, :class:`OwnWordsNotContested` or :class:`AlreadyContested`.
    """
    now = now or timezone.now()
    entry = lock_entry(pk)
    if not is_own(actor, entry.record.member):
        raise NotYours
    if entry.kind == DiaryEntry.Kind.OWN:
        raise OwnWordsNotContested
    if entry.withdrawn_at is not None:
        raise EntryWithdrawn
    is_open = entry.contests.filter(state=Contest.State.OPEN).select_related("record").first()
    if is_open is not None:
        raise AlreadyContested(is_open)
    contest = Contest.objects.create(record=entry.record, entry=entry, reason=reason, at=now)
    return _opened(contest, actor=actor, at=now)


@transaction.atomic
def contest_missing(
    *, actor: Actor, member: Member, day: date, reason: str, now: datetime | None = None
) -> Contest:
    """Say that an entry of that day is missing. The office is told; the same said twice while it is open is one."""
    if not is_own(actor, member):
        raise NotYours
    now = now or timezone.now()
    made = records_of([(member.pk, day.year)])[member.pk, day.year]
    # Not the key: entries may be noted meanwhile by somebody who holds the ledger, which is wanted here below.
    record = DutyRecord.objects.select_for_update(no_key=True).get(pk=made.pk)
    same = Contest.objects.filter(
        record=record, entry=None, day=day, reason=reason, state=Contest.State.OPEN
    ).first()
    if same is not None:
        return same
    contest = Contest.objects.create(record=record, day=day, reason=reason, at=now)
    return _opened(contest, actor=actor, at=now)


def _lock_open(pk: int) -> Contest:
    """The contest, locked; the entry first, as everybody who changes one does."""
    entry_id = Contest.objects.values_list("entry_id", flat=True).get(pk=pk)
    if entry_id is not None:
        lock_entry(entry_id)
    contest = (
        Contest.objects.select_for_update(of=("self",)).select_related("record__member", "entry").get(pk=pk)
    )
    if contest.state != Contest.State.OPEN:
        raise ContestSettled(contest)
    return contest


@transaction.atomic
def withdraw_contest(pk: int, *, actor: Actor, now: datetime | None = None) -> Contest:
    """The member takes a contest back. Raises :class:`NotYours` or :class:`ContestSettled`."""
    now = now or timezone.now()
    contest = _lock_open(pk)
    if not is_own(actor, contest.record.member):
        raise NotYours
    contest.state, contest.answered_at = Contest.State.WITHDRAWN, now
    contest.save(update_fields=["state", "answered_at"])
    _tell(contest, "diary.contest_withdrawn", [to_role(Role.OFFICE)], Concern.DUTY, at=now, by=actor)
    _settled(contest, "diary.contest_withdrawn", actor=actor, at=now)
    return contest


@transaction.atomic
def refuse_contest(pk: int, *, actor: Actor, answer: str, now: datetime | None = None) -> Contest:
    """The office leaves things as they are and says why. Raises :class:`NotYours` or :class:`ContestSettled`."""
    return _answer(pk, Contest.State.REFUSED, actor=actor, answer=answer, correction=None, now=now)


@transaction.atomic
def uphold_contest(
    pk: int, *, actor: Actor, answer: str, correction: Correction, now: datetime | None = None
) -> Contest:
    """The office agrees: the entry is taken out, corrected or added, in the same transaction.

    Raises :class:`NotYours`, :class:`ContestSettled`, :class:`OtherYear`, and :class:`NotConfirmed` when the words of
    the correction hold likely personal data (a member may publish the entry).
    """
    return _answer(pk, Contest.State.UPHELD, actor=actor, answer=answer, correction=correction, now=now)


def _answer(
    pk: int, state: str, *, actor: Actor, answer: str, correction: Correction | None, now: datetime | None
) -> Contest:
    if not is_office(actor):
        raise NotYours
    now = now or timezone.now()
    contest = _lock_open(pk)
    if correction is not None:
        contest.entry = _put_right(contest, correction, actor=actor, now=now)
    contest.state, contest.answer = state, answer
    contest.answered_at, contest.answered_by_label = now, OFFICE_LABEL
    contest.save(update_fields=["state", "answer", "answered_at", "answered_by_label", "entry"])
    user_id = contest.record.member.user_id
    if user_id is not None:
        _tell(contest, "diary.contest_answered", [to_user(user_id)], Concern.OWN, at=now, by=actor)
    _settled(contest, "diary.contest_answered", actor=actor, at=now)
    return contest


def _settled(contest: Contest, event: str, *, actor: Actor, at: datetime) -> None:
    write_line(
        contest.record,
        event,
        actor=actor,
        at=at,
        text=contest.answer,
        data={"contest": contest.pk, "entry": contest.entry_id, "state": str(contest.state)},
    )


def _put_right(contest: Contest, correction: Correction, *, actor: Actor, now: datetime) -> DiaryEntry:
    if find_personal_data(correction.what):
        raise NotConfirmed
    at = correction.at
    if at is not None and timezone.localdate(at).year != contest.record.year:
        raise OtherYear
    entry = contest.entry
    if entry is None:
        if at is None or not correction.kind:
            raise ValueError("a missing entry needs its time and kind")
        return DiaryEntry.objects.create(
            record=contest.record,
            kind=DiaryEntry.Kind(correction.kind),
            source_key=f"contest:{contest.pk}",
            data={"what": correction.what, "added": True},
            at=at,
            ends_at=correction.ends_at,
            written_at=now,
        )
    before = {"at": entry.at.isoformat(), "ends_at": entry.ends_at.isoformat() if entry.ends_at else None}
    event = "diary.taken_out" if correction.is_taken_out else "diary.corrected"
    if correction.is_taken_out:
        entry.withdrawn_at = now
    else:
        entry.at, entry.ends_at = at or entry.at, correction.ends_at
        entry.data = {**entry.data, "corrected": True}
        if correction.what:
            entry.data["what"] = correction.what
    entry.version += 1
    entry.save(update_fields=["at", "ends_at", "data", "withdrawn_at", "version"])
    write_line(
        contest.record,
        event,
        actor=actor,
        at=now,
        version=entry.version,
        text=correction.what,
        data={"entry": entry.pk, "contest": contest.pk, "was": before},
    )
    return entry
