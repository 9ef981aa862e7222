"""Groups that depend on nothing but the votes: mode ``canonical``.

Formulas: point 4 of docs/opinion-map.md. Points are sorted before anything is added up, twenty seeded k-means++
starts replace the accident of who came first, k is chosen by the silhouette, and no group stays under 3 %.
"""

import numpy as np
from numpy.typing import ArrayLike

from tongxin.deliberation.opinion.polis import MOST_GROUPS, Grouping, most_groups
from tongxin.deliberation.opinion.silhouettes import silhouettes
from tongxin.deliberation.opinion.votes import Floats, Integers

STARTS = 20
# The best different outcomes of the starts are followed to the end on finer points.
FOLLOWED = 3
FIRST_ROUNDS = 8
ROUNDS = 60
SMALLEST_SHARE = 0.03
# Up to this many points groups are exact; above, neighbours are first taken together in cells.
EXACT_UP_TO = 3_000
FINE_STRIPS = 48
COARSE_STRIPS = 16
REFINING_ROUNDS = 10
STILL = 1e-9
SAME = 1e-6
POINTS_AT_ONCE = 250_000
# Stands for minus infinity where a run has fewer centres than the widest one beside it.
NOWHERE = 1e300


def canonical_groups(projections: ArrayLike, *, seed: int = 0, limit: int = MOST_GROUPS) -> Grouping:
    """Group the projections (n × 2). Equal for any order of the rows, and after any restart.

    For k = 2 … min(5, 2 + ⌊n / 12⌋) the best of 20 k-means++ starts; groups under 3 % are dissolved into their
    neighbours; the k with the best silhouette wins, ties to the larger. Groups are numbered by size, then by place.
    The starts run on at most 256 cells of neighbouring points, weighted by their number: eight rounds each, the
    best three different outcomes for each k to the end, and those once more on the points themselves. Above 3,000
    points that last part and the silhouette use at most 2,304 cells, and the winner is refined on all points.
    """
    points = np.asarray(projections, dtype=np.float64).reshape(-1, 2)
    if not len(points):
        return Grouping(0, np.empty(0, dtype=np.int64), points)
    ordered = sorted_points(points)
    exact = len(ordered) <= EXACT_UP_TO
    fine, weights = (ordered, np.ones(len(ordered))) if exact else cells_of(ordered, FINE_STRIPS)
    widest = min(most_groups(len(points), limit), len(np.unique(fine, axis=0)))
    smallest = SMALLEST_SHARE * len(points)
    candidates = [
        settled
        for centers in best_by_count(ordered, fine, weights, widest, seed)
        if len(settled := without_small(fine, weights, centers, smallest)) > 1
    ]
    if not candidates:
        return Grouping(1, np.zeros(len(points), dtype=np.int64), ordered.mean(axis=0)[None, :])
    labelled = [nearest_center(fine, centers) for centers in candidates]
    found = silhouettes(fine, labelled, None if exact else weights).tolist()
    scores: dict[int, float] = {}
    chosen = candidates[0]
    for centers, score in zip(candidates, found, strict=True):
        if score >= max(scores.values(), default=-np.inf):
            chosen = centers
        scores[len(centers)] = max(score, scores.get(len(centers), -np.inf))
    if not exact:
        chosen = refined(ordered, chosen)
    chosen = _by_size(ordered, chosen)
    return Grouping(len(chosen), nearest_center(points, chosen), chosen, scores)


def sorted_points(points: Floats) -> Floats:
    """The points by x, then y: what is added up next no longer knows whose they were."""
    together = np.sort(points[:, 0] + 1j * points[:, 1])
    return np.stack([together.real, together.imag], axis=1)


def cells_of(ordered: Floats, strips: int) -> tuple[Floats, Floats]:
    """Means and sizes of ``strips`` × ``strips`` cells holding about as many points each; the points if they are few."""
    if len(ordered) <= strips * strips:
        return ordered, np.ones(len(ordered))
    means, sizes = [], []
    for strip in np.array_split(ordered, strips):
        across = np.sort(strip[:, 1] + 1j * strip[:, 0])
        bounds = np.linspace(0, len(across), strips + 1).astype(np.int64)
        count = np.diff(bounds)
        sums = np.add.reduceat(across, bounds[:-1])
        means.append(np.stack([sums.imag / count, sums.real / count], axis=1))
        sizes.append(count.astype(np.float64))
    return np.concatenate(means), np.concatenate(sizes)


def best_by_count(ordered: Floats, fine: Floats, weights: Floats, widest: int, seed: int) -> list[Floats]:
    """For k = 2 … ``widest`` the centres with the least weighted sum of squared distances among 20 starts."""
    if widest < 2:
        return []
    coarse, coarse_weights = cells_of(ordered, COARSE_STRIPS)
    seeds = _seeds(coarse, coarse_weights, widest, np.random.default_rng(seed))
    counts = np.repeat(np.arange(2, widest + 1), STARTS)
    centers, spread = side_by_side(
        coarse, coarse_weights, np.tile(seeds, (widest - 1, 1, 1)), counts, FIRST_ROUNDS
    )
    for points, weight in ((coarse, coarse_weights), (fine, weights)):
        followed = [
            run for k in range(2, widest + 1) for run in _different(np.flatnonzero(counts == k), spread)
        ]
        counts = counts[followed]
        centers, spread = side_by_side(points, weight, centers[followed], counts)
    best = [_different(np.flatnonzero(counts == k), spread)[0] for k in range(2, widest + 1)]
    return [centers[run, : counts[run]] for run in best]


