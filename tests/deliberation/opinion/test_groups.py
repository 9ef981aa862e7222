"""Canonical groups depend on nothing but the points."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.deliberation.opinion.conversations import ring
from tongxin.deliberation.opinion import canonical_groups
from tongxin.deliberation.opinion import groups as module
from tongxin.deliberation.opinion.silhouettes import silhouettes


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(st.integers(-6, 6), st.integers(-6, 6)), min_size=1, max_size=70),
    st.randoms(use_true_random=False),
)
def test_any_order_of_points_gives_the_same_groups(points, random):
    places = np.array(points, dtype=np.float64) / 7
    order = list(range(len(points)))
    random.shuffle(order)
    first, second = canonical_groups(places), canonical_groups(places[order])
    assert second.labels.tolist() == first.labels[order].tolist()
    assert (first.centers == second.centers).all()
    assert sorted(set(first.labels.tolist())) == list(range(first.k))


@pytest.mark.parametrize("places", [2, 3, 4, 5])
def test_clear_groups_are_found_and_numbered_by_size(places):
    points = ring(places, each=30)[: 30 * places - 5]
    grouping = canonical_groups(points)
    assert grouping.k == places
    sizes = np.bincount(grouping.labels)
    assert sizes.tolist() == sorted(sizes.tolist(), reverse=True)


def test_no_group_under_three_percent():
    points = np.concatenate([ring(2, each=100), [[40.0, 40.0]]])
    grouping = canonical_groups(points)
    assert grouping.k == 2
    assert np.bincount(grouping.labels).min() >= 0.03 * len(points)


@pytest.mark.parametrize(("points", "k"), [([], 0), ([[1, 2]], 1), ([[1, 2]] * 50, 1), ([[0, 0], [1, 1]], 2)])
def test_few_points(points, k):
    grouping = canonical_groups(points)
    assert grouping.k == k
    assert len(grouping.labels) == len(points)


def test_cells_find_the_groups_of_the_points(monkeypatch):
    points = ring(3, each=700, spread=0.25)
    exact = canonical_groups(points)
    monkeypatch.setattr(module, "EXACT_UP_TO", 100)
    monkeypatch.setattr(module, "FINE_STRIPS", 20)
    monkeypatch.setattr(module, "COARSE_STRIPS", 8)
    by_cells = canonical_groups(points)
    assert by_cells.k == exact.k == 3
    assert (by_cells.labels != exact.labels).sum() <= 2
    order = np.random.default_rng(1).permutation(len(points))
    assert (canonical_groups(points[order]).labels == by_cells.labels[order]).all()


def test_silhouette_of_a_worked_example():
    points = np.array([[0.0, 0], [2, 0], [10, 0]])
    expected = ((9 - 0 + 1 - 2) / 10 + (8 - 2) / 8 + 0) / 3
    assert silhouettes(points, [np.array([0, 0, 1])])[0] == pytest.approx(expected)


def test_silhouette_with_weights_is_that_of_the_points_they_stand_for():
    points, weights = np.array([[0.0, 0], [1, 1], [5, 5], [6, 4]]), np.array([3.0, 1, 2, 4])
    labels = np.array([0, 0, 1, 1])
    repeated = np.repeat(np.arange(4), weights.astype(int))
    assert silhouettes(points, [labels], weights)[0] == pytest.approx(
        silhouettes(points[repeated], [labels[repeated]])[0]
    )
