"""Who hears of what happens at the desk, in the transaction of its cause. No words of anybody travel in a notice."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from tongxin.accounts.roles import Role, Scope
from tongxin.core.together import Write
from tongxin.directory.models import Member
from tongxin.duty.desk_clock import AnswerDue
from tongxin.duty.models import DeskThread
from tongxin.notices.actions.outbox import (
    Addressee,
    Telling,
    notices_of,
    tell,
    to_receipt,
    to_role,
    to_user,
)
from tongxin.notices.models import Concern


def facts_of(thread: DeskThread) -> dict[str, Any]:
    """What a notice may say of a conversation: its number, its station and when an answer is due."""
    data: dict[str, Any] = {"number": thread.number, "station": thread.station.name}
    if thread.answer_due_at:
        due = timezone.localtime(thread.answer_due_at)
        data |= {"due_on": due.date().isoformat(), "due_time": f"{due:%H:%M}"}
    return data


def _liaison(thread: DeskThread) -> Addressee:
    return to_role(Role.LIAISON, Scope.STATION, thread.station_id)


def _office() -> Addressee:
    return to_role(Role.OFFICE, Scope.DISTRICT)


def notices_of_question(
    thread: DeskThread, due: AnswerDue, message_id: int, *, at: datetime, by: int | None
) -> list[Write]:
    """To the members on watch (or on the next one) and the liaison; with no watch, to the office. One query."""
    members = [watch.member_id for watch in due.watches]
    users = (
        Member.objects.filter(pk__in=members, user__isnull=False).values_list("user_id", flat=True)
        if members
        else []
    )
    people = [to_user(pk) for pk in users if pk is not None]
    people.append(_liaison(thread))
    if not due.watches:
        people.append(_office())
    return notices_of(
        [
            Telling(
                cause=f"desk.asked:{message_id}",
                template="desk.asked",
                to=people,
                concern=Concern.DUTY,
                data=facts_of(thread),
                dossier_id=thread.pk,
                at=at,
                by=by,
            )
        ]
    )


def tell_resident(
    thread: DeskThread, event: str, cause: str, *, at: datetime, by: int | None = None, **more: Any
) -> None:
    """Whoever asked hears of it: by the phone they left, and in their inbox if they were signed in."""
    tell(
        cause=cause,
        template=event,
        to=[to_receipt(thread.receipt_id)],
        concern=Concern.OWN,
        data={"number": thread.number, "station": thread.station.name} | more,
        dossier_id=thread.pk,
        at=at,
        by=by,
    )


def tell_office(
    thread: DeskThread, event: str, cause: str, *, at: datetime, and_liaison: bool = False
) -> int:
    """The office hears of it, and the station's liaison where it is theirs to do; how many notices were new."""
    return tell(
        cause=cause,
        template=event,
        to=[_office(), *([_liaison(thread)] if and_liaison else [])],
        concern=Concern.DUTY,
        data=facts_of(thread),
        dossier_id=thread.pk,
        at=at,
    )
