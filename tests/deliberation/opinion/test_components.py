"""Components and projections equal those of the dense formulas."""

import numpy as np
import pytest

from tests.deliberation.opinion.conversations import seattle, two_camps
from tongxin.deliberation.opinion import components as module
from tongxin.deliberation.opinion import opinion_map, vote_table


def dense(table):
    """The formulas written out on a dense matrix: centre, components, projections."""
    matrix = np.full((table.participants, table.statements), np.nan)
    matrix[table.rows(), table.columns] = table.values
    matrix[:, table.moderated] = 0.0
    center = np.nanmean(matrix, axis=0)
    centred = np.where(np.isnan(matrix), 0.0, matrix - center)
    components = np.linalg.svd(centred, full_matrices=False)[2][:2]
    signs = np.sign(components[np.arange(2), np.abs(components).argmax(axis=1)])
    components = components * signs[:, None]
    seen = (~np.isnan(matrix)).sum(axis=1)
    return center, components, centred @ components.T * np.sqrt(table.statements / seen)[:, None]


@pytest.mark.parametrize("moderated", [True, False])
def test_real_conversation_to_ten_digits(moderated):
    talk = seattle()
    out = talk.moderated_out if moderated else ()
    table = vote_table(*talk.arrays(), moderated_out=out)
    drawn = opinion_map(*talk.arrays(), moderated_out=out)
    center, components, projections = dense(table)
    np.testing.assert_allclose(drawn.center, center, atol=1e-12)
    np.testing.assert_allclose(drawn.components, components, atol=1e-11)
    np.testing.assert_allclose(drawn.projections, projections, atol=1e-10)


@pytest.mark.parametrize("limit", ["WIDEST_PRODUCT", "MOST_PAIRS"])
def test_iterating_on_rows_finds_the_same(monkeypatch, limit):
    table = vote_table(*seattle().arrays(), moderated_out=[3, 7])
    expected = module.principal_components(table).components
    monkeypatch.setattr(module, limit, 1)
    np.testing.assert_allclose(module.principal_components(table).components, expected, atol=1e-10)


def test_iterating_on_the_scatter_matrix_finds_the_same(monkeypatch):
    table = vote_table(*seattle().arrays())
    expected = module.principal_components(table).components
    monkeypatch.setattr(module, "DIRECT_UP_TO", 1)
    np.testing.assert_allclose(module.principal_components(table).components, expected, atol=1e-10)


def test_counting_by_sparse_and_by_dense_blocks_is_the_same_to_the_bit(monkeypatch):
    table = vote_table(*seattle().arrays())
    center = module.statement_means(table)
    monkeypatch.setattr(module, "CHEAPER_DENSE", 0.0)
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 50)
    sparse = module.scatter_matrix(table, center)
    monkeypatch.setattr(module, "CHEAPER_DENSE", 1e9)
    assert (module.scatter_matrix(table, center) == sparse).all()


def test_statements_moderated_out_lie_at_the_centre():
    drawn = opinion_map(*two_camps(), moderated_out=[2, 3])
    assert drawn.moderated.sum() == 2
    assert not drawn.components[:, drawn.moderated].any()
    assert not drawn.extremity[drawn.moderated].any()


def test_one_direction_of_difference_leaves_the_second_axis_empty():
    people = np.repeat(np.arange(20), 8)
    votes = np.where(people < 10, 1, -1)
    drawn = opinion_map(people, np.tile(np.arange(8), 20), votes)
    assert drawn.components[0].any()
    assert not drawn.components[1].any()
    assert drawn.group_sizes.tolist() == [10, 10]
