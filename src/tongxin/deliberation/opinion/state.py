"""A live conversation: one vote changes what it touches, and the map is drawn again separately."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tongxin.deliberation.opinion.map import Mode, OpinionMap, map_of_table, priorities_from_counts
from tongxin.deliberation.opinion.polis import GroupCount
from tongxin.deliberation.opinion.statistics import GroupStatistics, statistics_from_counts
from tongxin.deliberation.opinion.votes import Integers, NotAVote, VoteTable, vote_table

KINDS = 3


@dataclass(frozen=True, slots=True)
class Touched:
    """What one vote changed: whose place on the map as last drawn, in which group, for which statement."""

    participant: int
    statement: int
    place: tuple[float, float]
    group: int | None
    was: int | None


class OpinionState:
    """Votes of one conversation, kept so that a single vote costs the voter's own votes and nothing else.

    :meth:`vote` updates the counts of the statement (of everybody and of the voter's group) and the voter's place
    on the axes of the map as last drawn. :meth:`statistics` and :meth:`priorities` follow from the counts at once.
    :meth:`recompute` draws the whole map again; in mode ``canonical`` its result depends on the votes alone, so a
    state restarted from them gives the same. Not safe for two threads at a time.
    """

    def __init__(self, *, mode: Mode = "canonical", seed: int = 0, moderated_out: Iterable[int] = ()) -> None:
        self.mode: Mode = mode
        self.seed = seed
        self.moderated_out = {int(one) for one in moderated_out}
        self.since_drawn = 0
        self.drawn: OpinionMap | None = None
        self._votes: dict[int, dict[int, int]] = {}
        self._columns: dict[int, int] = {}
        self._groups: dict[int, int] = {}
        self._counts: Integers = np.zeros((1, KINDS, 16), dtype=np.int64)
        self._axes: dict[int, tuple[float, float, float]] = {}
        self._smoother = GroupCount() if mode == "polis" else None

    @classmethod
    def from_votes(
        cls,
        participants: ArrayLike,
        statements: ArrayLike,
        votes: ArrayLike,
        *,
        mode: Mode = "canonical",
        seed: int = 0,
        moderated_out: Iterable[int] = (),
    ) -> "OpinionState":
        """The state after these votes, in order of time, with its map drawn."""
        state = cls(mode=mode, seed=seed, moderated_out=moderated_out)
        table = vote_table(participants, statements, votes)
        ids = table.statement_ids[table.columns].tolist()
        values = table.values.tolist()
        starts = table.starts.tolist()
        for row, participant in enumerate(table.participant_ids.tolist()):
            cells = slice(starts[row], starts[row + 1])
            state._votes[participant] = dict(zip(ids[cells], values[cells], strict=True))
        state.recompute()
        return state

    def vote(self, participant: int, statement: int, vote: int) -> Touched:
        """Count one vote, the first or a changed one. Costs the voter's own votes. Raises :class:`NotAVote`."""
        if vote not in (1, 0, -1):
            raise NotAVote("a vote is 1, 0 or -1")
        own = self._votes.setdefault(participant, {})
        was = own.get(statement)
        own[statement] = vote
        column = self._column(statement)
        row = self._groups.get(participant, len(self._counts) - 1)
        if was is not None:
            self._counts[row, was + 1, column] -= 1
        self._counts[row, vote + 1, column] += 1
        self.since_drawn += 1
        return Touched(participant, statement, self.place(participant), self._groups.get(participant), was)

    def moderate(self, statement: int, *, out: bool) -> None:
        """Take a statement out, or back in; the axes follow at the next :meth:`recompute`."""
        (self.moderated_out.add if out else self.moderated_out.discard)(statement)
        self.since_drawn += 1

    def place(self, participant: int) -> tuple[float, float]:
        """Where the participant stands on the map as last drawn, with every vote given since that it knows of."""
        own = self._votes.get(participant, {})
        x = y = 0.0
        seen = 0
        for statement, vote in own.items():
            if statement in self._axes and statement not in self.moderated_out:
                center, first, second = self._axes[statement]
                x += (vote - center) * first
                y += (vote - center) * second
                seen += 1
        width = len(self._axes)
        zeroed = sum(1 for statement in self.moderated_out if statement in self._axes)
        scale = float(np.sqrt(width / max(seen + zeroed, 1)))
        return x * scale, y * scale

    def statistics(self) -> GroupStatistics:
        """Representative statements, consensus and the rest from the counts as they are now, in the drawn groups."""
        ids = sorted(self._columns)
        order = [self._columns[one] for one in ids]
        k = len(self._counts) - 1
        sizes = np.bincount(np.fromiter(self._groups.values(), dtype=np.int64), minlength=k)
        return statistics_from_counts(
            np.array(ids, dtype=np.int64),
            np.array([one in self.moderated_out for one in ids], dtype=bool),
            np.arange(k, dtype=np.int64),
            sizes,
            self._counts[:, :, order],
        )

    def priorities(self) -> dict[int, float]:
        """What each open statement is worth asking next, from the counts as they are now."""
        drawn = self.drawn
        extremity = {} if drawn is None else dict(zip(drawn.statement_ids, drawn.extremity, strict=True))
        ids = sorted(set(self._columns) - self.moderated_out)
        order = [self._columns[one] for one in ids]
        worth = priorities_from_counts(
            self._counts[:-1][:, :, order], np.array([extremity.get(one, 0.0) for one in ids])
        )
        return dict(zip(ids, worth.tolist(), strict=True))

    def recompute(self) -> OpinionMap:
        """Draw the whole map again from all votes, and remember groups and axes."""
        table = self.table()
        before = () if self.mode == "canonical" else tuple(self._groups)
        drawn = map_of_table(
            table, mode=self.mode, seed=self.seed, grouped_before=before, smoother=self._smoother
        )
        self.drawn = drawn
        self.since_drawn = 0
        self._groups = dict(zip(drawn.grouped_ids.tolist(), drawn.labels.tolist(), strict=True))
        self._columns = {one: column for column, one in enumerate(drawn.statement_ids.tolist())}
        by_kind = (drawn.statistics.disagrees, drawn.statistics.agrees)
        grouped = np.stack([by_kind[0], drawn.statistics.seen - sum(by_kind), by_kind[1]], axis=1)
        overall = drawn.statistics
        passes = overall.all_seen - overall.all_agrees - overall.all_disagrees
        everybody = np.stack([overall.all_disagrees, passes, overall.all_agrees])
        self._counts = np.concatenate([grouped, (everybody - grouped.sum(axis=0))[None]])
        center, (first, second) = drawn.center.tolist(), drawn.components.tolist()
        self._axes = dict(zip(self._columns, zip(center, first, second, strict=True), strict=True))
        return drawn

    def table(self) -> VoteTable:
        """All votes as they stand."""
        participants = [one for one, own in self._votes.items() for _ in own]
        statements = [statement for own in self._votes.values() for statement in own]
        votes = [vote for own in self._votes.values() for vote in own.values()]
        return vote_table(
            np.array(participants, dtype=np.int64),
            np.array(statements, dtype=np.int64),
            np.array(votes, dtype=np.int8),
            moderated_out=self.moderated_out,
        )

    def _column(self, statement: int) -> int:
        """The statement's column of the counts; a new statement gets the next one."""
        column = self._columns.get(statement)
        if column is None:
            column = self._columns[statement] = len(self._columns)
            if column >= self._counts.shape[2]:
                room = np.zeros((*self._counts.shape[:2], max(column, 16)), dtype=np.int64)
                self._counts = np.concatenate([self._counts, room], axis=2)
        return column
