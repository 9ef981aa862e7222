"""The geometry of the map's picture, in whole units of its own grid: dots, outlines, and what places one person."""

from typing import Any

import numpy as np

from tongxin.deliberation.opinion import OpinionMap
from tongxin.deliberation.opinion.votes import Floats, Integers

WIDTH, HEIGHT, MARGIN, GRID = 600, 420, 40, 6
MOST_DOTS = 600
ROUNDING = 6


def drawing_of(drawn: OpinionMap, labels: Integers, groups: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Dots (x, y, group, people), outlines and centres of the groups; and the axes to place somebody's own votes.

    People close together are one dot, so that the picture shows crowds and not single people's votes.
    """
    inside = labels >= 0
    points = drawn.projections[inside]
    middle, scale = _frame(points)
    places = _placed(points, middle, scale)
    found: dict[str, Any] = {"width": WIDTH, "height": HEIGHT, "dots": [], "outlines": [], "centers": []}
    grid, own = GRID, labels[inside]
    cells = _cells(places, own, grid)
    while len(cells) > MOST_DOTS:
        grid *= 2
        cells = _cells(places, own, grid)
    found["dots"] = [[x, y, group, count] for (x, y, group), count in cells.items()]
    for group in range(groups):
        dots = np.array([cell[:2] for cell in cells if cell[2] == group], dtype=np.int64).reshape(-1, 2)
        found["outlines"].append(outline(dots))
        found["centers"].append(places[own == group].mean(axis=0).round().astype(int).tolist())
    axes = {
        "middle": middle.tolist(),
        "scale": scale,
        "numbers": drawn.statement_ids[~drawn.moderated].tolist(),
        "seen_too": drawn.statement_ids[drawn.moderated].tolist(),
        "statements": len(drawn.statement_ids),
        "center": np.round(drawn.center[~drawn.moderated], ROUNDING).tolist(),
        "components": np.round(drawn.components[:, ~drawn.moderated], ROUNDING).tolist(),
    }
    return found, axes


def own_place(axes: dict[str, Any], votes: dict[int, int]) -> tuple[int, int] | None:
    """Where somebody stands by their own votes (statement number → vote); None before the first one that counts."""
    column = {number: place for place, number in enumerate(axes["numbers"])}
    seen = [(column[number], value) for number, value in votes.items() if number in column]
    if not seen:
        return None
    places, values = (np.array(part) for part in zip(*seen, strict=True))
    center, components = np.array(axes["center"]), np.array(axes["components"])
    moderated = set(axes["seen_too"])
    counted = len(seen) + sum(number in moderated for number in votes)
    point = np.sqrt(axes["statements"] / counted) * (components[:, places] @ (values - center[places]))
    x, y = _placed(point[None, :], np.array(axes["middle"]), axes["scale"])[0].round().astype(int).tolist()
    return min(max(x, 8), WIDTH - 8), min(max(y, 8), HEIGHT - 8)


def _frame(points: Floats) -> tuple[Floats, float]:
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.array([WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN])
    spread = np.maximum(high - low, 1e-9)
    scale = float((room / spread).min()) if (high - low).max() > 1e-9 else 1.0
    return (low + high) / 2, scale


def _placed(points: Floats, middle: Floats, scale: float) -> Floats:
    """On the picture, whose vertical axis points down."""
    return (points - middle) * [scale, -scale] + [WIDTH / 2, HEIGHT / 2]


def _cells(places: Floats, groups: Integers, grid: int) -> dict[tuple[int, int, int], int]:
    rounded = np.column_stack(((places / grid).round().astype(np.int64) * grid, groups))
    cells, counts = np.unique(rounded, axis=0, return_counts=True)
    return {(int(x), int(y), int(g)): int(n) for (x, y, g), n in zip(cells, counts, strict=True)}


def outline(dots: Integers) -> list[list[int]]:
    """The convex hull of a group's dots, corner after corner (Andrew's monotone chain)."""
    ordered = sorted({(int(x), int(y)) for x, y in dots})
    if len(ordered) < 3:
        return [list(point) for point in ordered]

    def half(points: list[tuple[int, int]]) -> list[tuple[int, int]]:
        chain: list[tuple[int, int]] = []
        for x, y in points:
            while len(chain) > 1:
                (ax, ay), (bx, by) = chain[-2:]
                if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                    break
                chain.pop()
            chain.append((x, y))
        return chain[:-1]

    return [list(point) for point in half(ordered) + half(ordered[::-1])]
