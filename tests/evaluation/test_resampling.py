"""Bootstrap and sign-flip test against enumeration and the normal approximation."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semdnn.evaluation import resampling
from semdnn.evaluation.resampling import bootstrap_interval, paired_permutation_test


def test_interval_nears_the_enumeration_of_all_resamples() -> None:
    values = np.array([0.0, 0.1, 0.4, 0.9])
    means = [np.mean(pick) for pick in product(values, repeat=4)]
    low, high = np.quantile(means, [0.1, 0.9])
    result = bootstrap_interval(values, np.random.default_rng(0), level=0.8, n_resamples=40_000)
    assert result.mean == pytest.approx(0.35)
    assert result.low == pytest.approx(low, abs=0.03)
    assert result.high == pytest.approx(high, abs=0.03)


def test_interval_of_many_sounds_is_near_the_normal_one() -> None:
    values = np.random.default_rng(1).standard_normal(2_000)
    result = bootstrap_interval(values, np.random.default_rng(2), n_resamples=4_000)
    half = 1.96 * values.std() / np.sqrt(2_000)
    assert result.low == pytest.approx(values.mean() - half, abs=0.004)
    assert result.high == pytest.approx(values.mean() + half, abs=0.004)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.integers(0, 100))
def test_interval_lies_within_the_values_and_repeats(values, seed) -> None:
    array = np.array(values)
    one, other = (
        bootstrap_interval(array, np.random.default_rng(seed), n_resamples=50) for _ in range(2)
    )
    assert one == other
    assert array.min() - 1e-12 <= one.low <= one.high <= array.max() + 1e-12


def test_p_value_nears_the_enumeration_of_all_signs() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.random(10) + 0.3, rng.random(10)
    d = a - b
    sums = [abs(np.dot(signs, d)) for signs in product([-1, 1], repeat=10)]
    exact = np.mean(np.array(sums) >= abs(d.sum()) - 1e-12)
    p = paired_permutation_test(a, b, np.random.default_rng(4), n_permutations=20_000)
    assert 0.001 < exact < 0.6
    assert p == pytest.approx(exact, abs=0.02)


def test_equal_networks_have_p_1_and_clearly_better_ones_the_least() -> None:
    a = np.random.default_rng(5).random(200)
    assert paired_permutation_test(a, a, np.random.default_rng(0), n_permutations=99) == 1
    p = paired_permutation_test(a + 0.1, a, np.random.default_rng(0), n_permutations=99)
    assert p == pytest.approx(0.01)


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_p_value_is_symmetric_and_blind_to_scale(seed) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.random(8), rng.random(8)
    p = [
        paired_permutation_test(x, y, np.random.default_rng(0), n_permutations=60)
        for x, y in ((a, b), (b, a), (4 * a, 4 * b))
    ]
    assert p[0] == p[1] == p[2]


def test_small_blocks_stay_valid(monkeypatch) -> None:
    monkeypatch.setattr(resampling, "_CELLS", 7)
    values = np.array([0.0, 1.0, 1.0])
    interval = bootstrap_interval(values, np.random.default_rng(0), n_resamples=101)
    assert interval.low < interval.mean < interval.high
    p = paired_permutation_test(values, values[::-1], np.random.default_rng(0), n_permutations=101)
    assert p == 1


@pytest.mark.parametrize("values", [[], [np.nan], [[1.0]], [np.inf, 1.0]])
def test_missing_scores_are_refused(values) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="one finite score a sound"):
        bootstrap_interval(np.array(values), rng)
    with pytest.raises(ValueError, match="one finite score a sound"):
        paired_permutation_test(np.array(values), np.array(values), rng)


def test_bad_arguments_are_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="level 95"):
        bootstrap_interval(np.ones(3), rng, level=95)
    with pytest.raises(ValueError, match="not paired"):
        paired_permutation_test(np.ones(3), np.ones(2), rng)
