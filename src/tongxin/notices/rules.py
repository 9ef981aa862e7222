"""Who may look after messages: small predicates that read aloud."""

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor


def may_tend_messages(actor: Actor) -> bool:
    """The office answers for what people are told, the system administrator for the ways it takes."""
    return actor.has(Role.OFFICE) or actor.has(Role.SYSTEM_ADMIN)
