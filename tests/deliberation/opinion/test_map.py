"""The whole map: against Polis's export, in any order, and where there is next to nothing to map."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.deliberation.opinion.conversations import VOTES, agreement, seattle, two_camps
from tongxin.deliberation.opinion import opinion_map, vote_table


def test_real_conversation_against_polis_export():
    talk = seattle()
    drawn = opinion_map(*talk.arrays(), moderated_out=talk.moderated_out)
    ours, theirs = set(drawn.grouped_ids.tolist()), set(talk.groups)
    assert len(ours & theirs) / len(ours | theirs) >= 0.99
    common = [one for one in drawn.grouped_ids.tolist() if one in theirs]
    labels = dict(zip(drawn.grouped_ids.tolist(), drawn.labels.tolist(), strict=True))
    assert agreement([labels[one] for one in common], [talk.groups[one] for one in common]) >= 0.75


def test_renumbering_people_and_shuffling_votes_changes_nothing():
    talk = seattle()
    drawn = opinion_map(*talk.arrays(), moderated_out=talk.moderated_out)
    table = vote_table(*talk.arrays())
    random = np.random.default_rng(8)
    renamed = random.permutation(20_000)[: table.participants]
    order = random.permutation(len(table.values))
    again = opinion_map(
        renamed[table.rows()][order],
        table.statement_ids[table.columns][order],
        table.values[order],
        moderated_out=talk.moderated_out,
    )
    assert (again.components == drawn.components).all()
    new_name = dict(zip(table.participant_ids.tolist(), renamed.tolist(), strict=True))
    labels = dict(zip(again.grouped_ids.tolist(), again.labels.tolist(), strict=True))
    assert [labels[new_name[one]] for one in drawn.grouped_ids.tolist()] == drawn.labels.tolist()
    assert again.representative == drawn.representative
    assert (again.priorities == drawn.priorities).all()


@settings(deadline=None, max_examples=40)
@given(VOTES, st.sets(st.integers(0, 9), max_size=10), st.randoms(use_true_random=False))
def test_any_votes_in_any_order_under_any_names(votes, out, random):
    cells = list({(p, s): v for p, s, v in votes}.items())
    names = list(range(100, 113))
    random.shuffle(names)
    shuffled = [((names[p], s), v) for (p, s), v in cells]
    random.shuffle(shuffled)

    def drawn_from(these):
        return opinion_map(
            [p for (p, _), _ in these], [s for (_, s), _ in these], [v for _, v in these], moderated_out=out
        )

    first, second = drawn_from(cells), drawn_from(shuffled)
    assert second.k == first.k
    assert (second.components == first.components).all()
    assert (second.priorities == first.priorities).all()
    assert second.representative == first.representative
    labels = dict(zip(second.grouped_ids.tolist(), second.labels.tolist(), strict=True))
    renamed = {
        names[one]: label
        for one, label in zip(first.grouped_ids.tolist(), first.labels.tolist(), strict=True)
    }
    assert labels == renamed
    for figure in (first.projections, first.priorities, first.group_aware_consensus, first.extremity):
        assert np.isfinite(figure).all()


GRID = (np.repeat(np.arange(30), 8), np.tile(np.arange(8), 30))
RANDOM = np.random.default_rng(2).integers(-1, 2, 240)
DEGENERATE = {
    "nothing": ([], [], [], (), 0),
    "one vote": ([5], [9], [1], (), 1),
    "one participant": ([1] * 10, range(10), [1, -1] * 5, (), 1),
    "one statement": (range(40), [3] * 40, [1, -1] * 20, (), 2),
    "all pass": (*GRID, [0] * 240, (), 1),
    "identical votes": (*GRID, [1, -1, 1, 1, 0, 1, -1, 1] * 30, (), 1),
    "everything moderated out": (*GRID, RANDOM, range(8), 1),
}


@pytest.mark.parametrize("mode", ["canonical", "polis"])
@pytest.mark.parametrize("name", DEGENERATE)
def test_next_to_nothing_to_map(name, mode):
    participants, statements, votes, out, k = DEGENERATE[name]
    drawn = opinion_map(list(participants), list(statements), list(votes), moderated_out=out, mode=mode)
    assert drawn.k == k
    assert len(drawn.labels) == len(drawn.grouped_ids)
    assert sorted(drawn.representative) == list(range(k))
    assert np.isfinite(drawn.projections).all()
    if out:
        assert not list(drawn.consensus)
        assert not any(drawn.representative.values())


def test_group_that_vanishes_takes_its_label_along():
    people, statements, votes = two_camps()
    assert opinion_map(people, statements, votes).k == 2
    changed = np.where(statements % 2 == 0, 1, -1)
    drawn = opinion_map(
        np.concatenate([people, people]),
        np.concatenate([statements, statements]),
        np.concatenate([votes, changed]),
    )
    assert sorted(set(drawn.labels.tolist())) == list(range(drawn.k))


def test_the_most_active_fill_up_to_fifteen():
    people = np.concatenate([np.repeat(np.arange(5), 10), np.repeat(np.arange(5, 30), 3)])
    statements = np.concatenate([np.tile(np.arange(10), 5), (np.arange(75) % 10)])
    votes = np.random.default_rng(0).integers(-1, 2, len(people))
    drawn = opinion_map(people, statements, votes)
    assert len(drawn.grouped_ids) == 15
    assert set(range(5)) <= set(drawn.grouped_ids.tolist())


def test_whoever_was_grouped_stays():
    people, statements, votes = two_camps()
    late = (np.append(people, 900), np.append(statements, 1), np.append(votes, 1))
    assert 900 not in opinion_map(*late).grouped_ids
    assert 900 in opinion_map(*late, grouped_before=[900]).grouped_ids


def test_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="no such mode"):
        opinion_map([1], [1], [1], mode="guess")


def test_the_package_needs_no_django():
    program = "import sys, tongxin.deliberation.opinion.command as _; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
