"""Who took part, by role and by area: totals only, and none below the smallest group."""

from typing import Any

from django.db.models import Count, Q

from tongxin.deliberation.models import Conversation, Participant


def participation_of(conversation: Conversation) -> dict[str, Any]:
    """``roles`` and ``areas`` as lists of (name, people) with the rest apart, and the share of ``guests``. Three queries."""
    voting = Participant.objects.filter(conversation=conversation, is_excluded=False, vote_count__gt=0)
    people = voting.aggregate(all=Count("pk"), guests=Count("pk", filter=Q(user=None, is_imported=False)))
    roles = list(voting.order_by().values_list("role").annotate(n=Count("pk")))
    areas = list(voting.exclude(area=None).order_by().values_list("area__name").annotate(n=Count("pk")))
    smallest = conversation.smallest_group
    return {
        "roles": enough(roles, smallest, people["all"]),
        "areas": enough(areas, smallest, people["all"]),
        "voting": people["all"],
        "guests": people["guests"],
    }


def enough(counts: list[tuple[str, int]], smallest: int, total: int) -> dict[str, Any]:
    """Those with enough people, most first, and all others together.

    When the others are too few, the smallest of the shown ones joins them: no figure can be worked out by subtraction.
    """
    shown = sorted(((name, n) for name, n in counts if n >= smallest), key=lambda row: (-row[1], row[0]))
    rest = total - sum(n for _name, n in shown)
    while 0 < rest < smallest and shown:
        rest += shown.pop()[1]
    return {"rows": [list(row) for row in shown], "rest": rest if rest >= smallest else 0}
