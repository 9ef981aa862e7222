"""A conversation grows into a matter: one act, the resident's own words, photos and contact, the same clocks as any."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from tongxin.core import receipts
from tongxin.core.actor import Actor
from tongxin.core.attachments import path_of
from tongxin.core.files import CleanImage
from tongxin.core.models import Receipt
from tongxin.core.receipts import Issued
from tongxin.directory.models import Area
from tongxin.duty.actions.desk.step import acting_as, lock_thread, say_of_system, set_clock, take
from tongxin.duty.actions.desk.telling import tell_resident
from tongxin.duty.models import DeskThread
from tongxin.duty.selectors.desk import photos_of_resident, words_of_resident
from tongxin.matters.actions.raising import Raised, raise_matter
from tongxin.matters.models import Category, Source


def _token(thread_id: int) -> str:
    """The token of a conversation's matter: the same every time, so that it is raised once and its code can be shown
    again to the holder of the conversation's receipt.
    """
    return salted_hmac("tongxin.desk.converted", str(thread_id), algorithm="sha256").hexdigest()


@transaction.atomic
def convert_thread(
    thread: DeskThread,
    *,
    actor: Actor,
    title: str,
    area: Area,
    category: Category | None,
    place: str = "",
    seen_version: int | None,
    at: datetime | None = None,
) -> Raised:
    """Turn a conversation into a matter. All the resident wrote is the matter's original text; their photos and the
    contact they agreed to come along; they are its raiser and hold its receipt.

    Done twice it is done once. Raises :class:`NotAllowed`, ``StepNotReached``, ``Conflict``.
    """
    at = at or timezone.now()
    thread = lock_thread(thread, seen_version=seen_version)
    acting = acting_as(actor, thread, "convert")
    raised = raise_matter(
        actor=acting,
        token=_token(thread.pk),
        text=words_of_resident(thread.pk),
        area=area,
        title=title,
        place=place,
        category=category,
        station=thread.station,
        source=Source.DESK,
        photos=[
            CleanImage(
                data=path_of(photo.digest).read_bytes(),
                media_type=photo.media_type,
                width=photo.width or 0,
                height=photo.height or 0,
            )
            for photo in photos_of_resident(thread.pk)
        ],
        at=at,
    )
    # The contact stays what was agreed to once: taking it back on either page erases it for both.
    Receipt.objects.filter(pk=raised.issued.receipt.pk).update(
        contact_id=thread.receipt.contact_id, user_id=thread.receipt.user_id
    )
    thread.became_id = raised.matter.pk
    set_clock(thread, None, at=thread.clock_from)
    data = {"matter": raised.matter.number}
    take(thread, "convert", actor=acting, at=at, artefact=raised.matter, data=data)
    say_of_system(thread, "converted", raised.matter.number, at=at)
    tell_resident(
        thread,
        "desk.converted",
        f"desk.converted:{thread.pk}",
        at=at,
        by=acting.user_id,
        matter=raised.matter.number,
    )
    return raised


def matter_receipt(thread: DeskThread) -> Issued | None:
    """The receipt and tracking code of the matter a conversation became, for its holder; None before. Two queries."""
    return receipts.find_repeat(_token(thread.pk)) if thread.became_id else None
