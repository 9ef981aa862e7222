"""Which statement somebody is asked about next.

Formula: point 7 of docs/opinion-map.md, after Small et al. 2021 (Recerca 26(2)), section on comment routing.
"""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import ArrayLike

from tongxin.deliberation.opinion.votes import Floats

NEWNESS = 8.0
HALVED_AFTER = 5.0


def priority(agrees: ArrayLike, passes: ArrayLike, seen: ArrayLike, extremity: ArrayLike) -> Floats:
    """[(1 − (P + 1)/(S + 2)) · (E + 1) · ((A + 1)/(S + 2)) · (1 + 8 · 2^(−S/5))]².

    A agrees, P passes and S votes seen; E the extremity, the length of the statement's projection. High for
    statements that are new, that people take a side on, that are agreed with, and that tell groups apart.
    """
    a, p, s, e = (np.asarray(figure, dtype=np.float64) for figure in (agrees, passes, seen, extremity))
    importance = (1.0 - (p + 1.0) / (s + 2.0)) * (e + 1.0) * ((a + 1.0) / (s + 2.0))
    return np.asarray((importance * (1.0 + NEWNESS * 2.0 ** (-s / HALVED_AFTER))) ** 2)


# What a statement nobody voted on yet is worth; a new statement is never left out and never equals "all the same".
UNSEEN_PRIORITY = float(priority(0, 0, 0, 0.0))


def next_statement(
    priorities: Mapping[int, float],
    statements: Collection[int],
    already_seen: Collection[int],
    random: np.random.Generator,
) -> int | None:
    """Draw one of the open ``statements`` not ``already_seen``, in proportion to its priority; None if none is left.

    A statement without a priority is one nobody voted on yet and has that priority: the draw never falls back to
    uniform. Raises ValueError for a priority that is not a positive number.
    """
    seen = set(already_seen)
    open_ = sorted(statement for statement in statements if statement not in seen)
    if not open_:
        return None
    weights = np.array([priorities.get(statement, UNSEEN_PRIORITY) for statement in open_])
    if not (np.isfinite(weights).all() and (weights > 0).all()):
        raise ValueError("a priority is a positive number")
    total = np.cumsum(weights)
    return open_[min(int(np.searchsorted(total, random.random() * total[-1], side="right")), len(open_) - 1)]
