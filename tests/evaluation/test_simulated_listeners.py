"""Simulated listeners hear what they are told to, and RSA finds it."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from semdnn.evaluation.rsa import models_r2, partition_variance
from semdnn.evaluation.rsa_data import RsaError, RsaSettings
from semdnn.evaluation.simulated_listeners import simulate_listeners


def parts_of(rng, n_stimuli=40):
    return np.array([pdist(rng.standard_normal((n_stimuli, 4))) for _ in range(2)])


def test_reports_are_the_weighted_parts_and_noise() -> None:
    rng = np.random.default_rng(0)
    parts = parts_of(rng)
    scores = (parts - parts.mean(axis=1, keepdims=True)) / parts.std(axis=1, keepdims=True)
    exact = simulate_listeners(parts, [1, 3], n_listeners=4, rng=rng, noise=0)
    np.testing.assert_allclose(exact.listeners, exact.weights @ scores)
    np.testing.assert_allclose(exact.truth, 0.5 * scores[0] + 0.75**0.5 * scores[1])
    many = simulate_listeners(parts, [1, 3], n_listeners=3_000, rng=rng, noise=1.5)
    np.testing.assert_allclose(many.weights.mean(axis=0), [0.5, 0.75**0.5], atol=0.02)
    residual = many.listeners - many.weights @ scores
    assert residual.std() == pytest.approx(1.5, rel=0.01)


@pytest.mark.parametrize("sorting", [False, True])
def test_rsa_recovers_the_larger_share(sorting) -> None:
    rng = np.random.default_rng(1)
    parts = parts_of(rng)
    made = simulate_listeners(
        parts, [0.2, 0.8], n_listeners=20, rng=rng, noise=1.0, sorting=sorting
    )
    options = RsaSettings(transform="zscore")
    result = partition_variance(
        made.listeners, (parts[:1], parts[1:]), rng=rng, n_splits=50, settings=options
    )
    assert result.unique_b > 2 * result.unique_a > 0
    if not sorting:
        best = models_r2(made.listeners, {"t": made.truth}, rng=rng, n_splits=50, settings=options)[
            "t"
        ]
        assert best.noise_ceiling.lower < best.mean < best.noise_ceiling.upper


def test_sorting_gives_steps_from_one() -> None:
    rng = np.random.default_rng(2)
    made = simulate_listeners(parts_of(rng, 9), [1, 1], n_listeners=3, rng=rng, sorting=True)
    for row in made.listeners:
        assert set(row) == set(range(1, 9))


@pytest.mark.parametrize(
    ("parts", "shares", "message"),
    [
        (np.ones((1, 6)), [1], "constant or not finite"),
        (np.eye(3, 6), [1, 1], "do not fit parts"),
        (np.eye(3, 6), [0, 0, 0], "not all 0"),
        (np.eye(3, 6), [1, -1, 0], "none negative"),
        (np.eye(3, 7), [1, 1, 1], "7 values are not all pairs"),
    ],
)
def test_parts_that_cannot_be_heard_are_refused(parts, shares, message) -> None:
    with pytest.raises(RsaError, match=message):
        simulate_listeners(parts, shares, n_listeners=2, rng=np.random.default_rng(0))
