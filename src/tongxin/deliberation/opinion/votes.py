"""The vote table: who voted what on which statement, each pair once, stored row by row."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

AGREE, PASS, DISAGREE = 1, 0, -1

VOTE_BITS = 2
WORD_BITS = 63
SLICE = 1 << 20
CELLS_AT_ONCE = 2_000_000


class NotAVote(ValueError):
    """A vote is 1 (agree), 0 (pass) or -1 (disagree), given as three arrays of one length."""


@dataclass(frozen=True, slots=True)
class VoteTable:
    """Seen cells only, participant by participant: never participants × statements.

    Row ``i`` is ``participant_ids[i]`` (ascending ids); its cells are ``starts[i]:starts[i + 1]`` of ``columns``
    (positions in ``statement_ids``, ascending) and ``values`` (1, 0, -1). ``moderated`` flags the columns of
    statements moderated out; their votes are kept, the formulas decide what becomes of them.
    """

    participant_ids: Integers
    statement_ids: Integers
    starts: Integers
    columns: NDArray[np.int32]
    values: NDArray[np.int8]
    moderated: Flags

    @property
    def participants(self) -> int:
        """Number of rows."""
        return len(self.participant_ids)

    @property
    def statements(self) -> int:
        """Number of columns: statements with at least one vote."""
        return len(self.statement_ids)

    @property
    def votes_per_participant(self) -> Integers:
        """Seen cells in each row, those of statements moderated out included."""
        return np.diff(self.starts)

    def rows(self) -> NDArray[np.int32]:
        """The row of every cell."""
        return np.repeat(np.arange(self.participants, dtype=np.int32), self.votes_per_participant)

    def blocks(self) -> Iterator[tuple[slice, slice, Integers]]:
        """Whole rows, about two million cells at a time: rows, their cells, where in these each row begins."""
        begin = 0
        while begin < self.participants:
            limit = self.starts[begin] + CELLS_AT_ONCE
            end = max(begin + 1, int(np.searchsorted(self.starts, limit, side="right")) - 1)
            starts = self.starts[begin : end + 1]
            yield slice(begin, end), slice(int(starts[0]), int(starts[-1])), starts[:-1] - starts[0]
            begin = end

    def cell_numbers(self, cells: slice) -> Integers:
        """(vote + 1) · m + column of each cell: its place in a table of 3 × m figures."""
        return (self.values[cells].astype(np.int64) + 1) * self.statements + self.columns[cells]


def vote_table(
    participants: ArrayLike, statements: ArrayLike, votes: ArrayLike, *, moderated_out: Iterable[int] = ()
) -> VoteTable:
    """Build the table from three arrays in order of time; of several votes on one pair the last one counts.

    One sort of packed words (participant, statement, time, vote): no index arrays, so a million participants with
    twenty votes each need 8 bytes a vote at a time beside the input. Raises :class:`NotAVote`.
    """
    people, items, values = (
        _as_integers(participants),
        _as_integers(statements),
        np.asarray(votes).reshape(-1),
    )
    if not len(people) == len(items) == len(values):
        raise NotAVote("participants, statements and votes differ in length")
    moderated_ids = np.unique(np.fromiter(moderated_out, dtype=np.int64))
    if not len(people):
        return _empty()
    people, people_names, first_person, person_bits = _narrow(people)
    items, item_names, first_item, item_bits = _narrow(items)
    time_bits = (len(people) - 1).bit_length()
    if person_bits + item_bits + time_bits + VOTE_BITS > WORD_BITS:
        raise NotAVote("more votes, participants and statements than one table holds")

    word = _packed((people, first_person), (items, first_item), values, (item_bits, time_bits))
    word.sort()
    pair = word >> (time_bits + VOTE_BITS)
    last = np.empty(len(pair), dtype=bool)
    last[-1] = True
    np.not_equal(pair[1:], pair[:-1], out=last[:-1])
    if not last.all():
        word, pair = word[last], pair[last]
    del last
    cell_values = (word & 3).astype(np.int8) - np.int8(1)
    del word
    columns = (pair & ((1 << item_bits) - 1)).astype(np.int32)
    pair >>= item_bits
    begins = np.concatenate(([0], np.flatnonzero(pair[1:] != pair[:-1]) + 1))
    participant_ids = pair[begins] + first_person
    starts = np.append(begins, len(pair))
    del pair

    voted = np.flatnonzero(np.bincount(columns))
    if voted[-1] + 1 != len(voted):
        rank = np.zeros(voted[-1] + 1, dtype=np.int32)
        rank[voted] = np.arange(len(voted), dtype=np.int32)
        columns = rank[columns]
    statement_ids = voted + first_item
    if item_names is not None:
        statement_ids = item_names[statement_ids]
    if people_names is not None:
        participant_ids = people_names[participant_ids]
    return VoteTable(
        participant_ids, statement_ids, starts, columns, cell_values, np.isin(statement_ids, moderated_ids)
    )


def _as_integers(ids: ArrayLike) -> NDArray[np.integer]:
    array = np.asarray(ids).reshape(-1)
    if not len(array):
        return array.astype(np.int64)
    if not np.issubdtype(array.dtype, np.integer):
        raise NotAVote("participants and statements are given by integers")
    return array


def _narrow(ids: NDArray[np.integer]) -> tuple[NDArray[np.integer], Integers | None, int, int]:
    """The ids, their names if they had to be renumbered to be packed, the lowest id, and bits of the range."""
    low, high = int(ids.min()), int(ids.max())
    if (high - low).bit_length() <= max(16, (4 * len(ids)).bit_length()) and -(2**62) < low <= high < 2**62:
        return ids, None, low, (high - low).bit_length()
    names, renumbered = np.unique(ids, return_inverse=True)
    return renumbered, names.astype(np.int64), 0, (len(names) - 1).bit_length()


def _packed(
    people: tuple[NDArray[np.integer], int],
    items: tuple[NDArray[np.integer], int],
    values: NDArray[np.generic],
    bits: tuple[int, int],
) -> Integers:
    """One word a vote: participant, statement (ids less the lowest), place in time, vote + 1; highest bits first."""
    item_bits, time_bits = bits
    word = np.empty(len(values), dtype=np.int64)
    for begin in range(0, len(values), SLICE):
        part = slice(begin, begin + SLICE)
        cast = values[part].astype(np.int8)
        if (cast != values[part]).any() or (np.abs(cast) > 1).any():
            raise NotAVote("a vote is 1, 0 or -1")
        target = word[part]
        np.subtract(people[0][part], people[1], out=target, casting="unsafe")
        target <<= item_bits
        target |= items[0][part].astype(np.int64) - items[1]
        target <<= time_bits
        target |= np.arange(begin, begin + len(target), dtype=np.int64)
        target <<= VOTE_BITS
        target |= cast + np.int8(1)
    return word


def _empty() -> VoteTable:
    none = np.empty(0, dtype=np.int64)
    return VoteTable(
        none,
        none,
        np.zeros(1, dtype=np.int64),
        np.empty(0, dtype=np.int32),
        np.empty(0, dtype=np.int8),
        np.empty(0, dtype=bool),
    )
