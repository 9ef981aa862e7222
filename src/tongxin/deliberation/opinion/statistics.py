"""What the groups say: counts, tests, representative statements, consensus, division and uncertainty.

Formulas: points 5 and 6 of docs/opinion-map.md, after the appendix of Small et al. 2021 (Recerca 26(2)) and the
constants of Polis (z above 1.2816 is one-sided 90 %).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, issparse

from tongxin.deliberation.opinion.findings import (
    Agreed,
    Consensus,
    Direction,
    Divisive,
    Representative,
    Uncertain,
)
from tongxin.deliberation.opinion.votes import Flags, Floats, Integers, VoteTable, vote_table

SIGNIFICANT = 1.2816
MOST_LISTED = 5
# A report calls a statement uncertain when more than this share passed.
UNCERTAIN_SHARE = 0.3
FEWEST_SEEN = 7
UNGROUPED = -1


@dataclass(frozen=True, slots=True)
class Tests:
    """The figures of one direction, one row a group, one column a statement.

    ``probability`` pa = (A + 1) / (S + 2); ``probability_test`` pat = 2√(S + 1) · ((A + 1) / (S + 1) − ½);
    ``representativeness`` ra = pa / ((A' + 1) / (S' + 2)); ``representativeness_test`` rat, the pooled
    two-proportion z with one added to all four counts. Primes: all other groups together.
    """

    probability: Floats
    probability_test: Floats
    representativeness: Floats
    representativeness_test: Floats

    def of_group(self, row: int) -> "Tests":
        """The figures of one group, by statement."""
        return Tests(
            self.probability[row],
            self.probability_test[row],
            self.representativeness[row],
            self.representativeness_test[row],
        )


@dataclass(frozen=True, slots=True)
class GroupStatistics:
    """Counts of every group and of everybody, and what follows from them. Columns follow ``statement_ids``."""

    statement_ids: Integers
    moderated: Flags
    groups: Integers
    sizes: Integers
    agrees: Integers
    disagrees: Integers
    seen: Integers
    all_agrees: Integers
    all_disagrees: Integers
    all_seen: Integers
    agree: Tests
    disagree: Tests
    representative: dict[int, tuple[Representative, ...]]
    consensus: Consensus
    group_aware_consensus: Floats
    group_aware_mean: Floats
    divisive: tuple[Divisive, ...]
    uncertain: tuple[Uncertain, ...]


def group_statistics(
    votes: VoteTable | ArrayLike | tuple[ArrayLike, ArrayLike, ArrayLike],
    labels: Mapping[int, int] | ArrayLike,
    *,
    moderated_out: Iterable[int] = (),
) -> GroupStatistics:
    """Statistics of given groups.

    ``votes``: a vote table, a participants × statements matrix (scipy sparse with a pass as a stored 0, or dense
    with NaN where not seen; statements are then called by their column), or three arrays in order of time.
    ``labels``: the group of each row (rows in order of participant ids), or a mapping from participant id; negative
    for who is in none. ``moderated_out``: statement ids, for a table given otherwise than as a vote table.
    """
    table = votes if isinstance(votes, VoteTable) else _table_of(votes, moderated_out)
    row_labels = _row_labels(table, labels)
    groups = np.unique(row_labels[row_labels >= 0])
    place = np.searchsorted(groups, row_labels)
    place[row_labels < 0] = len(groups)
    counts = vote_counts(table, place, len(groups) + 1)
    sizes = np.bincount(place, minlength=len(groups) + 1)[:-1]
    return statistics_from_counts(table.statement_ids, table.moderated, groups, sizes, counts)


def vote_counts(table: VoteTable, row_groups: NDArray[np.integer], groups: int) -> Integers:
    """Votes by group, kind (disagree, pass, agree) and statement: groups × 3 × m, counted in one pass."""
    size = 3 * table.statements
    counts = np.zeros(groups * size, dtype=np.int64)
    lengths = table.votes_per_participant
    for rows, cells, _ in table.blocks():
        offset = np.repeat(row_groups[rows].astype(np.int64) * size, lengths[rows])
        offset += table.cell_numbers(cells)
        counts += np.bincount(offset, minlength=len(counts))
    return counts.reshape(groups, 3, table.statements)


def statistics_from_counts(
    statement_ids: Integers, moderated: Flags, groups: Integers, sizes: Integers, counts: Integers
) -> GroupStatistics:
    """The statistics from counts by group × (disagree, pass, agree) × statement; the last group is the ungrouped."""
    grouped, everybody = counts[:-1], counts.sum(axis=0)
    agrees, disagrees, seen = grouped[:, 2], grouped[:, 0], grouped.sum(axis=1)
    all_seen = everybody.sum(axis=0)
    agree, disagree = direction_tests(agrees, seen), direction_tests(disagrees, seen)
    probability = agree.probability
    product = probability.prod(axis=0)
    representative = {
        int(group): _representative(
            statement_ids,
            ~moderated,
            (agrees[row], disagrees[row], seen[row]),
            (agree.of_group(row), disagree.of_group(row)),
        )
        for row, group in enumerate(groups)
    }
    open_ = ~moderated
    return GroupStatistics(
        statement_ids,
        moderated,
        groups,
        sizes,
        agrees,
        disagrees,
        seen,
        everybody[2],
        everybody[0],
        all_seen,
        agree,
        disagree,
        representative,
        Consensus(
            _agreed("agree", statement_ids, open_, everybody[2], all_seen),
            _agreed("disagree", statement_ids, open_, everybody[0], all_seen),
        ),
        product,
        product ** (1.0 / max(len(groups), 1)),
        _divisive(statement_ids, open_, groups, (agrees, seen)),
        _uncertain(statement_ids, open_, everybody[1], all_seen),
    )


def direction_tests(successes: Integers, seen: Integers) -> Tests:
    """The tests of :class:`Tests` for successes and seen votes of groups × statements."""
    other_successes = successes.sum(axis=0) - successes
    other_seen = seen.sum(axis=0) - seen
    probability = (successes + 1) / (seen + 2)
    return Tests(
        probability,
        proportion_test(successes, seen),
        probability / ((other_successes + 1) / (other_seen + 2)),
        difference_test(successes, seen, other_successes, other_seen),
    )


def proportion_test(successes: Integers, seen: Integers) -> Floats:
    """2√(S + 1) · ((A + 1) / (S + 1) − ½): is it more than half?"""
    return np.asarray(2.0 * np.sqrt(seen + 1) * ((successes + 1) / (seen + 1) - 0.5))


def difference_test(successes: Integers, seen: Integers, others: Integers, others_seen: Integers) -> Floats:
    """Pooled two-proportion z with one added to all four counts; 0 when everybody agrees."""
    inside, outside = seen + 1, others_seen + 1
    pooled = (successes + others + 2) / (inside + outside)
    error = np.sqrt(pooled * np.maximum(1.0 - pooled, 0.0) * (1.0 / inside + 1.0 / outside))
    difference = (successes + 1) / inside - (others + 1) / outside
    return np.asarray(np.divide(difference, error, out=np.zeros_like(error), where=error > 0))


def _representative(
    statement_ids: Integers,
    kept: Flags,
    counts: tuple[Integers, Integers, Integers],
    tests: tuple[Tests, Tests],
) -> tuple[Representative, ...]:
    """The statements that represent one group: at least one if anything is open, at most five.

    ``counts``: agrees, disagrees and seen votes in the group; ``tests``: agree and disagree, of the group.
    """
    agrees, disagrees, seen = counts
    agree, disagree = tests
    pat, rat = agree.probability_test, agree.representativeness_test
    pdt, rdt = disagree.probability_test, disagree.representativeness_test

    def finished(column: int, best_agree: bool = False) -> Representative:
        """The statement as an agree if that is what tells the group from the others, else as a disagree."""
        as_agree = rat[column] > rdt[column]
        figures, counted = (agree, agrees) if as_agree else (disagree, disagrees)
        return Representative(
            int(statement_ids[column]),
            "agree" if as_agree else "disagree",
            int(counted[column]),
            int(seen[column]),
            float(figures.probability[column]),
            float(figures.probability_test[column]),
            float(figures.representativeness[column]),
            float(figures.representativeness_test[column]),
            best_agree,
            int(agrees[column]),
        )

    passing = ((rat > SIGNIFICANT) & (pat > SIGNIFICANT)) | ((rdt > SIGNIFICANT) & (pdt > SIGNIFICANT))
    best = _best_agree(np.flatnonzero(kept & (agrees + disagrees > 0)), agree)
    head = [finished(best, best_agree=True)] if best is not None else []
    sufficient = np.flatnonzero(passing & kept).tolist()
    if not sufficient:
        if not head and kept.any():
            columns = np.flatnonzero(kept)
            head = [finished(int(columns[np.argmax(np.maximum(rat, rdt)[columns])]))]
        return tuple(head)
    others = sorted((finished(one) for one in sufficient if one != best), key=lambda one: -one.strength)
    return tuple(sorted((head + others)[:MOST_LISTED], key=lambda one: one.direction != "agree"))


def _best_agree(columns: Integers, agree: Tests) -> int | None:
    """The one statement the group stands for most.

    Taken in order of statements: the first must be agreed significantly, or likelier than not and more than by
    others. It gives way to a higher r·rt·p·pt if it is agreed more here than elsewhere, else to a higher p·pt.
    """
    pa, pat, ra = agree.probability, agree.probability_test, agree.representativeness
    likely, strong = (pa * pat).tolist(), (ra * agree.representativeness_test * pa * pat).tolist()
    first = ((pat > SIGNIFICANT) | ((ra > 1.0) & (pa > 0.5))).tolist()
    more_here = (ra > 1.0).tolist()
    best: int | None = None
    for column in columns.tolist():
        if best is None:
            if first[column]:
                best = column
        elif (strong if more_here[best] else likely)[column] > (strong if more_here[best] else likely)[best]:
            best = column
    return best


def _agreed(
    direction: Direction, statement_ids: Integers, kept: Flags, successes: Integers, seen: Integers
) -> tuple[Agreed, ...]:
    """pa > ½ and pat > 1.2816 over all participants, the first five by pa · pat."""
    probability, test = (successes + 1) / (seen + 2), proportion_test(successes, seen)
    columns = np.flatnonzero(kept & (probability > 0.5) & (test > SIGNIFICANT))
    order = columns[np.argsort(-(probability * test)[columns], kind="stable")][:MOST_LISTED]
    return tuple(
        Agreed(
            int(statement_ids[column]),
            direction,
            int(successes[column]),
            int(seen[column]),
            float(probability[column]),
            float(test[column]),
        )
        for column in order
    )


def _divisive(
    statement_ids: Integers, kept: Flags, groups: Integers, counts: tuple[Integers, Integers]
) -> tuple[Divisive, ...]:
    """Statements on which the most and the least agreeing group lie on two sides of ½ and differ significantly.

    Ours, not Polis's: ordered by the spread of (A_g + 1) / (S_g + 2) between those two groups.
    """
    if len(groups) < 2:
        return ()
    agrees, seen = counts
    probability = (agrees + 1) / (seen + 2)
    every = np.arange(len(statement_ids))
    top, low = probability.argmax(axis=0), probability.argmin(axis=0)
    test = difference_test(agrees[top, every], seen[top, every], agrees[low, every], seen[low, every])
    split = (probability[top, every] > 0.5) & (probability[low, every] < 0.5)
    columns = np.flatnonzero(kept & split & (test > SIGNIFICANT))
    spread = (probability[top, every] - probability[low, every])[columns]
    return tuple(
        Divisive(
            int(statement_ids[column]),
            int(groups[top[column]]),
            float(probability[top[column], column]),
            int(groups[low[column]]),
            float(probability[low[column], column]),
            float(test[column]),
        )
        for column in columns[np.argsort(-spread, kind="stable")]
    )


def _uncertain(
    statement_ids: Integers, kept: Flags, passes: Integers, seen: Integers
) -> tuple[Uncertain, ...]:
    """More than 30 % of at least seven who saw it passed (the rule of Polis's report), most first."""
    share = passes / np.maximum(seen, 1)
    columns = np.flatnonzero(kept & (seen >= FEWEST_SEEN) & (share > UNCERTAIN_SHARE))
    order = columns[np.argsort(-share[columns], kind="stable")]
    return tuple(Uncertain(int(statement_ids[c]), int(passes[c]), int(seen[c])) for c in order)


def _row_labels(table: VoteTable, labels: Mapping[int, int] | ArrayLike) -> Integers:
    if isinstance(labels, Mapping):
        return np.array([labels.get(int(one), UNGROUPED) for one in table.participant_ids], dtype=np.int64)
    array = np.asarray(labels)
    if array.dtype.kind == "f":
        array = np.where(np.isnan(array), UNGROUPED, array)
    rows = array.astype(np.int64).reshape(-1)
    if len(rows) != table.participants:
        raise ValueError(f"{len(rows)} labels for {table.participants} participants")
    return rows


def _table_of(
    votes: ArrayLike | tuple[ArrayLike, ArrayLike, ArrayLike], moderated_out: Iterable[int]
) -> VoteTable:
    if isinstance(votes, tuple) and len(votes) == 3:
        return vote_table(*votes, moderated_out=moderated_out)
    if issparse(votes):
        cells = csr_array(votes, copy=True)
        cells.sort_indices()
        starts, columns, values = cells.indptr, cells.indices, cells.data
        rows, width = cells.shape
    else:
        matrix = np.asarray(votes, dtype=np.float64)
        rows, width = matrix.shape
        seen = ~np.isnan(matrix)
        columns = np.nonzero(seen)[1]
        values = matrix[seen]
        starts = np.concatenate(([0], np.cumsum(seen.sum(axis=1))))
    statement_ids = np.arange(width)
    return VoteTable(
        np.arange(rows),
        statement_ids,
        starts.astype(np.int64),
        columns.astype(np.int32),
        values.astype(np.int8),
        np.isin(statement_ids, np.fromiter(moderated_out, dtype=np.int64)),
    )
