"""The opinion map of a conversation, worked out from its votes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from tongxin.deliberation.opinion.components import (
    content_digest,
    principal_components,
    project_participants,
    project_statements,
)
from tongxin.deliberation.opinion.findings import Consensus, Divisive, Representative, Uncertain
from tongxin.deliberation.opinion.groups import canonical_groups
from tongxin.deliberation.opinion.polis import GroupCount, Grouping, base_clusters, group_base_clusters
from tongxin.deliberation.opinion.routing import priority
from tongxin.deliberation.opinion.statistics import GroupStatistics, statistics_from_counts, vote_counts
from tongxin.deliberation.opinion.votes import Flags, Floats, Integers, VoteTable, vote_table

Mode = Literal["canonical", "polis"]

ENOUGH_VOTES = 7
FEWEST_GROUPED = 15


@dataclass(frozen=True, slots=True)
class OpinionMap:
    """Everything the map shows.

    By statement, in the order of ``statement_ids`` (those with a vote, ascending): ``moderated``, ``center``,
    ``components`` (2 × m), ``statement_projections`` (m × 2), ``extremity``, ``group_aware_consensus`` (product over
    groups), ``group_aware_mean`` (its geometric mean) and ``priorities``. By participant, in the order of
    ``participant_ids`` (ascending): ``projections`` (n × 2). ``labels`` belong to ``grouped_ids``: 0 … k − 1, 0 the
    largest group in mode ``canonical``. ``representative[g]`` are the statements of group g.
    """

    mode: Mode
    participant_ids: Integers
    statement_ids: Integers
    moderated: Flags
    center: Floats
    components: Floats
    projections: Floats
    statement_projections: Floats
    extremity: Floats
    grouped_ids: Integers
    labels: Integers
    k: int
    silhouettes: dict[int, float]
    statistics: GroupStatistics
    priorities: Floats

    @property
    def representative(self) -> dict[int, tuple[Representative, ...]]:
        """By group, the statements that tell it from the others, agrees first."""
        return self.statistics.representative

    @property
    def consensus(self) -> Consensus:
        """What all participants agree on, and what all disagree with."""
        return self.statistics.consensus

    @property
    def group_aware_consensus(self) -> Floats:
        """Π_g (A_g + 1)/(S_g + 2) of every statement."""
        return self.statistics.group_aware_consensus

    @property
    def group_aware_mean(self) -> Floats:
        """The geometric mean over groups of the same, which stays readable with four or five groups."""
        return self.statistics.group_aware_mean

    @property
    def divisive(self) -> tuple[Divisive, ...]:
        """Statements that set two groups apart, widest first."""
        return self.statistics.divisive

    @property
    def uncertain(self) -> tuple[Uncertain, ...]:
        """Statements that many passed on, most first."""
        return self.statistics.uncertain

    @property
    def group_sizes(self) -> Integers:
        """Participants in each group."""
        return np.bincount(self.labels, minlength=self.k)

    def priority_of(self) -> dict[int, float]:
        """Priorities by statement id, for :func:`routing.next_statement`; statements moderated out have none."""
        return {
            int(statement): float(figure)
            for statement, figure, out in zip(
                self.statement_ids, self.priorities, self.moderated, strict=True
            )
            if not out
        }


def opinion_map(
    participants: ArrayLike,
    statements: ArrayLike,
    votes: ArrayLike,
    *,
    moderated_out: Iterable[int] = (),
    mode: Mode = "canonical",
    seed: int = 0,
    grouped_before: Iterable[int] = (),
    smoother: GroupCount | None = None,
) -> OpinionMap:
    """The opinion map of votes given as three integer arrays in order of time (1 agree, 0 pass, -1 disagree).

    Of several votes of one participant on one statement the last counts. ``moderated_out``: statement ids.
    ``grouped_before``: participants who were in a group already and stay in one. ``smoother``: mode ``polis`` only,
    the memory of the number of groups in a live conversation. Leave out whoever must not count (for instance
    participants who were banned) before calling. Raises :class:`votes.NotAVote`.
    """
    table = vote_table(participants, statements, votes, moderated_out=moderated_out)
    return map_of_table(table, mode=mode, seed=seed, grouped_before=grouped_before, smoother=smoother)


def map_of_table(
    table: VoteTable,
    *,
    mode: Mode = "canonical",
    seed: int = 0,
    grouped_before: Iterable[int] = (),
    smoother: GroupCount | None = None,
) -> OpinionMap:
    """The same from a vote table."""
    if mode not in ("canonical", "polis"):
        raise ValueError(f"no such mode: {mode}")
    picture = principal_components(table)
    projections = project_participants(table, picture)
    grouped = who_is_grouped(table, grouped_before)
    grouping = _grouped(projections[grouped], mode, seed, smoother)
    places = np.full(table.participants, grouping.k, dtype=np.int64)
    places[grouped] = grouping.labels
    counts = vote_counts(table, places, grouping.k + 1)
    groups = np.arange(grouping.k, dtype=np.int64)
    sizes = np.bincount(grouping.labels, minlength=grouping.k)
    statistics = statistics_from_counts(table.statement_ids, table.moderated, groups, sizes, counts)
    statement_projections = project_statements(picture)
    extremity = np.hypot(statement_projections[:, 0], statement_projections[:, 1])
    return OpinionMap(
        mode=mode,
        participant_ids=table.participant_ids,
        statement_ids=table.statement_ids,
        moderated=table.moderated,
        center=picture.center,
        components=picture.components,
        projections=projections,
        statement_projections=statement_projections,
        extremity=extremity,
        grouped_ids=table.participant_ids[grouped],
        labels=grouping.labels,
        k=grouping.k,
        silhouettes=grouping.silhouettes,
        statistics=statistics,
        priorities=priorities_from_counts(counts[:-1], extremity),
    )


def priorities_from_counts(grouped_counts: Integers, extremity: Floats) -> Floats:
    """Priorities from the votes of those grouped, by group × (disagree, pass, agree) × statement."""
    together = grouped_counts.sum(axis=0)
    return priority(together[2], together[1], together.sum(axis=0), extremity)


def who_is_grouped(table: VoteTable, grouped_before: Iterable[int] = ()) -> Integers:
    """Rows that take part in grouping: at least min(7, m) votes, and whoever was grouped before.

    If they are fewer than 15, the most active fill up to 15; of equally active ones those come first whose votes
    have the lower digest, so that nothing depends on ids or order (only of two with the very same votes, the id).
    """
    seen = table.votes_per_participant
    inside = seen >= min(ENOUGH_VOTES, table.statements)
    before = np.fromiter(grouped_before, dtype=np.int64)
    if len(before):
        inside |= np.isin(table.participant_ids, before)
    missing = FEWEST_GROUPED - int(inside.sum())
    if missing > 0:
        others = np.flatnonzero(~inside)
        order = np.lexsort((content_digest(table)[others], -seen[others]))
        inside[others[order[:missing]]] = True
    return np.flatnonzero(inside)


def _grouped(points: Floats, mode: Mode, seed: int, smoother: GroupCount | None) -> Grouping:
    if mode == "canonical":
        return canonical_groups(points, seed=seed)
    base = base_clusters(points)
    grouping = group_base_clusters(base.centers, base.weights, smoother=smoother)
    labels = grouping.labels[base.labels] if len(points) else grouping.labels
    return Grouping(grouping.k, labels, grouping.centers, grouping.silhouettes)
