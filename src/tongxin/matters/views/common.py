"""What the public views share: who is asking, the matter of an address, the page of a conflict."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.core.history import Conflict
from tongxin.core.models import Receipt
from tongxin.matters.actions.raising import passer_by
from tongxin.matters.models import Matter
from tongxin.matters.presenters import entry_title, number_text, parse_number, who_text
from tongxin.matters.selectors import matter_by_number


def visitor(request: HttpRequest) -> Actor:
    """The signed-in person, or somebody without an account."""
    return request.user.as_actor() if request.user.is_authenticated else passer_by()


def holder(matter: Matter, receipt: Receipt) -> Actor:
    """The holder of a tracking code: the raiser of this matter, or somebody who joined it."""
    if receipt.pk == matter.receipt_id:
        return Actor(role=Role.RAISER, label="提事人", receipt_id=receipt.pk)
    return Actor(role=Role.PARTICIPANT, label="参与者", receipt_id=receipt.pk)


def public_matter(number: str) -> tuple[Matter, str]:
    """The public matter of an address and its canonical number; raises Http404 when there is none."""
    slug = parse_number(number)
    matter = matter_by_number(slug) if slug else None
    if matter is None:
        raise Http404
    return matter, matter.number


def conflict_page(
    request: HttpRequest, conflict: Conflict, kept: list[tuple[Any, str]], *, back: str
) -> HttpResponse:
    """Somebody else acted first: who did what, and what was typed."""
    return render(
        request,
        "409.html",
        {
            "record": conflict.record,
            "number": number_text(conflict.record.number),
            "entries": [
                {
                    "actor_label": who_text(entry.actor_label),
                    "at": entry.at,
                    "title": entry_title(entry),
                    "event": entry.event,
                }
                for entry in conflict.entries
            ],
            "kept": [(label, text) for label, text in kept if text],
            "back": back,
        },
        status=409,
    )