def _different(runs: Integers, spread: Floats) -> list[int]:
    """The best of some runs, then the next ones with another outcome; the earlier of equal ones."""
    kept: list[int] = []
    for run in runs[np.argsort(spread[runs], kind="stable")].tolist():
        if not kept or spread[run] > spread[kept[-1]] * (1.0 + SAME):
            kept.append(run)
    return kept[:FOLLOWED]


def side_by_side(
    points: Floats, weights: Floats, centers: Floats, counts: Integers, rounds: int = ROUNDS
) -> tuple[Floats, Floats]:
    """Weighted k-means, many runs at once: run r has ``counts[r]`` centres in ``centers[r]`` (the rest is padding).

    Runs until no run's labels change, at most ``rounds`` times; a centre without points stays where it is. Returns the
    centres and each run's weighted sum of squared distances.
    """
    runs, width, _ = centers.shape
    centers = centers.copy()
    padding = np.arange(width) >= counts[:, None]
    across = np.ascontiguousarray(np.concatenate([points.T, np.ones((1, len(points)))]))
    moments = np.tile(
        np.stack([weights, weights * points[:, 0], weights * points[:, 1]])[:, None], (1, runs, 1)
    )
    base = (np.arange(runs, dtype=np.int64) * width)[:, None]
    labels = np.full((runs, len(points)), -1, dtype=np.int64)
    best = np.empty((runs, len(points)))
    for _ in range(rounds):
        before = labels
        # The nearest centre has the largest x·c − |c|²/2.
        half = (centers[..., 0] ** 2 + centers[..., 1] ** 2) / 2
        half[padding] = NOWHERE
        nearness = np.concatenate([centers, -half[..., None]], axis=2).reshape(runs * width, 3) @ across
        nearness = nearness.reshape(runs, width, len(points))
        labels = np.zeros((runs, len(points)), dtype=np.int64)
        best[:] = nearness[:, 0]
        for place in range(1, width):
            np.copyto(labels, place, where=nearness[:, place] > best)
            np.maximum(best, nearness[:, place], out=best)
        if np.array_equal(labels, before):
            break
        cell = (labels + base).ravel()
        total, sum_x, sum_y = (
            np.bincount(cell, moment.ravel(), runs * width).reshape(runs, width) for moment in moments
        )
        filled = total > 0
        np.divide(sum_x, total, out=centers[..., 0], where=filled)
        np.divide(sum_y, total, out=centers[..., 1], where=filled)
    squared = float(weights @ (points**2).sum(axis=1))
    return centers, squared - 2.0 * (best @ weights)


def _seeds(points: Floats, weights: Floats, k: int, random: np.random.Generator) -> Floats:
    """20 × k k-means++ seeds (Arthur & Vassilvitskii 2007): the next drawn by weight × squared distance.

    The first j of them are as good a start for j groups.
    """
    x, y = points[:, 0], points[:, 1]
    draws = random.random((k, STARTS, 1))
    centers = np.empty((STARTS, k, 2))
    distance = np.full((STARTS, len(points)), np.inf)
    mass = np.tile(np.cumsum(weights), (STARTS, 1))
    for place in range(k):
        pick = (mass <= draws[place] * mass[:, -1:]).sum(axis=1).clip(max=len(points) - 1)
        centers[:, place] = points[pick]
        np.minimum(distance, (x - x[pick, None]) ** 2 + (y - y[pick, None]) ** 2, out=distance)
        mass = np.cumsum(distance * weights, axis=1)
    return centers


def nearest_center(points: Floats, centers: Floats) -> Integers:
    """The nearest centre of every point, the first one if two are as near; no other point has a say in it."""
    labels = np.zeros(len(points), dtype=np.int64)
    for begin in range(0, len(points), POINTS_AT_ONCE):
        part = slice(begin, begin + POINTS_AT_ONCE)
        x, y = points[part, 0], points[part, 1]
        best = (x - centers[0, 0]) ** 2 + (y - centers[0, 1]) ** 2
        for place in range(1, len(centers)):
            distance = (x - centers[place, 0]) ** 2 + (y - centers[place, 1]) ** 2
            np.copyto(labels[part], place, where=distance < best)
            np.minimum(best, distance, out=best)
    return labels


def refined(
    points: Floats, centers: Floats, weights: Floats | None = None, rounds: int = REFINING_ROUNDS
) -> Floats:
    """A few more Lloyd rounds from given centres; a centre that loses all its points is dropped."""
    for _ in range(rounds):
        labels = nearest_center(points, centers)
        total = np.bincount(labels, weights, minlength=len(centers))
        kept = total > 0
        moved = np.stack(
            [
                np.bincount(
                    labels, points[:, axis] if weights is None else points[:, axis] * weights, len(centers)
                )[kept]
                / total[kept]
                for axis in (0, 1)
            ],
            axis=1,
        )
        if len(moved) == len(centers) and np.abs(moved - centers).max() <= STILL:
            break
        centers = moved
    return centers


def without_small(points: Floats, weights: Floats, centers: Floats, smallest: float) -> Floats:
    """Dissolve the smallest group while it is under ``smallest`` participants, and let the others settle."""
    while len(centers) > 1:
        sizes = np.bincount(nearest_center(points, centers), weights, minlength=len(centers))
        least = int(np.argmin(sizes))
        if sizes[least] >= smallest:
            return centers
        centers = refined(points, np.delete(centers, least, axis=0), weights, ROUNDS)
    return centers


def _by_size(points: Floats, centers: Floats) -> Floats:
    sizes = np.bincount(nearest_center(points, centers), minlength=len(centers))
    return centers[np.lexsort((centers[:, 1], centers[:, 0], -sizes))]
