"""What represents a group, what all agree on: figures worked out by hand and on a real conversation."""

from math import sqrt

import numpy as np
import pytest
from scipy.sparse import csr_array

from tests.deliberation.opinion.conversations import seattle, two_camps
from tongxin.deliberation.opinion import group_statistics, vote_table

NONE = np.nan


def test_figures_of_a_worked_example():
    # Group 0: 3 agree, 1 disagrees; group 1: 1 agrees, 2 disagree, 1 passes.
    column = [1, 1, 1, -1, 1, -1, -1, 0]
    found = group_statistics(np.array(column, dtype=float)[:, None], [0] * 4 + [1] * 4)
    assert found.agrees.ravel().tolist() == [3, 1]
    assert found.disagrees.ravel().tolist() == [1, 2]
    assert found.seen.ravel().tolist() == [4, 4]
    assert found.agree.probability[0, 0] == pytest.approx(4 / 6)
    assert found.agree.probability_test[0, 0] == pytest.approx(2 * sqrt(5) * (4 / 5 - 0.5))
    assert found.agree.representativeness[0, 0] == pytest.approx((4 / 6) / (2 / 6))
    pooled = (4 + 2) / (5 + 5)
    expected = (4 / 5 - 2 / 5) / sqrt(pooled * (1 - pooled) * (1 / 5 + 1 / 5))
    assert found.agree.representativeness_test[0, 0] == pytest.approx(expected)
    assert found.group_aware_consensus[0] == pytest.approx((4 / 6) * (2 / 6))
    assert found.group_aware_mean[0] == pytest.approx(sqrt((4 / 6) * (2 / 6)))


def test_everybody_agreeing_tells_no_group_from_another():
    found = group_statistics(np.ones((6, 1)), [0, 0, 0, 1, 1, 1])
    assert found.agree.representativeness_test.ravel().tolist() == [0.0, 0.0]


def test_representative_statements_of_the_groups_polis_exported():
    talk = seattle()
    found = group_statistics(vote_table(*talk.arrays(), moderated_out=talk.moderated_out), talk.groups)
    listed = {g: [(one.statement, one.direction) for one in rows] for g, rows in found.representative.items()}
    assert all(len(rows) <= 5 for rows in listed.values())
    for rows in found.representative.values():
        assert [one.direction for one in rows] == sorted(one.direction for one in rows)
        assert sum(one.best_agree for one in rows) == 1
        assert not {one.statement for one in rows} & set(talk.moderated_out)
    # The same groups, given to red-dwarf 0.4.0, select these.
    assert listed == {
        0: [(12, "agree"), (24, "agree"), (8, "agree"), (48, "agree"), (20, "disagree")],
        1: [(20, "agree"), (24, "disagree"), (8, "disagree"), (12, "disagree"), (10, "disagree")],
    }
    assert [one.statement for one in found.consensus.agree] == [45, 12, 11, 48, 2]
    assert [one.statement for one in found.consensus.disagree] == [26]


def test_group_without_a_significant_statement_still_has_one():
    votes = np.array([[1.0], [-1.0], [1.0], [-1.0]])
    found = group_statistics(votes, [0, 0, 1, 1])
    assert {group: len(rows) for group, rows in found.representative.items()} == {0: 1, 1: 1}


def test_matrix_forms_and_arrays_give_the_same():
    people, statements, votes = two_camps()
    labels = {int(one): int(one) % 2 for one in range(60)}
    table = vote_table(people, statements, votes)
    dense = np.full((60, 20), NONE)
    dense[people, statements] = votes
    sparse = csr_array((table.values.astype(float), table.columns, table.starts), shape=(60, 20))
    rows = [labels[one] for one in range(60)]
    first = group_statistics(table, labels)
    for other in (
        group_statistics((people, statements, votes), rows),
        group_statistics(dense, rows),
        group_statistics(sparse, np.array(rows)),
    ):
        assert (other.seen == first.seen).all()
        assert other.representative == first.representative
        assert other.consensus == first.consensus


def test_participants_without_a_group_count_in_consensus_only():
    votes = np.array([[1.0]] * 9)
    found = group_statistics(votes, [0, 0, 1, 1, -1, -1, -1, -1, -1])
    assert found.seen.ravel().tolist() == [2, 2]
    assert found.consensus.agree[0].trials == 9


def test_groups_keep_the_numbers_they_came_with():
    found = group_statistics(np.ones((4, 2)), [7, 7, 2, 2])
    assert sorted(found.representative) == [2, 7]


def test_division_and_uncertainty():
    people, statements, votes = two_camps(size=80, sure=0.95)
    votes = np.where(statements == 8, 0, votes)
    found = group_statistics((people, statements, votes), {one: one % 2 for one in range(80)})
    assert found.divisive
    assert all(one.statement % 4 for one in found.divisive)
    assert all((one.highest_group, one.lowest_group) == (0, 1) for one in found.divisive)
    assert [one.spread for one in found.divisive] == sorted(
        (one.spread for one in found.divisive), reverse=True
    )
    assert found.uncertain[0].statement == 8
    assert found.uncertain[0].share == 1.0
    agreed = {one.statement for one in found.consensus.agree}
    assert agreed <= {0, 4, 12, 16}
    assert agreed


def test_labels_must_fit_the_rows():
    with pytest.raises(ValueError, match="3 labels for 2 participants"):
        group_statistics(np.ones((2, 2)), [0, 1, 1])
