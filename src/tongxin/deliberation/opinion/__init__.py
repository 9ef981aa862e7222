"""The opinion map: who stands where, what each group says, what all agree on. Pure numpy and scipy, no Django.

``opinion_map(participants, statements, votes)`` does all of it; ``base_clusters``, ``group_base_clusters`` and
``group_statistics`` can be used by themselves; ``OpinionState`` follows a live conversation vote by vote. Formulas
and their sources: docs/opinion-map.md.
"""

from tongxin.deliberation.opinion.findings import Agreed, Consensus, Divisive, Representative, Uncertain
from tongxin.deliberation.opinion.groups import canonical_groups
from tongxin.deliberation.opinion.map import Mode, OpinionMap, map_of_table, opinion_map
from tongxin.deliberation.opinion.polis import (
    BaseClusters,
    GroupCount,
    Grouping,
    base_clusters,
    group_base_clusters,
)
from tongxin.deliberation.opinion.routing import next_statement, priority
from tongxin.deliberation.opinion.state import OpinionState
from tongxin.deliberation.opinion.statistics import GroupStatistics, group_statistics
from tongxin.deliberation.opinion.votes import NotAVote, VoteTable, vote_table

__all__ = [
    "Agreed",
    "BaseClusters",
    "Consensus",
    "Divisive",
    "GroupCount",
    "GroupStatistics",
    "Grouping",
    "Mode",
    "NotAVote",
    "OpinionMap",
    "OpinionState",
    "Representative",
    "Uncertain",
    "VoteTable",
    "base_clusters",
    "canonical_groups",
    "group_base_clusters",
    "group_statistics",
    "map_of_table",
    "next_statement",
    "opinion_map",
    "priority",
    "vote_table",
]
