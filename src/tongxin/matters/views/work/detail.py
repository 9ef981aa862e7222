"""One matter's staff page, its contact, its comments and its letters."""

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.core.actor import Actor
from tongxin.core.contacts import read_contact
from tongxin.core.documents import WRITERS, paper_response
from tongxin.core.redaction import mark
from tongxin.deliberation.selectors.handover import handover_of
from tongxin.deliberation.selectors.meetings import meetings_of_record
from tongxin.matters.actions.deliberating import remove_comment as remove
from tongxin.matters.artefacts import read_artefacts
from tongxin.matters.forms.work.acting import RemoveCommentForm
from tongxin.matters.forms.work.base import category_text
from tongxin.matters.hosting import may_convene
from tongxin.matters.models import Decision, Handling, Matter, MatterKind
from tongxin.matters.papers import handover_letter, reply_letter
from tongxin.matters.presenters import (
    due_text,
    expiry_text,
    number_text,
    rail_of,
    rating_summary,
    sentence_of,
    timeline_of,
)
from tongxin.matters.presenters.history import TimelineItem
from tongxin.matters.routing import similar_to, suggested_units_of
from tongxin.matters.rules import (
    is_decider,
    is_joint_unit,
    is_lead_unit,
    is_office,
    joint_unit_of,
    may_moderate,
    may_read_raiser,
)
from tongxin.matters.views.work.access import staff_only, work_matter
from tongxin.matters.views.work.lists import place_of
from tongxin.matters.views.work.table import offers
from tongxin.matters.work_selectors import (
    comment_of,
    comments_for_moderation,
    contact_of,
    handlings_of,
    latest_decision,
    merged_into,
    open_extension,
    open_objections,
    open_offers,
    questions_of,
    raised_photos,
)

TRIAGED = frozenset({"raised", "more_needed"})


def readable_timeline(matter: Matter, actor: Actor) -> list[TimelineItem]:
    """The timeline as far as the person may read it: questions to the raiser and their photos stay with the office."""
    if may_read_raiser(actor, matter):
        return timeline_of(matter, actor)
    found = read_artefacts(matter, actor)
    found = replace(found, photos=[photo for photo in found.photos if photo.publication == "public"])
    items = timeline_of(matter, actor, artefacts=found)
    return [item for item in items if not item.is_internal or item.event == "matter.decided"]


def _context(matter: Matter, actor: Actor) -> dict[str, Any]:
    may_read = may_read_raiser(actor, matter)
    context: dict[str, Any] = {
        "matter": matter,
        "number_text": number_text(matter.number),
        "place": place_of(matter),
        "category": category_text(matter.category),
        "sentence": sentence_of(matter),
        "due": due_text(matter),
        "at_expiry": expiry_text(matter),
        "rail": rail_of(matter),
        "rating_words": rating_summary(matter) if matter.rating_round else "",
        "offers": offers(actor, matter),
        "timeline": readable_timeline(matter, actor),
        "handlings": handlings_of(matter),
        "joint_part": joint_part(actor, matter),
        "has_opinions": has_opinions(matter),
        "meetings": meetings_of_record(matter.pk)
        if matter.kind == MatterKind.CONSULTATION and may_convene(actor, matter)
        else [],
        "may_keep_opinions": may_convene(actor, matter)
        and (has_opinions(matter) or matter.state == "deliberating"),
        "merged": merged_into(matter) if matter.merged_count else [],
        "may_read_raiser": may_read,
        "may_moderate": may_moderate(actor, matter),
        "may_read_letters": may_read_letters(actor, matter),
        "has_reply": may_read_letters(actor, matter) and reply_of(matter) is not None,
        "comments": comments_for_moderation(matter) if matter.comment_count else [],
        "objections": open_objections(matter) if matter.state == "published" else [],
        "help_offers": open_offers(matter) if matter.state in {"acting", "promised"} else [],
        "extension": open_extension(matter) if matter.state == "acting" else None,
        "handover": handover_of(matter.pk) if matter.state == "deciding" else None,
        "similar": [],
        "suggested": [],
    }
    if may_read:
        context["original"] = mark(matter.original_text)
        context["photos"] = raised_photos(matter)
        context["questions"] = questions_of(matter)
        context["has_contact"] = contact_of(matter) is not None
        if matter.state in TRIAGED:
            context["similar"] = similar_to(matter)
            context["suggested"] = suggested_units_of([matter], limit=3).get(matter.pk, [])
    return context


