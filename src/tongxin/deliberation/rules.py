"""Who may do what in a deliberation, for any instrument."""

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.deliberation.models import ParticipantRole


def role_of(actor: Actor) -> str:
    """In which role somebody takes part: members as members, units as units, everybody else as a resident."""
    if actor.has(Role.MEMBER):
        return ParticipantRole.MEMBER
    if actor.has(Role.UNIT) or actor.has(Role.DECIDER):
        return ParticipantRole.UNIT
    if actor.has(Role.CONVENER):
        return ParticipantRole.CONVENER
    return ParticipantRole.RESIDENT


def moderator_label(actor: Actor) -> str:
    """Under which public name somebody moderates: an office, never a person."""
    return "政协办公室" if actor.has(Role.OFFICE) else "召集人"
