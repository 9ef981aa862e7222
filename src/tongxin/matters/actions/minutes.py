"""Minutes after they were recorded: a new version with its reason; the words before stay in the history."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from tongxin.core.actor import Actor
from tongxin.core.models import Entry
from tongxin.deliberation.models import Meeting
from tongxin.matters.actions.step import NotAllowed, lock_matter, take
from tongxin.matters.models import Matter


@transaction.atomic
def amend_minutes(
    matter: Matter,
    *,
    actor: Actor,
    meeting: Meeting,
    minutes: str,
    reason: str,
    seen_version: int | None,
    at: datetime | None = None,
) -> Meeting:
    """Put right what the minutes of a meeting say, with a reason everybody reads. The text has been previewed.

    Only recorded minutes can be amended, and only to say something else. The version before stays where it stands in
    the history; views and dissent stay as they were recorded, because the decision answers them.
    """
    matter = lock_matter(matter, seen_version=seen_version)
    # Read again under the matter's lock: two amendments at once must not both be the second version.
    meeting = Meeting.objects.get(pk=meeting.pk)
    if meeting.dossier_id != matter.pk or not meeting.minutes_at or meeting.minutes == minutes:
        raise NotAllowed("amend_minutes")
    earlier = Entry.objects.filter(
        dossier_id=matter.pk, event="minutes.amended", data__meeting=meeting.pk
    ).count()
    meeting.minutes = minutes
    meeting.save(update_fields=["minutes"])
    take(
        matter,
        "amend_minutes",
        actor=actor,
        at=at or timezone.now(),
        artefact=reason or None,
        text=minutes,
        data={"meeting": meeting.pk, "minutes_version": earlier + 2, "reason": reason},
    )
    return meeting
