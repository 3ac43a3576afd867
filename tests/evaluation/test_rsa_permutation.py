"""Permutation tests against a loop over reordered models, and their error rates."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import binom

from semdnn.evaluation import rsa_permutation
from semdnn.evaluation.rsa import cross_validated_r2, models_r2
from semdnn.evaluation.rsa_data import RsaSettings, stimulus_pairs
from semdnn.evaluation.rsa_fit import draw_splits
from semdnn.evaluation.rsa_permutation import PermutationTest, permutation_test


def rng_of(seed=0):
    return np.random.default_rng(seed)


def example(rng, set_sizes):
    """Return noisy listeners, and models of which one is related to them."""
    blocks = [[pdist(rng.standard_normal((n, 3))) for n in set_sizes] for _ in range(6)]
    rows = np.array([np.concatenate(block) for block in blocks])
    listeners = rows[0] + rng.standard_normal((6, rows.shape[1]))
    return listeners, {"good": rows[:2], "one": rows[2:3], "three": rows[3:]}


@pytest.mark.parametrize(
    ("set_sizes", "options"),
    [
        ((9,), {}),
        ((9,), {"ridge": 0.3}),
        ((9,), {"transform": "rank"}),
        ((6, 7), {"set_sizes": (6, 7), "transform": "zscore"}),
    ],
)
def test_null_is_r2_of_models_with_reordered_stimuli(set_sizes, options, monkeypatch) -> None:
    monkeypatch.setattr(rsa_permutation, "_CELLS", 1_000)  # several blocks
    listeners, models = example(rng_of(), set_sizes)
    settings = RsaSettings(**options)
    result = permutation_test(
        listeners, models, rng=rng_of(1), n_splits=7, n_permutations=11, settings=settings
    )
    plain = models_r2(listeners, models, rng=rng_of(1), n_splits=7, settings=settings)
    np.testing.assert_allclose(result.observed, [plain[name].mean for name in models])
    same = rng_of(1)
    draw_splits(6, 7, same)
    pairs = stimulus_pairs(listeners.shape[1], settings.set_sizes)
    size = 1_000 // listeners.size
    blocks = [min(size, 11 - start) for start in range(0, 11, size)]
    orders = np.concatenate([pairs.random_orders(n, same) for n in blocks])
    assert result.null.shape == (11, 3)
    for order, row in zip(orders, result.null, strict=True):
        # The listeners go to the new order; the models to the inverse one.
        places = pairs.permuted(np.argsort(order)[None])[0]
        moved = {name: layers[:, places] for name, layers in models.items()}
        expected = models_r2(listeners, moved, rng=rng_of(1), n_splits=7, settings=settings)
        np.testing.assert_allclose(row, [expected[name].mean for name in models], atol=1e-10)


def test_p_values_count_orders_and_the_observed_one() -> None:
    null = np.array([[0.1, 0.5], [0.2, 0.1], [0.3, 0.2]])
    test = PermutationTest(("a", "b"), np.array([0.25, 0.2]), null)
    np.testing.assert_allclose(test.p, [2 / 4, 3 / 4])
    np.testing.assert_allclose(test.p_corrected, [3 / 4, 4 / 4])
    np.testing.assert_allclose(test.chance, [0.2, 0.8 / 3])


def test_standardised_p_is_that_of_z_scores() -> None:
    rng = rng_of(2)
    null = rng.standard_normal((200, 3)) * [1, 10, 0.1] + [0, 5, 1]
    observed = np.array([2.2, 6.0, 1.5])
    test = PermutationTest(("a", "b", "c"), observed, null)
    stacked = np.vstack([observed, null])
    z = (stacked - stacked.mean(axis=0)) / stacked.std(axis=0)
    expected = [np.mean(np.r_[True, z[1:].max(axis=1) >= z[0, m]]) for m in range(3)]
    np.testing.assert_allclose(test.p_corrected_standardised, expected)
    assert test.p_corrected[2] > 0.5 > test.p_corrected_standardised[2]


def test_difference_p_is_against_the_largest_difference_of_any_two() -> None:
    rng = rng_of(3)
    null = rng.standard_normal((99, 4))
    observed = np.array([0.0, 5.0, 1.0, 0.1])
    p = PermutationTest(tuple("abcd"), observed, null).difference_p
    chance = np.vstack([observed, null]).mean(axis=0)
    for i in range(4):
        for j in range(4):
            own = abs((observed - chance)[i] - (observed - chance)[j])
            centred = null - chance
            largest = [max(abs(a - b) for a in row for b in row) for row in centred]
            expected = (1 + sum(value >= own for value in largest)) / 100 if i != j else 1
            assert p[i, j] == pytest.approx(expected)
    assert p[0, 1] < 0.06 < p[0, 3]


def test_a_related_model_is_found_and_unrelated_ones_are_not() -> None:
    listeners, models = example(rng_of(4), (20,))
    result = permutation_test(listeners, models, rng=rng_of(), n_splits=50, n_permutations=499)
    assert result.p[0] == result.p_corrected[0] == pytest.approx(1 / 500)
    assert (result.p[1:] > 0.02).all()
    assert (result.p <= result.p_corrected).all()
    assert (result.chance > 0).all()
    assert result.chance[2] > result.chance[1]


def test_a_group_mean_can_be_tested() -> None:
    listeners, models = example(rng_of(5), (12,))
    result = permutation_test(listeners[:1], models, rng=rng_of(), n_splits=3, n_permutations=99)
    layers = models["good"]
    design = np.column_stack([np.ones(layers.shape[1]), layers.T])
    fitted = design @ np.linalg.lstsq(design, listeners[0], rcond=None)[0]
    expected = np.corrcoef(fitted, listeners[0])[0, 1] ** 2
    assert result.observed[0] == pytest.approx(expected)


@pytest.mark.slow
def test_false_positive_rates_are_nominal_over_1000_simulations() -> None:
    """Unrelated models, alone and as a family; structured stimuli and listeners with tastes."""
    rng, n_experiments = rng_of(6), 1_000
    alone, family, standardised = (np.zeros(n_experiments, dtype=bool) for _ in range(3))
    for number in range(n_experiments):
        heard = rng.standard_normal((10, 2))
        tastes = rng.gamma(2, 0.5, size=(6, 1, 2))
        listeners = np.array([pdist(heard * taste) for taste in tastes])
        listeners += 0.5 * rng.standard_normal(listeners.shape)
        models = {
            str(n): [pdist(rng.standard_normal((10, 2))) for _ in range(n)] for n in (1, 2, 5)
        }
        test = permutation_test(listeners, models, rng=rng, n_splits=20, n_permutations=199)
        alone[number] = test.p[0] <= 0.05
        family[number] = test.p_corrected.min() <= 0.05
        standardised[number] = test.p_corrected_standardised.min() <= 0.05
    low, high = binom.ppf([0.001, 0.999], n_experiments, 0.05)
    for rejected in (alone, family, standardised):
        assert low <= rejected.sum() <= high


@pytest.mark.slow
def test_power_grows_with_the_relation() -> None:
    rng = rng_of(7)
    rates = []
    for strength in (0.0, 0.1, 0.3):
        n_found = 0
        for _ in range(60):
            layer = pdist(rng.standard_normal((12, 3)))
            listeners = strength * layer + 0.5 * rng.standard_normal((8, layer.size))
            test = permutation_test(
                listeners, {"m": layer}, rng=rng, n_splits=20, n_permutations=99
            )
            n_found += test.p[0] <= 0.05
        rates.append(n_found / 60)
    assert rates[0] < 0.2 < rates[2]
    assert rates[0] <= rates[1] <= rates[2]


def test_chance_of_many_layers_is_above_zero_unless_stimuli_are_held_out() -> None:
    rng = rng_of(8)
    heard = pdist(rng.standard_normal((24, 3)))
    listeners = heard + 0.2 * rng.standard_normal((8, heard.size))
    layers = np.array([pdist(rng.standard_normal((24, 3))) for _ in range(8)])
    chance = permutation_test(
        listeners, {"m": layers}, rng=rng_of(), n_splits=20, n_permutations=200
    ).chance[0]
    held_out = cross_validated_r2(
        listeners, layers, rng=rng_of(), n_splits=100, settings=RsaSettings(held_out=0.3)
    )
    assert chance > 0.02
    assert held_out.mean < 0
