"""A live conversation: single votes and full recomputation agree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.deliberation.opinion.conversations import VOTES, seattle, two_camps
from tongxin.deliberation.opinion import NotAVote, OpinionState, group_statistics, opinion_map


@settings(deadline=None, max_examples=25)
@given(VOTES, VOTES, st.sets(st.integers(0, 9), max_size=3))
def test_votes_one_by_one_give_the_map_of_all_at_once(first, later, out):
    state = OpinionState.from_votes(*zip(*first, strict=True), moderated_out=out)
    for vote in later:
        state.vote(*vote)
    expected = opinion_map(*zip(*first, *later, strict=True), moderated_out=out)
    drawn = state.recompute()
    assert drawn.grouped_ids.tolist() == expected.grouped_ids.tolist()
    assert drawn.labels.tolist() == expected.labels.tolist()
    assert (drawn.projections == expected.projections).all()
    assert state.priorities() == expected.priority_of()


def test_statistics_between_recomputations_count_every_vote():
    people, statements, votes = two_camps()
    state = OpinionState.from_votes(people, statements, votes)
    groups = dict(zip(state.drawn.grouped_ids.tolist(), state.drawn.labels.tolist(), strict=True))
    more = [(0, 3, -1), (1, 3, 1), (0, 3, 1), (500, 3, 1), (500, 99, 0), (2, 40, 1)]
    for vote in more:
        state.vote(*vote)
    everything = [*zip(people, statements, votes, strict=True), *more]
    expected = group_statistics(tuple(zip(*everything, strict=True)), groups)
    found = state.statistics()
    assert (found.agrees == expected.agrees).all()
    assert (found.all_seen == expected.all_seen).all()
    assert found.representative == expected.representative
    assert state.since_drawn == len(more)


def test_place_of_a_voter_is_the_one_on_the_map():
    talk = seattle()
    state = OpinionState.from_votes(*talk.arrays(), moderated_out=talk.moderated_out)
    drawn = state.drawn
    for row in range(0, 339, 30):
        place = state.place(int(drawn.participant_ids[row]))
        np.testing.assert_allclose(place, drawn.projections[row], atol=1e-12)


def test_vote_tells_what_it_touched():
    state = OpinionState.from_votes(*two_camps())
    touched = state.vote(0, 1, -1)
    assert (touched.participant, touched.statement, touched.group) == (0, 1, int(state.drawn.labels[0]))
    assert state.vote(0, 1, 0).was == -1
    assert state.vote(777, 1, 1).group is None
    with pytest.raises(NotAVote):
        state.vote(0, 1, 5)


def test_in_mode_polis_who_is_in_stays_in():
    people = np.arange(20)
    state = OpinionState.from_votes(people, [0] * 20, people % 2, mode="polis")
    assert len(state.drawn.grouped_ids) == 20
    for statement in range(1, 10):
        state.vote(0, statement, 1)
    assert len(state.recompute().grouped_ids) == 20
    assert len(opinion_map(*zip(*_all_votes(state), strict=True), mode="polis").grouped_ids) == 15


def test_statement_moderated_out_leaves_map_and_routing():
    state = OpinionState.from_votes(*two_camps())
    state.moderate(3, out=True)
    assert 3 not in state.priorities()
    assert state.recompute().moderated.tolist() == [one == 3 for one in range(20)]
    state.moderate(3, out=False)
    assert not state.recompute().moderated.any()


def _all_votes(state):
    table = state.table()
    return list(
        zip(
            table.participant_ids[table.rows()], table.statement_ids[table.columns], table.values, strict=True
        )
    )
