"""Groups as Polis makes them."""

import numpy as np

from tests.deliberation.opinion.conversations import agreement, ring, seattle
from tongxin.deliberation.opinion import GroupCount, base_clusters, group_base_clusters, opinion_map


def test_base_clusters_count_every_participant_once():
    points = ring(3, each=70)
    base = base_clusters(points)
    assert len(base.centers) <= 100
    assert base.weights.sum() == len(points)
    assert (base.weights > 0).all()
    for cluster in range(len(base.centers)):
        np.testing.assert_allclose(base.centers[cluster], points[base.labels == cluster].mean(axis=0))


def test_fewer_distinct_projections_than_clusters_are_clusters_of_their_own():
    base = base_clusters([[0, 0], [1, 1], [0, 0], [2, 2]])
    assert base.centers.tolist() == [[0, 0], [1, 1], [2, 2]]
    assert base.weights.tolist() == [2, 1, 1]
    assert base.labels.tolist() == [0, 1, 0, 2]


def test_number_of_groups_comes_from_the_silhouette():
    assert group_base_clusters(ring(3, each=12)[np.arange(36).reshape(3, 12).T.ravel()]).k == 3


def test_weights_move_centres_and_not_the_silhouette():
    centers = [[0, 0], [4, 0], [1, 0], [5, 0]]
    light = group_base_clusters(centers, [1, 1, 1, 1])
    heavy = group_base_clusters(centers, [1, 1, 9, 1])
    assert light.labels.tolist() == heavy.labels.tolist() == [0, 1, 0, 1]
    assert light.silhouettes == heavy.silhouettes
    assert heavy.centers[0].tolist() == [0.9, 0.0]


def test_k_changes_only_after_four_agreeing_recomputations():
    memory = GroupCount()
    both = {2: 0.0, 3: 0.0}
    assert [memory.settle(best, both) for best in (2, 3, 3, 3, 3, 2)] == [2, 2, 2, 2, 3, 3]


def test_k_that_is_no_longer_possible_gives_way_at_once():
    memory = GroupCount()
    assert memory.settle(4, {2: 0.1, 3: 0.2, 4: 0.3}) == 4
    assert memory.settle(2, {2: 0.1, 3: 0.05}) == 2


def test_real_conversation_has_the_groups_polis_had():
    talk = seattle()
    drawn = opinion_map(*talk.arrays(), moderated_out=talk.moderated_out, mode="polis")
    assert drawn.k == 2
    exported = [talk.groups[one] for one in drawn.grouped_ids.tolist()]
    assert agreement(drawn.labels, exported) > 0.5
