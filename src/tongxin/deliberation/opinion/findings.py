"""What is said about a statement: that it represents a group, is agreed on, divides, or leaves people uncertain."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Direction = Literal["agree", "disagree"]


@dataclass(frozen=True, slots=True)
class Representative:
    """A statement that tells a group from the others.

    ``successes`` of ``trials`` voted ``direction``; ``probability`` is (successes + 1) / (trials + 2) with its
    z-value ``probability_test``; ``representativeness`` is that probability over the one of all other groups, with
    its z-value ``representativeness_test``.
    """

    statement: int
    direction: Direction
    successes: int
    trials: int
    probability: float
    probability_test: float
    representativeness: float
    representativeness_test: float
    best_agree: bool = False
    agrees: int = 0

    @property
    def strength(self) -> float:
        """r · rt · p · pt, by which statements of a group are ordered."""
        return (
            self.representativeness * self.representativeness_test * self.probability * self.probability_test
        )


@dataclass(frozen=True, slots=True)
class Agreed:
    """A statement most of everybody voted the same way on."""

    statement: int
    direction: Direction
    successes: int
    trials: int
    probability: float
    probability_test: float


@dataclass(frozen=True, slots=True)
class Consensus:
    """What all participants agree on and what all disagree with, strongest first, at most five each."""

    agree: tuple[Agreed, ...]
    disagree: tuple[Agreed, ...]

    def __iter__(self) -> Iterator[Agreed]:
        yield from self.agree
        yield from self.disagree


@dataclass(frozen=True, slots=True)
class Divisive:
    """A statement on which two groups differ: their probabilities of agreeing, and the z-value of the difference."""

    statement: int
    highest_group: int
    highest: float
    lowest_group: int
    lowest: float
    test: float

    @property
    def spread(self) -> float:
        """Highest less lowest probability of agreeing."""
        return self.highest - self.lowest


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A statement that many who saw it passed on."""

    statement: int
    passes: int
    trials: int

    @property
    def share(self) -> float:
        """Passes by votes seen."""
        return self.passes / self.trials
