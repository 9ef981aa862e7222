"""The vote table: last vote counts, only seen cells, any numbering."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.deliberation.opinion.conversations import VOTES
from tongxin.deliberation.opinion import NotAVote, vote_table


@given(VOTES, st.integers(0, 2**62), st.integers(0, 2**40))
def test_table_holds_the_last_vote_of_every_pair(votes, first_person, step):
    people = np.array([first_person - p * step for p, _, _ in votes], dtype=object)
    if min(people) < -(2**62):
        people = np.array([p for p, _, _ in votes], dtype=object)
    people = people.astype(np.int64)
    table = vote_table(people, [s for _, s, _ in votes], [v for _, _, v in votes])
    last = {(int(who), s): v for who, (_, s, v) in zip(people, votes, strict=True)}
    cells = zip(
        table.participant_ids[table.rows()].tolist(),
        table.statement_ids[table.columns].tolist(),
        table.values.tolist(),
        strict=True,
    )
    assert {(p, s): v for p, s, v in cells} == last
    assert table.participant_ids.tolist() == sorted(set(people.tolist()))
    assert table.statement_ids.tolist() == sorted({s for _, s, _ in votes})


def test_gaps_between_statement_ids_take_no_columns():
    table = vote_table([1, 1, 2], [5, 900, 5], [1, -1, 0], moderated_out=[900, 77])
    assert table.statement_ids.tolist() == [5, 900]
    assert table.moderated.tolist() == [False, True]


def test_no_votes_make_an_empty_table():
    table = vote_table([], [], [])
    assert (table.participants, table.statements, len(table.values)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("participants", "statements", "votes"),
    [([1], [1], [2]), ([1], [1], [0.5]), ([1, 2], [1], [1]), ([1.5], [1], [1]), (["a"], [1], [1])],
)
def test_what_is_no_vote_is_refused(participants, statements, votes):
    with pytest.raises(NotAVote):
        vote_table(participants, statements, votes)
