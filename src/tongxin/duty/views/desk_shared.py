"""What the pages of both sides of a conversation have in common."""

from datetime import datetime
from typing import Any, Literal

from django.conf import settings

from tongxin.core.records import number_text
from tongxin.duty.actions import desk as acts
from tongxin.duty.desk_words import TONES, category_name, due_chip, lines_of
from tongxin.duty.forms_desk import SayForm
from tongxin.duty.models import DeskMessage, DeskThread
from tongxin.duty.process_desk import DESK
from tongxin.duty.selectors import desk as reads

Side = Literal["resident", "desk"]


def whole_number(text: str | None) -> int:
    """A message's key out of an address; 0 for anything else."""
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def news_for(thread: DeskThread, after: int, side: Side) -> dict[str, Any]:
    """Lines newer than one, for the page's script to put in place; from now on they are seen."""
    found = reads.messages_after(thread.pk, after)
    last = found[-1].pk if found else after
    _saw(thread, side, last)
    return {"lines": lines_of(found, side), "last": last, "is_piece": True}


def lines_for(thread: DeskThread, before: int | None, side: Side) -> dict[str, Any]:
    """The newest lines, from now on seen, or the page of lines before one."""
    found, has_older = reads.newest_messages(thread.pk, before)
    last = found[-1].pk if found else 0
    if before is None:
        _saw(thread, side, last)
    return {
        "lines": lines_of(found, side),
        "last": last,
        "older": found[0].pk if found and has_older else 0,
        "is_old": before is not None,
    }


def _saw(thread: DeskThread, side: Side, last: int) -> None:
    seen = thread.resident_saw if side == "resident" else thread.desk_saw
    if last > seen:
        acts.mark_seen(thread, side=DeskMessage.Side(side), up_to=last)


def thread_context(thread: DeskThread, form: SayForm, now: datetime) -> dict[str, Any]:
    """What both sides are shown of a conversation, and the box to write in."""
    return {
        "thread": thread,
        "number": number_text(thread.number),
        "state": DESK.state(thread.state),
        "tone": TONES[thread.state],
        "due": due_chip(thread, now),
        "category": category_name(thread.category),
        "form": form,
        "kept": form.kept_photos(),
        "photo_limit": settings.TONGXIN["photo_limit"],
    }
