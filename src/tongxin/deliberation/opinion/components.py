"""Principal components of a vote table and the places of participants and statements on the map.

Formulas: points 1 and 2 of "The opinion map, as formulas" (docs/opinion-map.md), after Small, Bjorkegren, Erkkilä,
Shaw & Megill, "Polis: Scaling Deliberation by Mapping High Dimensional Opinion Spaces" (Recerca 26(2), 2021).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.sparse import csr_array
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

from tongxin.deliberation.opinion.votes import Flags, Floats, Integers, VoteTable

COMPONENTS = 2
# Rows counted together: co-votes of two statements then fit 15 bits and four counts fit one 64-bit word.
ROWS_AT_ONCE = 16_384
# A pair of cells of one row costs a sparse product about as much as 300 multiplications of a dense block, which never
# holds more than four million cells.
CHEAPER_DENSE = 300.0
DENSE_CELLS = 4_000_000
# Beyond either figure the statement × statement products cost more than iterating on the sparse rows.
WIDEST_PRODUCT = 4_000
MOST_PAIRS = 4_000_000_000
# Up to this many statements a direct eigensolver is quickest.
DIRECT_UP_TO = 1_200
NEGLIGIBLE = 1e-12


@dataclass(frozen=True, slots=True)
class Picture:
    """Where the map's axes lie: ``center`` (m), ``components`` (2 × m), and which columns are zeroed."""

    center: Floats
    components: Floats
    moderated: Flags


def statement_means(table: VoteTable) -> Floats:
    """c_j: the mean vote on statement j over those who voted on it; 0 for statements moderated out."""
    counts = np.zeros(3 * table.statements, dtype=np.int64)
    for _, cells, _ in table.blocks():
        counts += np.bincount(table.cell_numbers(cells), minlength=len(counts))
    disagrees, passes, agrees = counts.reshape(3, -1)
    means = (agrees - disagrees) / np.maximum(disagrees + passes + agrees, 1)
    return np.where(table.moderated, 0.0, means)


def principal_components(table: VoteTable) -> Picture:
    """The two leading components of all participants' votes with unseen cells at the column mean.

    A centred unseen cell is exactly 0, so the scatter matrix is Σ_i (v_ij − c_j)(v_il − c_l) over cells seen by
    both. Its four sums are counted in whole numbers, so the result does not depend on the order of participants
    by as much as a bit. Each component's largest entry is positive: a rerun draws the same picture. Directions
    without variance are zero vectors.
    """
    center = statement_means(table)
    components = np.zeros((COMPONENTS, table.statements))
    kept = np.flatnonzero(~table.moderated)
    if len(kept) and table.participants:
        votes = table.votes_per_participant.astype(np.float64)
        if table.statements <= WIDEST_PRODUCT and float(votes @ votes) <= MOST_PAIRS:
            components[:, kept] = leading_eigenvectors(
                scatter_matrix(_without_moderated(table), center[kept])
            )
        else:
            components[:] = _components_of_rows(table, center)
    return Picture(center, _with_fixed_signs(components), table.moderated)


def _without_moderated(table: VoteTable) -> VoteTable:
    """The cells of statements that stay, rows left empty included."""
    if not table.moderated.any():
        return table
    stays = ~table.moderated
    cells = stays[table.columns]
    before = np.concatenate(([0], np.cumsum(cells)))
    places = np.cumsum(stays, dtype=np.int32) - np.int32(1)
    return VoteTable(
        table.participant_ids,
        table.statement_ids[stays],
        before[table.starts],
        places[table.columns[cells]],
        table.values[cells],
        np.zeros(int(stays.sum()), dtype=bool),
    )


