"""Somebody writes to a station's desk: a conversation, its first message and a receipt."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from tongxin.accounts.roles import Role
from tongxin.core import receipts
from tongxin.core.actor import Actor
from tongxin.core.attachments import keep_images
from tongxin.core.contacts import ContactGiven, keep_contact
from tongxin.core.files import CleanImage
from tongxin.core.history import write_entry
from tongxin.core.models import Dossier
from tongxin.core.numbering import NUMBER, UNNUMBERED, Series
from tongxin.core.process import Publication, Transition
from tongxin.core.receipts import Issued, Opening
from tongxin.core.together import insertion, mark_written
from tongxin.directory.models import Workstation
from tongxin.duty.actions.desk.step import (
    RESIDENT_LABEL,
    message_digest,
    next_message_key,
    proof_of,
    set_clock,
)
from tongxin.duty.actions.desk.telling import notices_of_question
from tongxin.duty.models import DeskMessage, DeskThread
from tongxin.duty.process_desk import ASK, DESK
from tongxin.duty.selectors.desk import clock_for
from tongxin.matters.models import Category

SERIES = "D"
ASKED = Transition(
    "ask", (), DESK.initial, "提问", (Role.RESIDENT,), "desk.asked", publication=Publication.INTERNAL
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A conversation just begun, with what its holder is told once."""

    thread: DeskThread
    issued: Issued


def ask_desk(
    station: Workstation,
    *,
    actor: Actor,
    token: str,
    text: str,
    category: Category | None = None,
    contact: ContactGiven | None = None,
    photos: Sequence[CleanImage] = (),
    at: datetime | None = None,
) -> Asked:
    """Begin a conversation with a station's desk and issue its receipt. Anybody may.

    The same ``token`` sent again, also at the same moment, returns the same conversation. The answer clock is worked
    out from the roster at ``at``.
    """
    return receipts.once(
        token,
        lambda opening: _ask(
            opening,
            station,
            actor=actor,
            token=token,
            text=text,
            category=category,
            contact=contact,
            photos=photos,
            at=at or timezone.now(),
        ),
        lambda repeat: Asked(DeskThread.objects.get(receipt=repeat.receipt), repeat),
    )


def _ask(
    opening: Opening,
    station: Workstation,
    *,
    actor: Actor,
    token: str,
    text: str,
    category: Category | None,
    contact: ContactGiven | None,
    photos: Sequence[CleanImage],
    at: datetime,
) -> Asked:
    due = clock_for(station, at, opening.calendar)
    asker = Actor(role=Role.RESIDENT, label=RESIDENT_LABEL, user_id=actor.user_id)
    dossier = Dossier(pk=opening.dossier, kind="desk", created_at=at)
    issued = receipts.prepare(
        token,
        pk=opening.receipt,
        dossier_id=dossier.pk,
        role="desk",
        label=RESIDENT_LABEL,
        user_id=actor.user_id,
    )
    thread = DeskThread(
        dossier=dossier,
        kind="desk",
        state=DESK.initial,
        publication=Publication.INTERNAL.value,
        station=station,
        category=category,
        receipt=issued.receipt,
        last_at=at,
        last_side=DeskMessage.Side.RESIDENT.value,
        salt=secrets.token_hex(16),
        created_at=at,
        updated_at=at,
    )
    set_clock(thread, due, at=at)
    message = DeskMessage(
        pk=next_message_key(),
        thread_id=dossier.pk,
        side=DeskMessage.Side.RESIDENT.value,
        user_id=actor.user_id,
        by_label=RESIDENT_LABEL,
        text=text,
        at=at,
        token_digest=message_digest(token),
    )
    thread.resident_saw, thread.number = message.pk, UNNUMBERED
    with transaction.atomic():
        if contact:
            issued.receipt.contact = keep_contact(contact, at=at)
        attachments = keep_images(list(photos), dossier_id=dossier.pk, stage="raised") if photos else []
        along = [
            insertion(dossier),
            insertion(issued.receipt),
            insertion(thread, number=NUMBER),
            insertion(message),
            *notices_of_question(thread, due, message.pk, at=at, by=actor.user_id),
        ]
        data = {
            "station": station.code,
            "category": category.code if category else None,
            "due_at": due.at.isoformat(),
            **proof_of(thread, message),
        }
        write_entry(
            thread,
            ASKED,
            step=ASK.code,
            actor=asker,
            at=at,
            data=data,
            along=along,
            series=Series(SERIES, timezone.localtime(at).year),
            key=opening.entry,
        )
        mark_written(dossier, issued.receipt, thread, message)
        if attachments:
            message.photos.set(attachments)
    return Asked(thread, issued)
