"""Jackknife replicates against refits, and the coverage of their intervals."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import t as student

from semdnn.evaluation import rsa
from semdnn.evaluation.rsa_data import RsaError, RsaSettings
from semdnn.evaluation.rsa_fit import Splits, basis, draw_splits, half_moments, split_r2
from semdnn.evaluation.rsa_interval import Replicates, contrast, jackknife, partition_intervals


def rng_of(seed=0):
    return np.random.default_rng(seed)


def example(rng, n_stimuli=9, n_listeners=6):
    features = rng.standard_normal((n_stimuli, 4))
    layers = np.array([pdist(features[:, :1]), pdist(features[:, 1:])])
    listeners = pdist(features) + 0.4 * rng.standard_normal((n_listeners, layers.shape[1]))
    return listeners, layers


def r2_of(listeners, layers, splits, ridge=0.0):
    return split_r2(half_moments(listeners, splits), basis(layers, ridge)).mean()


@pytest.mark.parametrize("ridge", [0.0, 0.2])
def test_replicates_are_refits_without_each_stimulus_and_listener(ridge) -> None:
    listeners, layers = example(rng_of())
    models = {"both": layers, "first": layers[:1]}
    result = jackknife(
        listeners, models, rng=rng_of(1), n_splits=8, settings=RsaSettings(ridge=ridge)
    )
    splits = draw_splits(6, 8, rng_of(1))
    first, second = np.triu_indices(9, 1)
    assert result.without_stimulus.shape == (9, 2)
    assert result.without_listener.shape == (6, 2)
    for column, rows in enumerate(models.values()):
        assert result.values[column] == pytest.approx(r2_of(listeners, rows, splits, ridge))
        for stimulus in range(9):
            kept = (first != stimulus) & (second != stimulus)
            expected = r2_of(listeners[:, kept], rows[:, kept], splits, ridge)
            assert result.without_stimulus[stimulus, column] == pytest.approx(expected)
        for listener in range(6):
            scores = []
            for train, test in zip(*splits, strict=True):
                members = [
                    [m for m in np.flatnonzero(half) if m != listener] for half in (train, test)
                ]
                two = np.array([listeners[half].mean(axis=0) for half in members])
                halves = Splits(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))
                scores.append(r2_of(two, rows, halves, ridge))
            assert result.without_listener[listener, column] == pytest.approx(np.mean(scores))


def test_contrast_is_the_textbook_jackknife() -> None:
    rng = rng_of(2)
    replicates = Replicates(
        ("a", "b"), np.array([0.5, 0.2]), rng.random((9, 2)), rng.random((5, 2)), (9,)
    )
    parts = {}
    for over, values in (
        ("stimuli", replicates.without_stimulus),
        ("listeners", replicates.without_listener),
    ):
        d = values[:, 0] - values[:, 1]
        n = d.size
        parts[over] = (n - 1) / n * ((d - d.mean()) ** 2).sum()
        result = contrast(replicates, {"a": 1, "b": -1}, over=over, level=0.9)
        error = np.sqrt(parts[over])
        assert result.value == pytest.approx(0.3)
        assert result.standard_error == pytest.approx(error)
        assert result.high - 0.3 == pytest.approx(student.ppf(0.95, n - 1) * error)
        assert result.p == pytest.approx(2 * student.sf(0.3 / error, n - 1))
    both = contrast(replicates, {"a": 1, "b": -1})
    assert both.standard_error**2 == pytest.approx(sum(parts.values()))
    assert both.high - both.low == pytest.approx(2 * student.ppf(0.975, 4) * both.standard_error)


def test_jackknife_of_a_mean_is_its_standard_error() -> None:
    values = rng_of(3).random(12)
    left_out = (values.sum() - values) / 11
    replicates = Replicates(
        ("m",), np.array([values.mean()]), left_out[:, None], np.empty((0, 1)), (12,)
    )
    error = contrast(replicates, {"m": 1}, over="stimuli").standard_error
    assert error == pytest.approx(values.std(ddof=1) / np.sqrt(12))


def test_stimulus_sets_vary_by_themselves() -> None:
    rng = rng_of(4)
    left_out = np.r_[rng.random(5), 7 + rng.random(6)][:, None]
    replicates = Replicates(("m",), np.zeros(1), left_out, np.empty((0, 1)), (5, 6))
    parts = [(n - 1) * left_out[rows].var() for n, rows in ((5, slice(5)), (6, slice(5, 11)))]
    result = contrast(replicates, {"m": 1}, over="stimuli")
    assert result.standard_error**2 == pytest.approx(sum(parts))


def test_equal_models_do_not_differ() -> None:
    listeners, layers = example(rng_of(5))
    replicates = jackknife(listeners, {"a": layers, "b": layers[::-1]}, rng=rng_of(), n_splits=5)
    result = contrast(replicates, {"a": 1, "b": -1})
    assert result.value == pytest.approx(0, abs=1e-12)
    assert result.standard_error < 1e-10


def test_partition_intervals_hold_the_parts() -> None:
    listeners, layers = example(rng_of(6), n_stimuli=16)
    pair = (layers[:1], layers[1:])
    replicates = jackknife(listeners, rsa.with_both(pair), rng=rng_of(1), n_splits=9)
    intervals = partition_intervals(replicates)
    parts = rsa.partition_variance(listeners, pair, rng=rng_of(1), n_splits=9)
    for name, interval in intervals.items():
        assert interval.value == pytest.approx(getattr(parts, name))
        assert interval.low < interval.value < interval.high


def test_few_listeners_leave_intervals_over_stimuli() -> None:
    listeners, layers = example(rng_of(7), n_listeners=3)
    replicates = jackknife(listeners, {"m": layers}, rng=rng_of(), n_splits=5)
    assert contrast(replicates, {"m": 1}, over="stimuli").standard_error > 0
    with pytest.raises(RsaError, match="needs 4: take over='stimuli'"):
        contrast(replicates, {"m": 1})


def test_bad_requests_are_refused() -> None:
    listeners, layers = example(rng_of(8))
    replicates = jackknife(listeners, {"m": layers}, rng=rng_of(), n_splits=5)
    with pytest.raises(RsaError, match="no model 'x': there are m"):
        contrast(replicates, {"x": 1})
    with pytest.raises(ValueError, match="level 95"):
        contrast(replicates, {"m": 1}, level=95)
    with pytest.raises(RsaError, match="at least 4 stimuli"):
        jackknife(listeners[:, :3], {"m": layers[:, :3]}, rng=rng_of())


@pytest.mark.slow
def test_intervals_over_both_cover_and_over_one_source_do_not() -> None:
    """New stimuli and listeners in every experiment; the target is the mean over experiments."""
    rng, experiments = rng_of(9), []
    for _ in range(200):
        features = rng.standard_normal((20, 5))
        tastes = rng.gamma(4, 0.25, size=(10, 3))
        listeners = np.array([pdist(features[:, :3] * taste) for taste in tastes])
        listeners += rng.standard_normal(listeners.shape)
        layers = np.array([pdist(features[:, [0]]), pdist(features[:, 1:])])
        models = {"a": layers, "b": layers[:1]}
        experiments.append(jackknife(listeners, models, rng=rng, n_splits=30))
    for weights in ({"a": 1}, {"a": 1, "b": -1}):
        target = np.mean([contrast(e, weights).value for e in experiments])
        coverage = {
            over: np.mean(
                [
                    result.low <= target <= result.high
                    for result in (contrast(e, weights, over=over) for e in experiments)
                ]
            )
            for over in ("both", "stimuli", "listeners")
        }
        assert 0.91 <= coverage["both"] <= 1
        assert coverage["stimuli"] < coverage["both"]
        assert coverage["listeners"] < coverage["both"]
