"""What a deliberation leaves behind: consensus from the opinion map, and what becomes of each conclusion."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from tongxin.core.actor import Actor
from tongxin.core.history import lock
from tongxin.core.models import Instrument
from tongxin.deliberation.actions.conversations import NotConvener
from tongxin.deliberation.actions.meetings import lock_meeting
from tongxin.deliberation.drafting import digest_of
from tongxin.deliberation.hosts import Host, find_record
from tongxin.deliberation.models import Conversation, Meeting, ParticipantRole, View
from tongxin.deliberation.selectors.handover import map_statements


@transaction.atomic
def keep_map_consensus(dossier_id: int, *, at: datetime) -> list[int]:
    """Keep what all groups of the opinion map agree on as views that the decision must answer, each once.

    Returns the numbers of the statements kept now. The caller holds the record's lock and writes the history.
    """
    conversation = Conversation.objects.filter(dossier_id=dossier_id, opened_at__lte=at).first()
    if conversation is None:
        return []
    agreed, _divisive = map_statements(conversation)
    known = set(
        View.objects.filter(dossier_id=dossier_id, statement__isnull=False).values_list(
            "statement", flat=True
        )
    )
    fresh = [statement for statement in agreed if statement.pk not in known]
    View.objects.bulk_create(
        [
            View(
                dossier_id=dossier_id,
                kind=View.Kind.CONSENSUS,
                by_role=ParticipantRole.RESIDENT,
                text=statement.text,
                statement=statement,
            )
            for statement in fresh
        ]
    )
    return [statement.number for statement in fresh]


class DraftMovedOn(Exception):
    """Somebody else saved the draft since the page was opened. Nothing was saved now; ``text`` is theirs."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class MinutesRecorded(Exception):
    """The minutes are recorded: they can be amended, not drafted."""


class NoSuchRecord(Exception):
    """There is no public record with that number, or it is the record itself."""


@transaction.atomic
def save_draft(
    host: Host, record: Instrument, meeting: Meeting, *, actor: Actor, text: str, seen: str
) -> Meeting:
    """Keep the draft of the minutes. It is internal: no history and no ledger entry until it is recorded.

    ``seen`` is the digest of the draft that the page was made from. Raises :class:`DraftMovedOn`,
    :class:`MinutesRecorded`, ``NotConvener``.
    """
    meeting = lock_meeting(host, record, meeting, actor=actor, seen_version=None)
    if meeting.minutes_at is not None or meeting.cancelled_at is not None:
        raise MinutesRecorded
    if digest_of(meeting.minutes_draft) != seen and meeting.minutes_draft != text:
        raise DraftMovedOn(meeting.minutes_draft)
    meeting.minutes_draft = text
    meeting.save(update_fields=["minutes_draft"])
    return meeting


@transaction.atomic
def link_conclusion(
    host: Host, record: Instrument, view: View, *, actor: Actor, number: str, at: datetime | None = None
) -> View:
    """Say which record a conclusion became, by its number; an empty number takes the link back.

    Only to a record that everybody may see. Raises :class:`NoSuchRecord`, ``NotConvener``.
    """
    at = at or timezone.now()
    if not host.may_convene(actor, record) or view.dossier_id != record.pk:
        raise NotConvener
    found = find_record(number, None) if number else None
    if number and (found is None or found[1].pk == record.pk):
        raise NoSuchRecord
    lock(type(record), record.pk, seen_version=None)
    view.became_id = found[1].pk if found else None
    view.save(update_fields=["became"])
    host.note(
        record,
        "conclusion.linked",
        at=at,
        data={"view": view.pk, "became": found[1].number if found else ""},
    )
    return view
