"""Who may do what at the online desk: read aloud as role & scope & state."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.core.process import Guard
from tongxin.duty.models import DeskMessage, DeskThread
from tongxin.duty.process_desk import DESK

DESK_SIDES = (DeskMessage.Side.DESK.value, DeskMessage.Side.OFFICE.value)


def is_district_office(actor: Actor) -> bool:
    """The conference office reads and serves every desk."""
    return actor.has(Role.OFFICE, Scope.DISTRICT)


def may_open_desk(actor: Actor) -> bool:
    """Whether the staff page of the desk exists for somebody: members, liaisons, the office."""
    return actor.has(Role.MEMBER) or actor.has(Role.LIAISON, Scope.STATION) or is_district_office(actor)


def may_keep_canned(actor: Actor) -> bool:
    """Liaisons keep the ready answers of their stations, the office those of the district."""
    return actor.has(Role.LIAISON, Scope.STATION) or is_district_office(actor)


def may_read_ratings(actor: Actor) -> bool:
    """A rating goes to the conference, not through who is rated: its words are for the office alone."""
    return is_district_office(actor)


def capacity_at(actor: Actor, thread: DeskThread, member_stations: frozenset[int]) -> Role | None:
    """In which capacity somebody stands to a conversation; None: it doesn't exist for them.

    ``member_stations`` are the stations at which the actor is a member (posted, or on duty there now).
    """
    if actor.role == Role.SYSTEM:
        return Role.SYSTEM
    if actor.receipt_id is not None:
        return Role.RAISER if actor.receipt_id == thread.receipt_id else None
    places = {thread.station_id, thread.covered_by_id} - {None}
    if actor.has(Role.MEMBER) and places & member_stations:
        return Role.MEMBER
    if places & actor.scope_ids(Role.LIAISON, Scope.STATION):
        return Role.LIAISON
    if is_district_office(actor):
        return Role.OFFICE
    return None


def may_take(name: str, thread: DeskThread, role: Role | None) -> bool:
    """Whether somebody in that capacity may do this with the conversation where it is."""
    return role is not None and role in DESK.transition(name).roles and DESK.is_available(name, thread)


def _has_answer_to_rate(thread: Any) -> Any:
    if thread.answered_at is None:
        return _("还没有人答复，没有什么可评的。")
    if thread.rated_at is not None and thread.rated_at >= thread.last_at:
        return _("您已经评过了，谢谢。")
    return None


GUARDS: dict[str, Guard] = {"has_answer_to_rate": _has_answer_to_rate}