def scatter_matrix(table: VoteTable, center: Floats) -> Floats:
    """Σ_i (v_ij − c_j)(v_il − c_l) over the cells seen by both (m × m), from exact counts."""
    size = table.statements
    both_votes, row_votes, seen_by_both = (np.zeros((size, size), dtype=np.int64) for _ in range(3))
    pairs = float(np.square(table.votes_per_participant, dtype=np.float64).sum())
    crowded = table.participants * (2.0 * size) ** 2 < CHEAPER_DENSE * pairs
    rows_at_once = max(1, min(ROWS_AT_ONCE, DENSE_CELLS // size)) if crowded else ROWS_AT_ONCE
    for begin in range(0, table.participants, rows_at_once):
        starts = table.starts[begin : begin + rows_at_once + 1]
        cells = slice(int(starts[0]), int(starts[-1]))
        count = _counted_dense if crowded else _counted_sparse
        parts = count(starts - starts[0], table.columns[cells], table.values[cells], size)
        both_votes += parts[0]
        row_votes += parts[1]
        seen_by_both += parts[2]
    crossed = row_votes * center
    scatter = both_votes - crossed - crossed.T + seen_by_both * np.outer(center, center)
    return np.asarray(scatter, dtype=np.float64)


def _counted_sparse(
    starts: Integers, columns: NDArray[np.int32], values: NDArray[np.int8], size: int
) -> tuple[Integers, Integers, Integers]:
    """Σ vv', Σ v and Σ 1 over pairs of cells of one row.

    Left factor v + 2³², right factor v + 2¹⁶: their product holds vv', v, v' and 1 side by side in one word, so one
    sparse product counts all of them.
    """
    shape, bounds, votes = (len(starts) - 1, size), starts.astype(np.int32), values.astype(np.int64)
    left = csr_array((votes + (1 << 32), columns, bounds), shape=shape)
    right = csr_array((votes + (1 << 16), columns, bounds), shape=shape)
    word = (left.T.tocsr() @ right).toarray()
    both_votes = _low_half(word)
    word = (word - both_votes) >> 16
    row_votes = _low_half(word)
    word = (word - row_votes) >> 16
    return both_votes, row_votes, (word - _low_half(word)) >> 16


def _counted_dense(
    starts: Integers, columns: NDArray[np.int32], values: NDArray[np.int8], size: int
) -> tuple[Integers, Integers, Integers]:
    """The same for a block of rows that are well filled: single precision holds these whole numbers exactly."""
    block = np.zeros((len(starts) - 1, 2 * size), dtype=np.float32)
    rows = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    block[rows, columns] = values
    block[rows, columns + size] = 1.0
    product = (block.T @ block).astype(np.int64)
    return product[:size, :size], product[:size, size:], product[size:, size:]


def _low_half(word: Integers) -> Integers:
    """The lowest 16 bits as a signed number."""
    return ((word + 0x8000) & 0xFFFF) - 0x8000


def leading_eigenvectors(scatter: Floats) -> Floats:
    """The eigenvectors of the two largest eigenvalues as rows; zero where there is no variance."""
    size = len(scatter)
    wanted = min(COMPONENTS, size)
    vectors = np.zeros((COMPONENTS, size))
    if not scatter.any():
        return vectors
    if size <= DIRECT_UP_TO:
        values, found = eigh(scatter, subset_by_index=[size - wanted, size - 1], check_finite=False)
    else:
        values, found = _iterated(lambda block: scatter @ block, size)
    # A variance that rounding alone explains has no direction.
    floor = NEGLIGIBLE * float(np.trace(scatter))
    for row, column in enumerate(reversed(range(wanted))):
        if values[column] > floor:
            vectors[row] = found[:, column]
    return vectors


def _iterated(product: Callable[[Floats], Floats], size: int) -> tuple[Floats, Floats]:
    """Lanczos from a fixed start, to machine precision; the best found if the spectrum leaves it undecided."""
    operator = LinearOperator((size, size), matvec=product, dtype=np.float64)
    start = np.cos(np.arange(1, size + 1))
    try:
        values, vectors = eigsh(operator, k=COMPONENTS, v0=start, tol=0, maxiter=1_000, ncv=min(size, 40))
    except ArpackNoConvergence:
        values, vectors = eigsh(operator, k=COMPONENTS, v0=start, tol=1e-6, maxiter=5_000, ncv=min(size, 80))
    order = np.argsort(values)
    return values[order], vectors[:, order]


def _components_of_rows(table: VoteTable, center: Floats) -> Floats:
    """For very wide or very dense tables: iterate on the sparse rows, taken in order of their contents."""
    order = content_order(table)
    lengths = table.votes_per_participant[order]
    starts = np.concatenate(([0], np.cumsum(lengths)))
    cells = np.repeat(table.starts[order] - starts[:-1], lengths) + np.arange(starts[-1])
    columns = table.columns[cells]
    centred = np.where(table.moderated[columns], 0.0, table.values[cells] - center[columns])
    matrix = csr_array((centred, columns, starts), shape=(table.participants, table.statements))
    other = matrix.T.tocsr()
    vectors = np.zeros((COMPONENTS, table.statements))
    total = float(centred @ centred)
    if total == 0.0:
        return vectors
    values, found = _iterated(lambda block: other @ (matrix @ block), table.statements)
    for row in range(COMPONENTS):
        if values[-1 - row] > NEGLIGIBLE * total:
            vectors[row] = found[:, -1 - row]
    return vectors


def content_order(table: VoteTable) -> Integers:
    """Rows ordered by what they contain, whoever they belong to: equal for any numbering of participants."""
    return np.argsort(content_digest(table), kind="stable")


def content_digest(table: VoteTable) -> Integers:
    """A 64-bit digest of every row's cells (a sum over cells, so their order does not matter)."""
    cell = (np.arange(3 * table.statements, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        cell = (cell ^ (cell >> np.uint64(shift))) * np.uint64(factor)
    cell ^= cell >> np.uint64(31)
    digests = np.empty(table.participants, dtype=np.uint64)
    for rows, cells, bounds in table.blocks():
        numbers = cell[table.cell_numbers(cells)]
        digests[rows] = np.add.reduceat(numbers, bounds)
    return digests.view(np.int64)


def project_participants(table: VoteTable, picture: Picture) -> Floats:
    """p_i = √(m / max(n_i, 1)) · Σ_seen (v − c_j) · pc_j (n × 2).

    Cells of statements moderated out count as seen, by everybody, and add nothing.
    """
    places = np.zeros((table.participants, COMPONENTS))
    weight = np.concatenate([(vote - picture.center) * picture.components for vote in (-1, 0, 1)], axis=1)
    zeroed = int(picture.moderated.sum())
    for rows, cells, bounds in table.blocks():
        numbers = table.cell_numbers(cells)
        for axis in range(COMPONENTS):
            places[rows, axis] = np.add.reduceat(weight[axis][numbers], bounds)
    seen = table.votes_per_participant
    if zeroed:
        kept = (~picture.moderated)[table.columns]
        seen = np.add.reduceat(kept.astype(np.int64), table.starts[:-1]) + zeroed if len(kept) else seen
    places *= np.sqrt(table.statements / np.maximum(seen, 1))[:, None]
    return places


def project_statements(picture: Picture) -> Floats:
    """(1 − c_j) · pc_j · √m (m × 2): where somebody who only agreed with statement j would stand."""
    scale = np.sqrt(len(picture.center))
    return np.asarray(((1.0 - picture.center) * picture.components).T * scale)


def _with_fixed_signs(components: Floats) -> Floats:
    if not components.size:
        return components
    largest = np.abs(components).argmax(axis=1)
    return np.where(components[np.arange(COMPONENTS), largest] < 0, -1.0, 1.0)[:, None] * components