@require_safe
@staff_only
def work_detail(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Everything needed to act on one matter, on one screen."""
    matter = work_matter(number, actor)
    if matter.number != number:
        return redirect("work_matter", number=matter.number, permanent=False)
    return render(request, "matters/work/detail.html", _context(matter, actor))


@require_POST
@staff_only
def show_contact(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """The raiser's name and phone, for the office and the station's liaison; each look is recorded."""
    matter = work_matter(number, actor)
    if not may_read_raiser(actor, matter) or actor.user_id is None:
        raise Http404
    contact = contact_of(matter)
    context = _context(matter, actor)
    if contact is not None:
        name, phone = read_contact(contact, user_id=actor.user_id, dossier_id=matter.pk)
        context["contact"] = {
            "name": name,
            "phone": phone,
            "consent": contact.consent_text,
            "at": contact.consented_at,
        }
    return render(request, "matters/work/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def remove_comment(request: HttpRequest, actor: Actor, number: str, pk: int) -> HttpResponse:
    """Take a comment off the page, with a reason that stands in its place. For the office and the convener."""
    matter = work_matter(number, actor)
    comment = comment_of(matter, pk)
    if comment is None or not may_moderate(actor, matter):
        raise Http404
    if comment.removed_at is not None:
        messages.info(request, _("这条留言已经移除了。"))
        return redirect("work_matter", number=matter.number)
    form = RemoveCommentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        remove(comment, actor=actor, matter=matter, reason=form.cleaned_data["reason"])
        messages.success(request, _("留言已移除，理由已公开。"))
        return redirect("work_matter", number=matter.number)
    status = 422 if form.is_bound else 200
    context = {"matter": matter, "comment": comment, "form": form, "number_text": number_text(matter.number)}
    return render(request, "matters/work/remove_comment.html", context, status=status)


def has_opinions(matter: Matter) -> bool:
    """Whether opinions are or were collected on the matter; read along with its row."""
    return hasattr(matter.dossier, "conversation")


def joint_part(actor: Actor, matter: Matter) -> Handling | None:
    """The part of the actor's own unit when it isn't the lead one: what it is asked to contribute."""
    unit = joint_unit_of(actor, matter)
    return next((part for part in handlings_of(matter) if part.unit_id == unit), None) if unit else None


def may_read_letters(actor: Actor, matter: Matter) -> bool:
    """Letters are for the office, the station's liaison and the units they are from or to; once there is a unit."""
    return matter.publication == "public" and (
        is_office(actor, matter)
        or may_read_raiser(actor, matter)
        or is_lead_unit(actor, matter)
        or is_decider(actor, matter)
        or is_joint_unit(actor, matter)
    )


def reply_of(matter: Matter) -> Decision | None:
    """The decision that counts, once its wording is public."""
    decision = latest_decision(matter)
    return decision if decision and decision.public_reasons else None


@dataclass(frozen=True, slots=True)
class _Letter:
    """A letter that its reader may have: a reply with its decision, else a hand-over to the units."""

    matter: Matter
    decision: Decision | None
    handlings: list[Handling]
    is_reply: bool


def _letter(request: HttpRequest, actor: Actor, number: str) -> _Letter:
    matter = work_matter(number, actor)
    if not may_read_letters(actor, matter):
        raise Http404
    found = _Letter(matter, reply_of(matter), handlings_of(matter), request.GET.get("kind") == "reply")
    if not (found.decision if found.is_reply else found.handlings):
        raise Http404
    return found


@require_safe
@staff_only
def letter_file(request: HttpRequest, actor: Actor, number: str, extension: str) -> HttpResponse:
    """The same letter as Word or PDF, under the sender's head."""
    found = _letter(request, actor, number)
    if extension not in WRITERS:
        raise Http404
    if found.is_reply and found.decision is not None:
        paper, name = reply_letter(found.matter, found.decision), "答复"
    else:
        with override("zh-hans"):
            place = str(place_of(found.matter))
        paper, name = handover_letter(found.matter, found.handlings, place=place), "转办函"
    return paper_response(paper, extension, name=f"{name}-{found.matter.number}")


@require_safe
@staff_only
def letter(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """The hand-over letter (转办函), or with ``?kind=reply`` the unit's reply, to be printed."""
    found = _letter(request, actor, number)
    matter, decision, handlings = found.matter, found.decision, found.handlings
    with override("zh-hans"):  # a letter is in Chinese, whatever language the page around it is in
        letter_number = number_text(matter.number)
        result = str(decision.get_result_display()) if decision else ""
    context = {
        "matter": matter,
        "number_text": letter_number,
        "result": result,
        "place": place_of(matter),
        "decision": decision,
        "handlings": handlings,
        "lead": next((h.unit for h in handlings if h.role == "lead"), None),
        "joint": [h.unit for h in handlings if h.role != "lead"],
        "assigned_at": handlings[0].assigned_at if handlings else None,
        "kind": "reply" if found.is_reply else "handover",
        "lines": matter.text.splitlines(),
        "reasons": decision.public_reasons.splitlines() if decision else [],
    }
    return render(request, "matters/work/letter.html", context)
