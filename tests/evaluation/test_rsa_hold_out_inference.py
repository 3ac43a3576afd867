"""Held-out permutations and jackknife against refits of `models_r2`, and known answers."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform

from semdnn.evaluation import rsa_hold_out_inference
from semdnn.evaluation.rsa import models_r2
from semdnn.evaluation.rsa_data import RsaError, RsaSettings, stimulus_pairs
from semdnn.evaluation.rsa_fit import draw_splits
from semdnn.evaluation.rsa_hold_out import draw_test_stimuli
from semdnn.evaluation.rsa_hold_out_inference import held_out_jackknife, held_out_permutation_test
from semdnn.evaluation.rsa_interval import contrast

SETTINGS = RsaSettings(held_out=0.4, ridge=0.1)


def rng_of(seed=0):
    return np.random.default_rng(seed)


def example(rng, n_stimuli=12, n_listeners=5):
    truth = pdist(rng.standard_normal((n_stimuli, 3)))
    layers = np.array([truth + 0.3 * rng.standard_normal(truth.size), rng.random(truth.size)])
    listeners = truth + rng.standard_normal((n_listeners, truth.size))
    return listeners, {"good": layers, "random": rng.random((2, truth.size))}


@pytest.mark.parametrize("n_listeners", [1, 5])
def test_null_is_held_out_r2_of_models_with_reordered_stimuli(n_listeners) -> None:
    listeners, models = example(rng_of(), n_listeners=n_listeners)
    result = held_out_permutation_test(
        listeners, models, rng=rng_of(1), n_splits=6, n_permutations=4, settings=SETTINGS
    )
    plain = models_r2(listeners, models, rng=rng_of(1), n_splits=6, settings=SETTINGS)
    np.testing.assert_allclose(result.observed, [plain[name].mean for name in models])
    same = rng_of(1)
    draw_splits(n_listeners, 6, same)
    pairs = stimulus_pairs(listeners.shape[1])
    draw_test_stimuli(pairs, 0.4, 6, same)
    for order, row in zip(pairs.random_orders(4, same), result.null, strict=True):
        squares = [squareform(one)[order][:, order] for one in listeners]
        moved = np.array([squareform(square, checks=False) for square in squares])
        expected = models_r2(moved, models, rng=rng_of(1), n_splits=6, settings=SETTINGS)
        np.testing.assert_allclose(row, [expected[name].mean for name in models])


def test_replicates_are_refits_without_each_stimulus_and_listener() -> None:
    rng = rng_of(2)
    listeners, models = example(rng, n_stimuli=10)
    replicates = held_out_jackknife(listeners, models, rng=rng_of(3), n_splits=5, settings=SETTINGS)
    plain = models_r2(listeners, models, rng=rng_of(3), n_splits=5, settings=SETTINGS)
    np.testing.assert_allclose(replicates.values, [plain[name].mean for name in models])
    assert replicates.without_stimulus.shape == (10, 2)
    assert replicates.without_listener.shape == (5, 2)
    # What a stimulus says does not count once it is left out.
    pairs = stimulus_pairs(listeners.shape[1])
    spoilt = listeners.copy()
    spoilt[:, (pairs.first == 4) | (pairs.second == 4)] = 99
    again = held_out_jackknife(spoilt, models, rng=rng_of(3), n_splits=5, settings=SETTINGS)
    np.testing.assert_allclose(again.without_stimulus[4], replicates.without_stimulus[4])
    assert not np.allclose(again.without_stimulus[3], replicates.without_stimulus[3])
    # Nor what a listener says; ranks and z-scores are of each listener by itself.
    spoilt = listeners.copy()
    spoilt[2] = 99 * rng.random(listeners.shape[1])
    again = held_out_jackknife(spoilt, models, rng=rng_of(3), n_splits=5, settings=SETTINGS)
    np.testing.assert_allclose(again.without_listener[2], replicates.without_listener[2])
    assert not np.allclose(again.without_listener[1], replicates.without_listener[1])


def test_many_stimuli_are_left_out_in_groups(monkeypatch) -> None:
    monkeypatch.setattr(rsa_hold_out_inference, "MAX_GROUPS", 5)
    listeners, models = example(rng_of(4))
    replicates = held_out_jackknife(listeners, models, rng=rng_of(), n_splits=4, settings=SETTINGS)
    assert replicates.without_stimulus.shape == (5, 2)
    assert replicates.set_sizes == (5,)
    assert contrast(replicates, {"good": 1}, over="stimuli").standard_error > 0


def test_a_related_model_is_found_in_a_group_mean_and_a_flexible_random_one_is_not() -> None:
    rng = rng_of(5)
    truth = pdist(rng.standard_normal((16, 3)))
    mean = truth + 0.3 * truth.std() * rng.standard_normal(truth.size)
    models = {"good": truth[None], "random": [pdist(rng.random((16, 3))) for _ in range(8)]}
    test = held_out_permutation_test(
        mean[None], models, rng=rng, n_splits=40, n_permutations=199, settings=SETTINGS
    )
    assert test.p_corrected[0] == pytest.approx(1 / 200)
    assert test.p[1] > 0.05
    assert test.chance[1] < 0


@pytest.mark.slow
def test_false_positive_rate_is_nominal() -> None:
    rng = rng_of(6)
    found = 0
    for _ in range(300):
        mean = pdist(rng.standard_normal((9, 3)))
        layers = [pdist(rng.standard_normal((9, 3))) for _ in range(3)]
        found += (
            held_out_permutation_test(
                mean[None], {"m": layers}, rng=rng, n_splits=8, n_permutations=99, settings=SETTINGS
            ).p[0]
            <= 0.05
        )
    assert 2 <= found <= 29  # 0.05 of 300 is 15; both ends are 3.7 standard deviations away


def test_without_hold_out_it_is_refused() -> None:
    listeners, models = example(rng_of())
    with pytest.raises(RsaError, match="no stimuli are held out"):
        held_out_jackknife(listeners, models, rng=rng_of(), settings=RsaSettings())
