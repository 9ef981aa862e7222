"""Step 2, deliberate (协商议事): comments, meetings with their minutes, and handing the views on."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from tongxin.accounts.roles import Role
from tongxin.core import receipts
from tongxin.core.actor import Actor
from tongxin.core.contacts import ContactGiven, keep_contact
from tongxin.core.receipts import Issued
from tongxin.core.redaction import find_personal_data, redact
from tongxin.deliberation.actions.meetings import convene, is_over
from tongxin.deliberation.actions.minutes import keep_map_consensus
from tongxin.deliberation.actions.seats import SeatsClosed
from tongxin.deliberation.actions.seats import sign_up as take_seat
from tongxin.deliberation.models import Attendance, Comment, Meeting, ParticipantRole, SignUp, View
from tongxin.directory.models import Unit
from tongxin.matters.actions.raising import RESIDENT_LABEL, receipt_event
from tongxin.matters.actions.step import NotAllowed, lock_matter, take
from tongxin.matters.hosting import MATTER_HOST
from tongxin.matters.models import Matter
from tongxin.matters.rules import may_discuss, may_moderate


class MeetingNotHeld(Exception):
    """Minutes can only be recorded once the meeting has begun."""


@transaction.atomic
def add_comment(
    matter: Matter,
    *,
    actor: Actor,
    token: str,
    text: str,
    stance: str,
    contact: ContactGiven | None = None,
    at: datetime | None = None,
) -> tuple[Comment, Issued]:
    """Say something about a public matter. Likely personal data is masked before it is kept for the public."""
    at = at or timezone.now()
    receipts.claim(token)
    repeat = receipts.find_repeat(token)
    if repeat is not None:
        return Comment.objects.get(receipt=repeat.receipt), repeat
    matter = lock_matter(matter, seen_version=None)
    if not may_discuss(matter):
        raise NotAllowed("comment")
    role, label = speaks_as(actor)
    kept = keep_contact(contact, at=at) if contact else None
    issued = receipts.issue(
        token,
        dossier_id=matter.pk,
        role="comment",
        label=label,
        user_id=actor.user_id,
        contact_id=kept.pk if kept else None,
    )
    comment = Comment.objects.create(
        dossier_id=matter.pk,
        receipt=issued.receipt,
        author_role=role,
        author_label=label,
        stance=stance,
        text=redact(text, find_personal_data(text)),
        at=at,
        salt=secrets.token_hex(16),
    )
    matter.comment_count += 1
    matter.save(update_fields=["comment_count"])
    receipt_event(
        "comment.added", matter, at=at, data={"comment": comment.pk, "stance": stance, "role": role}
    )
    return comment, issued


def speaks_as(actor: Actor) -> tuple[str, str]:
    """In which role and under which public name somebody speaks: members by name, residents as residents."""
    if actor.has(Role.MEMBER):
        return ParticipantRole.MEMBER, actor.label
    if actor.has(Role.UNIT) or actor.has(Role.DECIDER):
        return ParticipantRole.UNIT, actor.label
    return ParticipantRole.RESIDENT, RESIDENT_LABEL


@transaction.atomic
def remove_comment(comment: Comment, *, actor: Actor, matter: Matter, reason: str) -> Comment:
    """Take a comment off the page, visibly: who did it and why stand in its place."""
    if not may_moderate(actor, matter) or comment.dossier_id != matter.pk:
        raise NotAllowed("remove_comment")
    comment = Comment.objects.select_for_update().get(pk=comment.pk)
    if comment.removed_at is None:
        comment.removed_at = timezone.now()
        comment.removed_by_label = "政协办公室" if actor.has(Role.OFFICE) else "召集人"
        comment.removed_reason = reason
        comment.save(update_fields=["removed_at", "removed_by_label", "removed_reason"])
        receipt_event("comment.removed", matter, at=comment.removed_at, data={"comment": comment.pk})
    return comment


@transaction.atomic
def call_meeting(
    matter: Matter,
    *,
    actor: Actor,
    starts_at: datetime,
    place: str,
    agenda: str,
    kind: str = Meeting.Kind.CONSULTATION,
    capacity: int = 30,
    short_notice_reason: str = "",
    seen_version: int | None,
    at: datetime | None = None,
) -> Meeting:
    """Call a meeting with its agenda, one point a line. Rule: notice 5 working days before, or a reason that is shown."""
    matter = lock_matter(matter, seen_version=seen_version)
    at = at or timezone.now()
    meeting = convene(
        matter.pk,
        starts_at=starts_at,
        place=place,
        agenda=agenda,
        kind=kind,
        capacity=capacity,
        short_notice_reason=short_notice_reason,
        at=at,
    )
    take(
        matter,
        "call_meeting",
        actor=actor,
        at=at,
        artefact=meeting,
        text=meeting.agenda,
        data={
            "meeting": meeting.pk,
            "starts_at": starts_at.isoformat(),
            "place": place,
            "meeting_kind": meeting.kind,
        },
    )
    return meeting


@transaction.atomic
def cancel_meeting(
    matter: Matter, *, actor: Actor, meeting: Meeting, reason: str, seen_version: int | None
) -> Meeting:
    """Cancel a meeting that was called, with a reason everybody can read."""
    matter = lock_matter(matter, seen_version=seen_version)
    # The meeting before the ledger, as whoever signs up does it.
    meeting = Meeting.objects.select_for_update().get(pk=meeting.pk)
    if meeting.dossier_id != matter.pk or is_over(meeting):
        raise NotAllowed("cancel_meeting")
    take(
        matter,
        "cancel_meeting",
        actor=actor,
        artefact=reason or None,
        text=reason,
        data={"meeting": meeting.pk},
    )
    meeting.cancelled_at, meeting.cancelled_reason = timezone.now(), reason
    meeting.version += 1
    meeting.save(update_fields=["cancelled_at", "cancelled_reason", "version"])
    return meeting


def sign_up(
    meeting: Meeting,
    *,
    matter: Matter,
    actor: Actor,
    token: str,
    contact: ContactGiven | None = None,
    at: datetime | None = None,
) -> tuple[SignUp, Issued]:
    """Ask for a seat at a meeting on a matter; past its capacity a resident waits in order."""
    try:
        taken = take_seat(MATTER_HOST, matter, meeting, actor=actor, token=token, contact=contact, at=at)
    except SeatsClosed:
        raise NotAllowed("sign_up") from None
    return taken.seat, taken.issued


@dataclass(frozen=True, slots=True)
class ViewGiven:
    """A view for the minutes: its kind (consensus, suggestion, dissent), in which role it was said, and the words.

    ``item_id`` is the point of the meeting's agenda it belongs to, when there is one.
    """

    kind: str
    by_role: str
    text: str
    item_id: int | None = None


@transaction.atomic
def record_minutes(
    matter: Matter,
    *,
    actor: Actor,
    meeting: Meeting,
    minutes: str,
    attendance: Mapping[str, tuple[int, str]],
    views: Sequence[ViewGiven],
    seen_version: int | None,
    at: datetime | None = None,
) -> Meeting:
    """Record who took part in which role, what was said, agreed and held against it. The text has been previewed.

    ``attendance`` maps a role to its count and the public names of members and units. Rule: minutes within 5 working
    days of the meeting; late ones are taken and shown as late.
    """
    matter = lock_matter(matter, seen_version=seen_version)
    at = at or timezone.now()
    if meeting.dossier_id != matter.pk or meeting.cancelled_at or meeting.minutes_at:
        raise NotAllowed("record_minutes")
    if meeting.starts_at > at:
        raise MeetingNotHeld
    meeting.minutes, meeting.minutes_at = minutes, at
    points = set(meeting.items.values_list("pk", flat=True)) if any(v.item_id for v in views) else set()
    Attendance.objects.bulk_create(
        [
            Attendance(meeting=meeting, role=role, count=count, names=names)
            for role, (count, names) in attendance.items()
            if count
        ]
    )
    View.objects.bulk_create(
        [
            View(
                dossier_id=matter.pk,
                meeting=meeting,
                kind=v.kind,
                by_role=v.by_role,
                text=v.text,
                item_id=v.item_id if v.item_id in points else None,
            )
            for v in views
        ]
    )
    entry = take(
        matter,
        "record_minutes",
        actor=actor,
        at=at,
        artefact=minutes or None,
        text=minutes,
        data={
            "meeting": meeting.pk,
            "attendance": {role: count for role, (count, _names) in attendance.items()},
        },
    )
    # Only the convener can take this step: recording is confirming.
    meeting.confirmed_at, meeting.confirmed_by_label, meeting.minutes_draft = at, entry.actor_label, ""
    meeting.save(
        update_fields=["minutes", "minutes_at", "confirmed_at", "confirmed_by_label", "minutes_draft"]
    )
    return meeting


@transaction.atomic
def conclude_deliberation(
    matter: Matter,
    *,
    actor: Actor,
    decider: Unit,
    note: str = "",
    workdays: int | None = None,
    seen_version: int | None,
    at: datetime | None = None,
) -> Matter:
    """End the deliberation and hand minutes and views to the deciding body, with what all agree on in the opinion map."""
    matter = lock_matter(matter, seen_version=seen_version)
    at = at or timezone.now()
    matter.decider = decider
    agreed = keep_map_consensus(matter.pk, at=at)
    take(
        matter,
        "conclude",
        actor=actor,
        at=at,
        artefact=decider,
        text=note,
        data={"decider": decider.name} | ({"statements_agreed": agreed} if agreed else {}),
        days=workdays,
    )
    return matter
