"""Which statement comes next."""

import numpy as np
import pytest

from tongxin.deliberation.opinion import next_statement, priority
from tongxin.deliberation.opinion.routing import UNSEEN_PRIORITY


def test_priority_of_a_worked_example():
    expected = ((1 - 3 / 12) * (0.5 + 1) * (7 / 12) * (1 + 8 * 2 ** (-2))) ** 2
    assert float(priority(6, 2, 10, 0.5)) == pytest.approx(expected)


def test_new_statement_is_worth_more_than_an_old_one_of_the_same_kind():
    np.testing.assert_allclose(UNSEEN_PRIORITY, ((1 - 0.5) * 1 * 0.5 * 9) ** 2)
    assert float(priority(40, 10, 60, 0.2)) < UNSEEN_PRIORITY


def test_draws_follow_the_priorities():
    random = np.random.default_rng(5)
    drawn = [next_statement({1: 6.0, 2: 3.0, 3: 1.0}, [1, 2, 3], [], random) for _ in range(4000)]
    shares = [drawn.count(one) / len(drawn) for one in (1, 2, 3)]
    np.testing.assert_allclose(shares, [0.6, 0.3, 0.1], atol=0.03)


def test_seen_statements_never_come_again_and_the_end_is_the_end():
    random = np.random.default_rng(5)
    assert {next_statement({}, [4, 5, 6], [4], random) for _ in range(50)} == {5, 6}
    assert next_statement({4: 1.0}, [4], [4], random) is None


def test_statement_nobody_voted_on_has_its_own_weight():
    random = np.random.default_rng(5)
    drawn = [next_statement({1: 0.0001}, [1, 2], [], random) for _ in range(300)]
    assert drawn.count(2) > 290


def test_broken_priority_is_an_error_and_not_a_uniform_draw():
    with pytest.raises(ValueError, match="positive"):
        next_statement({1: float("nan")}, [1, 2], [], np.random.default_rng(5))
