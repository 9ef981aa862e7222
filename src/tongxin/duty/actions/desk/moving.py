"""A conversation is closed, handed to another station, rated; its holder takes back their contact."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from tongxin.accounts.roles import Role
from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.core.contacts import erase_contact
from tongxin.core.models import Receipt
from tongxin.core.process import ArtefactMissing
from tongxin.core.together import write_together
from tongxin.directory.models import Workstation
from tongxin.duty.actions.desk.step import NotAllowed, acting_as, lock_thread, say_of_system, set_clock, take
from tongxin.duty.actions.desk.telling import notices_of_question, tell_office, tell_resident
from tongxin.duty.models import DeskThread
from tongxin.duty.process_desk import DESK
from tongxin.duty.selectors.desk import clock_for


@transaction.atomic
def close_thread(
    thread: DeskThread, *, actor: Actor, seen_version: int | None, at: datetime | None = None
) -> DeskThread:
    """Either side closes an answered conversation; who asked may also stop waiting. Writing opens it again.

    Raises :class:`NotAllowed`, ``StepNotReached`` (the desk can't close what it hasn't answered), ``Conflict``.
    """
    at = at or timezone.now()
    thread = lock_thread(thread, seen_version=seen_version)
    is_holder = actor.receipt_id is not None
    name = "take_back" if is_holder and thread.state == "waiting" else "close"
    acting = acting_as(actor, thread, name)
    set_clock(thread, None, at=thread.clock_from)
    take(thread, name, actor=acting, at=at)
    say_of_system(thread, "closed", acting.label, at=at)
    if not is_holder:
        cause = f"desk.closed:{thread.pk}:{thread.version}"
        tell_resident(thread, "desk.closed", cause, at=at, by=acting.user_id)
    return thread


@transaction.atomic
def transfer_thread(
    thread: DeskThread,
    *,
    actor: Actor,
    to: Workstation,
    reason: str,
    seen_version: int | None,
    at: datetime | None = None,
) -> DeskThread:
    """Hand a conversation to another station: the clock is worked out anew there, the old station loses sight of it.

    ``reason`` is for those who serve the desk and stays internal. Raises :class:`NotAllowed`, ``StepNotReached``,
    ``ArtefactMissing`` (no other station than the present one), ``Conflict``.
    """
    at = at or timezone.now()
    thread = lock_thread(thread, seen_version=seen_version)
    if to.pk == thread.station_id or not to.is_active:
        raise ArtefactMissing(DESK.transition("transfer"))
    acting = acting_as(actor, thread, "transfer")
    before = thread.station
    thread.station, thread.handler = to, None
    due = clock_for(to, at)
    set_clock(thread, due, at=at)
    data = {"from": before.code, "to": to.code, "due_at": due.at.isoformat()}
    take(thread, "transfer", actor=acting, at=at, artefact=to, data=data, internal_note=reason)
    line = say_of_system(thread, "transfer", to.name, at=at)
    write_together(notices_of_question(thread, due, line.pk, at=at, by=acting.user_id))
    tell_resident(thread, "desk.transferred", f"desk.transferred:{line.pk}", at=at, by=acting.user_id)
    return thread


@transaction.atomic
def rate_thread(
    thread: DeskThread,
    *,
    actor: Actor,
    solved: str,
    attitude: int,
    words: str = "",
    at: datetime | None = None,
) -> DeskThread:
    """Who asked rates the answer; the rating goes to the conference. Rated anew only after something new was said.

    "Not solved" is told to the office. Raises :class:`NotAllowed`, ``StepNotReached``, ``GuardFailed``.
    """
    at = at or timezone.now()
    thread = lock_thread(thread, seen_version=None)
    acting = acting_as(actor, thread, "rate")
    # The guard reads what was there before; the figures go into the history, the words only into the row.
    before = (thread.solved, thread.attitude, thread.rating_words)
    rating = {"solved": solved, "attitude": attitude}
    entry = take(thread, "rate", actor=acting, at=at, artefact=rating, data=rating)
    thread.solved, thread.attitude, thread.rating_words, thread.rated_at = solved, attitude, words, at
    thread.save(update_fields=["solved", "attitude", "rating_words", "rated_at"])
    if solved == "no" and before[0] != "no":
        tell_office(thread, "desk.unsolved", f"desk.unsolved:{entry.pk}", at=at)
    return thread


@transaction.atomic
def erase_own_contact(thread: DeskThread, *, actor: Actor) -> None:
    """Who asked takes back the consent to be reached: name and phone are erased, the conversation goes on."""
    if actor.role != Role.RAISER or actor.receipt_id != thread.receipt_id:
        raise NotAllowed("erase_contact")
    receipt = Receipt.objects.select_for_update().get(pk=thread.receipt_id)
    if receipt.contact_id is None:
        return
    contact_id = receipt.contact_id
    Receipt.objects.filter(contact_id=contact_id).update(contact=None)
    erase_contact(contact_id)
    ledger.append(
        "contact.erased",
        body={"number": thread.number, "data": {}},
        at=timezone.now(),
        dossier_id=thread.pk,
        is_public=False,
    )
