"""What the tests of the opinion map share: a real conversation, and invented votes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from tongxin.deliberation.opinion.files import read_comments, read_groups, read_votes

DATA = Path(__file__).parent / "data"
SEATTLE = DATA / "15-per-hour-seattle"

# Participant, statement, vote, in order of time.
VOTES = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 9), st.sampled_from([1, 0, -1])), min_size=1, max_size=120
)


@dataclass(frozen=True)
class Conversation:
    participants: NDArray[np.int64]
    statements: NDArray[np.int64]
    votes: NDArray[np.int64]
    moderated_out: tuple[int, ...]
    groups: dict[int, int]

    def arrays(self):
        return self.participants, self.statements, self.votes


def seattle() -> Conversation:
    """15-per-hour-seattle: 339 participants, 54 statements, with the groups Polis exported."""
    votes = read_votes(SEATTLE / "votes.csv.gz")
    out = tuple(one.statement for one in read_comments(SEATTLE / "comments.csv.gz") if one.moderated == -1)
    groups = read_groups(SEATTLE / "participants-votes.csv.gz")
    return Conversation(votes.participants, votes.statements, votes.votes, out, groups)


def two_camps(size: int = 60, statements: int = 20, seed: int = 4, sure: float = 0.9):
    """Votes of two camps of equal size who agree on every fourth statement; 14 votes each."""
    random = np.random.default_rng(seed)
    people = np.repeat(np.arange(size), 14)
    chosen = np.concatenate([random.permutation(statements)[:14] for _ in range(size)])
    side = np.where(people % 2 == 0, 1, -1)
    meant = np.where(chosen % 4 == 0, 1, side)
    votes = np.where(random.random(len(people)) < sure, meant, 0)
    return people, chosen, votes


def ring(places, each=10, spread=0.05, seed=0):
    """Clouds of points evenly around a circle."""
    random = np.random.default_rng(seed)
    centers = np.array(
        [[np.cos(2 * np.pi * i / places), np.sin(2 * np.pi * i / places)] for i in range(places)]
    )
    return (centers[:, None] + random.normal(0, spread, (places, each, 2))).reshape(-1, 2)


def agreement(first, second) -> float:
    """The adjusted Rand index of two groupings of the same participants (Hubert & Arabie 1985)."""
    _, one = np.unique(first, return_inverse=True)
    _, two = np.unique(second, return_inverse=True)
    table = np.zeros((one.max() + 1, two.max() + 1))
    np.add.at(table, (one, two), 1)

    def pairs(counts):
        return float((counts * (counts - 1) / 2).sum())

    both, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    expected = rows * columns / max(len(one) * (len(one) - 1) / 2, 1)
    highest = (rows + columns) / 2
    return 1.0 if highest == expected else (both - expected) / (highest - expected)
