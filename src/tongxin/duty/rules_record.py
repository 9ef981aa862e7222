"""Who may read and write what of the duty diary. Each reads aloud as role & whose it is & how it is published."""

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.core.process import Publication
from tongxin.directory.models import Member
from tongxin.duty.models import DiaryEntry


class NotYours(Exception):
    """The actor may not do this; the page doesn't exist for them."""


def is_office(actor: Actor | None) -> bool:
    """The conference office of the district, which answers contests."""
    return actor is not None and actor.has(Role.OFFICE, Scope.DISTRICT)


def is_own(actor: Actor | None, member: Member) -> bool:
    """The actor is that member."""
    return (
        actor is not None
        and actor.user_id is not None
        and actor.has(Role.MEMBER)
        and member.user_id == actor.user_id
    )


def may_read_record(actor: Actor | None, member: Member) -> bool:
    """The yearly record, contests and scores: the member and the office, nobody else."""
    return is_office(actor) or is_own(actor, member)


def levels_for(actor: Actor | None, member: Member) -> tuple[str, ...]:
    """The publication levels of a member's entries that the actor may read."""
    if may_read_record(actor, member):
        return (Publication.INTERNAL.value, Publication.MEMBERS.value, Publication.PUBLIC.value)
    if actor is not None and (actor.has(Role.MEMBER) or actor.has(Role.OFFICE)):
        return (Publication.MEMBERS.value, Publication.PUBLIC.value)
    return (Publication.PUBLIC.value,)


def may_read_entry(actor: Actor | None, entry: DiaryEntry) -> bool:
    """By the entry's publication; one that was taken out is left to the member and the office."""
    member = entry.record.member
    if entry.withdrawn_at is not None or not member.is_active:
        return may_read_record(actor, member)
    return entry.publication in levels_for(actor, member)
