"""Writes to the links between instruments."""

from tongxin.outcomes.models import Link


def link(*, source_id: int, target_id: int, kind: str) -> Link:
    """Link two dossiers once; asking again finds the same link."""
    made, _created = Link.objects.get_or_create(
        source_id=source_id, target_id=target_id, kind=Link.Kind(kind)
    )
    return made
