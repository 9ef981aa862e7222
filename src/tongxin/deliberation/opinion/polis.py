"""Groups as Polis makes them: base clusters, then weighted k-means over them. For comparison and for imports.

Formulas: point 4 of docs/opinion-map.md, mode ``polis``. The result depends on the order of participants and, in a
live conversation, on what came before; the mode ``canonical`` of ``groups`` does not.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tongxin.deliberation.opinion.silhouettes import silhouettes
from tongxin.deliberation.opinion.votes import Floats, Integers

BASE_CLUSTERS = 100
BASE_ROUNDS = 100
GROUP_ROUNDS = 20
TOLERANCE = 0.01
MOST_GROUPS = 5
AGREEING_RECOMPUTATIONS = 4
DISTANCES_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class BaseClusters:
    """Neighbouring participants taken together: ``centers`` (b × 2), ``weights`` (how many), ``labels`` (whose)."""

    centers: Floats
    weights: Integers
    labels: Integers


@dataclass(frozen=True, slots=True)
class Grouping:
    """``labels`` of the points given, their number of groups ``k``, ``centers``, and the silhouette of each k tried."""

    k: int
    labels: Integers
    centers: Floats
    silhouettes: dict[int, float] = field(default_factory=dict)


def most_groups(points: int, limit: int = MOST_GROUPS) -> int:
    """The largest k tried: min(5, 2 + ⌊n / 12⌋)."""
    return min(limit, 2 + points // 12)


def base_clusters(
    projections: ArrayLike,
    *,
    clusters: int = BASE_CLUSTERS,
    rounds: int = BASE_ROUNDS,
    tolerance: float = TOLERANCE,
) -> BaseClusters:
    """Up to 100 clusters of the projections (n × 2, in order of participants).

    Seeded with the first distinct projections, Lloyd up to 100 rounds, stopped when no centre moved 0.01 or more;
    clusters left empty are dropped.
    """
    points = _points(projections)
    if not len(points):
        return BaseClusters(points, np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
    seeds = first_distinct(points, clusters)
    centers, labels = lloyd(points, seeds, np.ones(len(points)), rounds, tolerance)
    return BaseClusters(centers, np.bincount(labels, minlength=len(centers)), labels)


def group_base_clusters(
    centers: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    limit: int = MOST_GROUPS,
    rounds: int = GROUP_ROUNDS,
    tolerance: float = TOLERANCE,
    smoother: "GroupCount | None" = None,
) -> Grouping:
    """Group base clusters: k-means weighted by their size for every k, seeded with the first k centres.

    k is the one with the best unweighted silhouette over the centres, ties to the larger; with a ``smoother`` it
    changes only after four agreeing recomputations. Labels follow the order of the seeds.
    """
    points = _points(centers)
    if not len(points):
        return Grouping(0, np.empty(0, dtype=np.int64), points)
    weight = np.ones(len(points)) if weights is None else np.asarray(weights, dtype=np.float64)
    tried: dict[int, tuple[Floats, Integers]] = {}
    for k in range(2, most_groups(len(points), limit) + 1):
        tried[k] = lloyd(points, first_distinct(points, k), weight, rounds, tolerance)
    scores = dict(
        zip(tried, silhouettes(points, [labels for _, labels in tried.values()]).tolist(), strict=True)
    )
    chosen = max(scores, key=lambda k: (scores[k], k))
    if smoother is not None:
        chosen = smoother.settle(chosen, scores)
    found, labels = tried[chosen]
    return Grouping(len(found), labels, found, scores)


@dataclass(slots=True)
class GroupCount:
    """Keeps the number of groups of a live conversation from flickering: four agreeing recomputations change it."""

    last: int | None = None
    agreeing: int = 0
    settled: int | None = None

    def settle(self, best: int, available: dict[int, float]) -> int:
        """The k to use now that ``best`` came out best; one that is no longer available gives way at once."""
        self.agreeing = self.agreeing + 1 if best == self.last else 1
        self.last = best
        if self.settled not in available or self.agreeing >= AGREEING_RECOMPUTATIONS:
            self.settled = best
        assert self.settled is not None
        return self.settled


def first_distinct(points: Floats, wanted: int) -> Floats:
    """The first ``wanted`` points that differ from all before them, fewer if there are no more."""
    seen: dict[tuple[float, float], int] = {}
    for row, (x, y) in enumerate(points.tolist()):
        if (x, y) not in seen:
            seen[(x, y)] = row
            if len(seen) == wanted:
                break
    return points[list(seen.values())]


def lloyd(
    points: Floats, seeds: Floats, weights: Floats, rounds: int, tolerance: float
) -> tuple[Floats, Integers]:
    """Weighted k-means from given seeds; returns centres and labels, empty clusters dropped.

    A point as near to two centres goes to the later one. Stops when, centre by centre in sorted order, none moved
    ``tolerance`` or more.
    """
    centers = seeds
    weighted = points * weights[:, None]
    labels = np.empty(0, dtype=np.int64)
    for _ in range(rounds + 1):
        labels = nearest(points, centers)
        kept = np.flatnonzero(np.bincount(labels, minlength=len(centers)))
        if len(kept) < len(centers):
            labels = np.searchsorted(kept, labels)
        total = np.bincount(labels, weights, len(kept))
        moved = np.stack(
            [np.bincount(labels, weighted[:, axis], len(kept)) / total for axis in (0, 1)], axis=1
        )
        before, after = _in_order(centers), _in_order(moved)
        shift = np.sqrt(((before[: len(after)] - after) ** 2).sum(axis=1))
        centers = moved
        if (shift < tolerance).all():
            break
    return centers, labels


def nearest(points: Floats, centers: Floats) -> Integers:
    """The nearest centre of every point, the later one if two are as near."""
    labels = np.empty(len(points), dtype=np.int64)
    step = max(1, DISTANCES_AT_ONCE // max(len(centers), 1))
    backwards = centers[::-1]
    for begin in range(0, len(points), step):
        part = points[begin : begin + step]
        distance = (part[:, 0, None] - backwards[:, 0]) ** 2
        distance += (part[:, 1, None] - backwards[:, 1]) ** 2
        labels[begin : begin + step] = distance.argmin(axis=1)
    return len(centers) - 1 - labels


def _in_order(centers: Floats) -> Floats:
    return centers[np.lexsort((centers[:, 1], centers[:, 0]))]


def _points(values: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64).reshape(-1, 2)
