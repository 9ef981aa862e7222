"""How well separated groups are: the mean silhouette of several groupings of the same points at once."""

from collections.abc import Sequence

import numpy as np
from scipy.spatial.distance import cdist

from tongxin.deliberation.opinion.votes import Floats, Integers

# About what stays in a processor's cache.
DISTANCES_AT_ONCE = 120_000


def silhouettes(points: Floats, groupings: Sequence[Integers], weights: Floats | None = None) -> Floats:
    """The mean of (b − a) / max(a, b) over the points, for each grouping (labels from 0, none missing).

    a: mean distance to the others of the same group; b: the smallest mean distance to another group. A point alone
    in its group scores 0, and so does everything when there is one group only (Rousseeuw 1987). With ``weights`` a
    point stands for that many participants at one place.
    """
    count = len(points)
    weight = np.ones(count) if weights is None else weights
    sizes: list[Floats] = [np.bincount(labels, weight).astype(np.float64) for labels in groupings]
    offsets = np.concatenate(([0], np.cumsum([len(size) for size in sizes]))).astype(np.int64)
    rows = np.arange(count)
    members = np.zeros((count, int(offsets[-1])))
    for labels, offset in zip(groupings, offsets, strict=False):
        members[rows, offset + labels] = weight
    sums = np.empty_like(members)
    step = max(1, DISTANCES_AT_ONCE // max(count, 1))
    for begin in range(0, count, step):
        np.matmul(cdist(points[begin : begin + step], points), members, out=sums[begin : begin + step])
    return np.array(
        [
            _mean_silhouette(sums[:, offset : offset + len(size)], labels, size, weight)
            for labels, size, offset in zip(groupings, sizes, offsets, strict=False)
        ]
    )


def _mean_silhouette(sums: Floats, labels: Integers, size: Floats, weight: Floats) -> float:
    """From the summed distances of every point to every group."""
    if len(size) < 2:
        return 0.0
    rows = np.arange(len(labels))
    others = size[labels] - 1.0
    inner = np.divide(sums[rows, labels], others, out=np.zeros(len(rows)), where=others > 0)
    means = sums / size
    means[rows, labels] = np.inf
    outer = means.min(axis=1)
    larger = np.maximum(inner, outer)
    score = np.divide(outer - inner, larger, out=np.zeros(len(rows)), where=(larger > 0) & (others > 0))
    return float(score @ weight) / float(weight.sum())
