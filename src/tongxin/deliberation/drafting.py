"""Minutes drafted from what the meeting left: its agenda with the notes, who spoke in which role, and the votes."""

import hashlib
from collections.abc import Sequence

from django.utils.translation import override

from tongxin.deliberation.models import AgendaItem, Meeting, ParticipantRole, RoomVote, Turn
from tongxin.deliberation.papers import ORDINALS


def digest_of(text: str) -> str:
    """What a page carries to show which draft it was made from."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def draft_of(meeting: Meeting) -> str:
    """The draft in Chinese, point by point. Residents appear by role and seat number. Three queries."""
    items = list(meeting.items.all())
    spoke = list(
        meeting.turns.filter(started_at__isnull=False, withdrawn_at=None)
        .select_related("sign_up")
        .order_by("started_at")
    )
    votes = list(meeting.room_votes.filter(closed_at__isnull=False))
    with override("zh-hans"):
        parts = [_item(index, item, spoke, votes) for index, item in enumerate(items)]
        if not items and meeting.agenda:
            parts.append(f"议程：\n{meeting.agenda}")
        loose = _happened(None, spoke, votes)
        if loose:
            parts.append("其他：\n" + "\n".join(loose))
    return "\n\n".join(parts)


def _item(index: int, item: AgendaItem, spoke: Sequence[Turn], votes: Sequence[RoomVote]) -> str:
    ordinal = ORDINALS[index] if index < len(ORDINALS) else str(index + 1)
    lines = [f"{ordinal}、{item.title}" + (f"（{item.presenter}介绍）" if item.presenter else "")]
    if item.notes:
        lines.append(item.notes)
    return "\n".join([*lines, *_happened(item.pk, spoke, votes)])


def _happened(item_id: int | None, spoke: Sequence[Turn], votes: Sequence[RoomVote]) -> list[str]:
    names = list(dict.fromkeys(_speaker(turn) for turn in spoke if turn.item_id == item_id))
    lines = [f"发言：{'、'.join(names)}。"] if names else []
    for vote in votes:
        total = vote.result.get("total")
        if vote.item_id == item_id and isinstance(total, list) and len(total) == 3:
            withheld = vote.result.get("withheld")
            besides = f"（手机上另有{withheld}人表态，人数太少，不公布）" if withheld else ""
            lines.append(f"表决“{vote.text}”：赞成{total[0]}，不赞成{total[1]}，说不准{total[2]}{besides}。")
    return lines


def _speaker(turn: Turn) -> str:
    role = str(ParticipantRole(turn.role).label)
    if turn.role == ParticipantRole.RESIDENT or not turn.label:
        seat = turn.sign_up.seat_number if turn.sign_up else None
        return f"{role}（{seat}号）" if seat else role
    return f"{role}{turn.label}"
