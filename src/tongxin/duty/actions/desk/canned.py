"""Ready answers: kept by the office for the district and by liaisons for their stations."""

from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from tongxin.accounts.roles import Role, Scope
from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.directory.models import Workstation
from tongxin.duty.actions.desk.step import NotAllowed
from tongxin.duty.models import CannedAnswer
from tongxin.duty.rules_desk import is_district_office
from tongxin.matters.models import Category


class CannedChanged(Exception):
    """Somebody else changed the answer since the form was opened; ``answer`` is how it reads now."""

    def __init__(self, answer: CannedAnswer) -> None:
        self.answer = answer
        super().__init__(f"canned answer {answer.pk} changed")


def mark_of(answer: CannedAnswer) -> str:
    """What a form carries to notice that somebody else was faster."""
    return sha256(
        f"{answer.title}\n{answer.text}\n{answer.is_active}\n{answer.category_id}".encode()
    ).hexdigest()[:16]


@transaction.atomic
def keep_canned(
    answer: CannedAnswer | None,
    *,
    actor: Actor,
    title: str,
    text: str,
    category: Category | None,
    station: Workstation | None,
    is_active: bool = True,
    seen: str = "",
) -> CannedAnswer:
    """Write a ready answer, or change one. A liaison keeps those of their own stations only.

    Raises :class:`NotAllowed` and :class:`CannedChanged`.
    """
    if answer is not None:
        answer = CannedAnswer.objects.select_for_update().get(pk=answer.pk)
        _check(actor, answer.station_id)
        if mark_of(answer) != seen:
            raise CannedChanged(answer)
    else:
        answer = CannedAnswer(station=station)
    _check(actor, answer.station_id)
    answer.title, answer.text, answer.category, answer.is_active = title, text, category, is_active
    answer.save()
    ledger.append(
        "desk.canned_kept",
        body={"answer": answer.pk, "station": answer.station_id, "active": is_active, "by": actor.role},
        at=timezone.now(),
        is_public=False,
    )
    return answer


def _check(actor: Actor, station_id: int | None) -> None:
    if is_district_office(actor):
        return
    if station_id is None or not actor.has(Role.LIAISON, Scope.STATION, station_id):
        raise NotAllowed("keep_canned")
