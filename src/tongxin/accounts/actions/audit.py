"""What the audit administrator's own acts leave behind."""

from tongxin.core.actor import Actor
from tongxin.core.models import AccessLog


def note_export(*, actor: Actor, kind: str) -> None:
    """Note who took an audit list away."""
    AccessLog.objects.create(user_id=actor.user_id, action="audit.exported", detail=kind)
