"""R²cv against a loop of least squares, and known answers on simulated listeners."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist
from scipy.stats import rankdata

from semdnn.evaluation.rsa import (
    cross_validated_r2,
    layer_by_layer_r2,
    models_r2,
    partition_variance,
)
from semdnn.evaluation.rsa_data import RsaError, RsaSettings, stimulus_pairs
from semdnn.evaluation.rsa_fit import draw_splits
from semdnn.evaluation.rsa_hold_out import draw_test_stimuli


def rng_of(seed=0):
    return np.random.default_rng(seed)


def simulated(rng, n_stimuli=12, n_listeners=7, n_layers=3, noise=0.5):
    """Listeners who mix the layers with noise, each with a level of their own."""
    layers = np.array([pdist(rng.standard_normal((n_stimuli, 3))) for _ in range(n_layers)])
    heard = layers.T @ rng.random(n_layers)
    levels = rng.random((n_listeners, 1))
    listeners = heard + levels + noise * rng.standard_normal((n_listeners, heard.size))
    return listeners, layers


def literal_fit(layers, target, ridge):
    """Return a function that predicts, from ridge regression with a free intercept."""
    means, scales = layers.mean(axis=1), layers.std(axis=1)
    columns = ((layers - means[:, None]) / scales[:, None]).T
    n_pairs, n_layers = columns.shape
    design = np.column_stack([np.ones(n_pairs), columns])
    penalty = np.column_stack([np.zeros(n_layers), np.sqrt(ridge * n_pairs) * np.eye(n_layers)])
    stacked = np.vstack([design, penalty])
    weights = np.linalg.lstsq(stacked, np.r_[target, np.zeros(n_layers)], rcond=None)[0]
    return lambda new: weights[0] + ((new - means[:, None]) / scales[:, None]).T @ weights[1:]


def r2(truth, predicted):
    return 1 - ((truth - predicted) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()


def literal_scores(listeners, layers, splits, *, ridge=0.0, masks=None):
    """Return R², lower and upper ceiling of every split, one regression after the other."""
    everything = np.ones(listeners.shape[1], dtype=bool)
    scores = []
    for number, (train, test) in enumerate(zip(*splits, strict=True)):
        fit_on, test_on = masks[number] if masks else (everything, everything)
        target = listeners[train > 0].mean(axis=0)
        truth = listeners[test > 0].mean(axis=0)[test_on]
        predict = literal_fit(layers[:, fit_on], target[fit_on], ridge)
        row = [r2(truth, predict(layers[:, test_on]))]
        for regressor in (target[test_on], listeners.mean(axis=0)[test_on]):
            row.append(r2(truth, literal_fit(regressor[None], truth, 0)(regressor[None])))
        scores.append(row)
    return np.array(scores).T


@pytest.mark.parametrize("n_listeners", [2, 3, 8])
@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_closed_form_is_the_loop_of_regressions(n_listeners, ridge) -> None:
    listeners, layers = simulated(rng_of(), n_listeners=n_listeners)
    result = cross_validated_r2(
        listeners, layers, rng=rng_of(1), n_splits=20, settings=RsaSettings(ridge=ridge)
    )
    splits = draw_splits(n_listeners, 20, rng_of(1))
    expected, lower, upper = literal_scores(listeners, layers, splits, ridge=ridge)
    assert result.splits.shape == (20,)
    np.testing.assert_allclose(result.splits, expected, atol=1e-10)
    assert result.mean == pytest.approx(expected.mean())
    assert result.noise_ceiling == pytest.approx((lower.mean(), upper.mean()))


@pytest.mark.parametrize("transform", ["zscore", "rank"])
def test_transforms_are_of_each_listener_before_averaging(transform) -> None:
    listeners, layers = simulated(rng_of(2))
    result = cross_validated_r2(
        listeners, layers, rng=rng_of(), n_splits=9, settings=RsaSettings(transform=transform)
    )
    if transform == "rank":
        listeners = np.array([rankdata(row) for row in listeners])
        layers = np.array([rankdata(row) for row in layers])
    else:
        listeners = np.array([(row - row.mean()) / row.std() for row in listeners])
    expected = literal_scores(listeners, layers, draw_splits(7, 9, rng_of()))[0]
    np.testing.assert_allclose(result.splits, expected, atol=1e-10)


@pytest.mark.parametrize("ridge", [0.0, 0.2])
@pytest.mark.parametrize("set_sizes", [(), (8, 9)])
def test_held_out_stimuli_are_predicted_from_the_others(ridge, set_sizes) -> None:
    rng = rng_of(3)
    if set_sizes:
        parts = [simulated(rng, n_stimuli=n) for n in set_sizes]
        listeners, layers = (np.concatenate(side, axis=1) for side in zip(*parts, strict=True))
    else:
        listeners, layers = simulated(rng)
    options = RsaSettings(held_out=0.4, ridge=ridge, set_sizes=set_sizes)
    result = cross_validated_r2(listeners, layers, rng=rng_of(4), n_splits=8, settings=options)
    same = rng_of(4)
    splits = draw_splits(7, 8, same)
    pairs = stimulus_pairs(listeners.shape[1], set_sizes)
    masks = []
    for chosen in draw_test_stimuli(pairs, 0.4, 8, same):
        members = list(zip(pairs.first, pairs.second, strict=True))
        masks.append(
            (
                np.array([not chosen[i] and not chosen[j] for i, j in members]),
                np.array([chosen[i] and chosen[j] for i, j in members]),
            )
        )
    own, lower, upper = literal_scores(listeners, layers, splits, ridge=ridge, masks=masks)
    truths = [
        listeners[half > 0].mean(axis=0)[test_on]
        for half, (_, test_on) in zip(splits.test, masks, strict=True)
    ]
    totals = np.array([((truth - truth.mean()) ** 2).sum() for truth in truths])
    errors = (1 - own) * totals
    np.testing.assert_allclose(result.splits, 1 - errors / totals.mean(), atol=1e-10)
    assert result.mean == pytest.approx(1 - errors.sum() / totals.sum())
    assert result.noise_ceiling == pytest.approx((lower.mean(), upper.mean()))


def test_a_group_mean_is_predicted_on_held_out_stimuli_only() -> None:
    rng = rng_of(5)
    layers = np.array([pdist(rng.standard_normal((20, 3)))])
    mean = 3 * layers[0] + 1
    with pytest.raises(RsaError, match="cannot be split: hold out stimuli"):
        cross_validated_r2(mean[None], layers, rng=rng)
    result = cross_validated_r2(
        mean[None], layers, rng=rng, n_splits=5, settings=RsaSettings(held_out=0.3)
    )
    np.testing.assert_allclose(result.splits, 1)
    assert np.isnan(result.noise_ceiling).all()


def test_ceilings_are_those_of_twenty_listeners_with_known_noise() -> None:
    # Noise of a half's mean is 0.389 of the signal's variance: 1/1.389, its square, 1.1945/1.389.
    rng = rng_of(6)
    truth = pdist(rng.standard_normal((80, 5)))
    noise = truth.std() * np.sqrt(0.389 * 10)
    listeners = truth + noise * rng.standard_normal((20, truth.size))
    result = cross_validated_r2(listeners, truth, rng=rng)
    assert result.mean == pytest.approx(0.72, abs=0.02)
    assert result.noise_ceiling == pytest.approx((0.518, 0.86), abs=0.02)


def test_generating_model_lies_between_the_ceilings_and_a_random_one_near_zero() -> None:
    rng = rng_of(7)
    listeners, layers = simulated(rng, n_stimuli=60, n_listeners=20, noise=2.0)
    listeners -= listeners.mean(axis=1, keepdims=True)
    unrelated = pdist(rng.standard_normal((60, 3)))[None]
    results = models_r2(listeners, {"true": layers, "random": unrelated}, rng=rng)
    lower, upper = results["true"].noise_ceiling
    assert 0.1 < lower < results["true"].mean < upper < 1
    assert abs(results["random"].mean) < 0.03
    assert results["random"].noise_ceiling == results["true"].noise_ceiling


def test_layer_by_layer_and_partition_are_single_fits_on_the_same_splits() -> None:
    listeners, layers = simulated(rng_of(8))
    profile = layer_by_layer_r2(listeners, layers, rng=rng_of(1), n_splits=30)
    for result, layer in zip(profile, layers, strict=True):
        alone = cross_validated_r2(listeners, layer, rng=rng_of(1), n_splits=30)
        np.testing.assert_allclose(result.splits, alone.splits)
    parts = partition_variance(listeners, (layers[:1], layers[1:]), rng=rng_of(1), n_splits=30)
    whole = cross_validated_r2(listeners, layers, rng=rng_of(1), n_splits=30)
    assert parts.a.mean == pytest.approx(profile[0].mean)
    assert parts.both.mean == pytest.approx(whole.mean)
    assert parts.unique_a + parts.unique_b + parts.shared == pytest.approx(whole.mean)
    assert parts.unique_a + parts.shared == pytest.approx(parts.a.mean)


def test_partition_finds_what_is_shared_and_what_is_not() -> None:
    rng = rng_of(9)
    first, second, third = (pdist(rng.standard_normal((40, 4))) for _ in range(3))
    listeners = first + second + 0.3 * rng.standard_normal((10, first.size))
    separate = partition_variance(listeners, (first, second), rng=rng, n_splits=50)
    assert separate.unique_a > 0.3
    assert separate.unique_b > 0.3
    assert abs(separate.shared) < 0.1
    same = partition_variance(listeners, (first, [first, third]), rng=rng, n_splits=50)
    assert abs(same.unique_a) < 1e-10
    assert same.shared == pytest.approx(same.a.mean)


@hypothesis_settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.floats(0.1, 50), st.floats(-5, 5))
def test_linear_maps_of_layers_and_units_of_listeners_change_nothing(seed, scale, shift) -> None:
    rng = rng_of(seed)
    listeners, layers = simulated(rng)
    mixed = (rng.standard_normal((3, 3)) + 3 * np.eye(3)) @ layers + shift
    expected = cross_validated_r2(listeners, layers, rng=rng_of(0), n_splits=5)
    other = cross_validated_r2(scale * listeners + shift, mixed, rng=rng_of(0), n_splits=5)
    np.testing.assert_allclose(other.splits, expected.splits, atol=1e-7)
    order = rng.permutation(12)
    places = stimulus_pairs(66).permuted(order[None])[0]
    moved = cross_validated_r2(listeners[:, places], layers[:, places], rng=rng_of(0), n_splits=5)
    np.testing.assert_allclose(moved.splits, expected.splits, atol=1e-9)


def test_repeated_and_constant_layers_add_nothing() -> None:
    listeners, layers = simulated(rng_of(10))
    more = np.vstack([layers, layers[:1], np.full((1, layers.shape[1]), 0.7)])
    for held_out in (0.0, 0.4):
        plain, padded = (
            cross_validated_r2(
                listeners, rows, rng=rng_of(), n_splits=5, settings=RsaSettings(held_out=held_out)
            )
            for rows in (layers, more)
        )
        np.testing.assert_allclose(plain.splits, padded.splits, atol=1e-9)


def test_heavy_ridge_predicts_the_mean() -> None:
    listeners, layers = simulated(rng_of(11))
    listeners -= listeners.mean(axis=1, keepdims=True)
    result = cross_validated_r2(
        listeners, layers, rng=rng_of(), n_splits=5, settings=RsaSettings(ridge=1e9)
    )
    np.testing.assert_allclose(result.splits, 0, atol=1e-6)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda y, x: (np.where(np.arange(66) == 4, np.nan, y), x), "listener 1 .* pair 5 .7 such"),
        (lambda y, x: (y, np.where(np.arange(66) == 4, np.inf, x)), "model: layer 1 .* pair 5"),
        (
            lambda y, x: (np.vstack([y, np.full(66, 3.1)]), x),
            "listener 8 gave every pair the same value: leave it out",
        ),
        (lambda y, x: (y, np.ones((2, 66))), "every layer has one dissimilarity"),
        (lambda y, x: (y, x[:, 1:]), r"shape \(3, 65\) do not fit .* 66 pairs"),
        (lambda y, x: (y[:, 1:], x), "65 values are not all pairs"),
    ],
)
def test_bad_data_are_told_in_one_line(spoil, message) -> None:
    listeners, layers = spoil(*simulated(rng_of(12)))
    with pytest.raises(RsaError, match=message) as caught:
        cross_validated_r2(listeners, layers, rng=rng_of(), n_splits=3)
    assert "\n" not in str(caught.value)


def test_opposite_listeners_have_an_upper_ceiling_of_zero() -> None:
    row = rng_of().random(66)
    result = cross_validated_r2([row, -row], [row], rng=rng_of(), n_splits=5)
    assert result.mean < 0
    assert result.noise_ceiling == pytest.approx((1, 0))


def test_a_half_that_averages_to_nothing_is_refused() -> None:
    row = rng_of().random(66)
    with pytest.raises(RsaError, match="average to one value"):
        cross_validated_r2([row, -row, row, -row], [row], rng=rng_of(), n_splits=50)


def test_sets_and_shapes_that_do_not_fit_are_refused() -> None:
    listeners, layers = simulated(rng_of(13))
    with pytest.raises(RsaError, match="66 pairs do not fit stimulus sets of 6, 6"):
        cross_validated_r2(listeners, layers, rng=rng_of(), settings=RsaSettings(set_sizes=(6, 6)))
    with pytest.raises(RsaError, match="66 and 65 pairs"):
        partition_variance(listeners, (layers, layers[:, 1:]), rng=rng_of())
    with pytest.raises(ValueError, match="L x n_pairs"):
        cross_validated_r2(listeners[0], layers, rng=rng_of())
    with pytest.raises(ValueError, match="at least 1 each"):
        cross_validated_r2(listeners, layers, rng=rng_of(), n_splits=0)
    with pytest.raises(RsaError, match="set of 5 stimuli is too small"):
        cross_validated_r2(
            listeners[:, :10], layers[:, :10], rng=rng_of(), settings=RsaSettings(held_out=0.5)
        )


def test_halves_are_balanced_and_of_different_listeners() -> None:
    train, test = draw_splits(5, 400, rng_of())
    np.testing.assert_allclose(train.sum(axis=1), 1)
    np.testing.assert_allclose(test.sum(axis=1), 1)
    assert not (train * test).any()
    assert (np.count_nonzero(train, axis=1) == 3).all()
    np.testing.assert_allclose(np.mean(train > 0, axis=0), 0.6, atol=0.1)


def test_real_listeners_predict_each_other(shared) -> None:
    with np.load(shared / "behaviour/timbre_Lakatos2000_Harm/subjects.npz") as file:
        listeners = file["condensed"]
    own = listeners.mean(axis=0, dtype=np.float64)
    result = cross_validated_r2(
        listeners, own, rng=rng_of(), n_splits=200, settings=RsaSettings(transform="zscore")
    )
    lower, upper = result.noise_ceiling
    assert 0.5 < lower < result.mean < 1
    assert upper == pytest.approx(result.mean, abs=0.05)
