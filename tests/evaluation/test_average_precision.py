"""Average precision against a literal loop over thresholds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semdnn.evaluation.zero_shot import (
    average_precisions,
    mean_average_precision,
    resampled_precisions,
)


def literal(scores, truth, weights=None):
    """Σ (R_n − R_{n−1}) P_n over falling thresholds, sounds counted `weights` times."""
    weights = np.ones(len(scores)) if weights is None else weights
    total, recall, value = weights[truth].sum(), 0.0, 0.0
    for threshold in sorted(set(scores.tolist()), reverse=True):
        found = scores >= threshold
        hits, seen = weights[found & truth].sum(), weights[found].sum()
        if seen:
            value += (hits / total - recall) * hits / seen
            recall = hits / total
    return value


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 12), st.integers(1, 4))
def test_every_class_is_the_literal_value(seed, n_sounds, n_levels):
    rng = np.random.default_rng(seed)
    scores = rng.integers(n_levels, size=(n_sounds, 3)).astype(float)  # with ties
    truth = rng.random((n_sounds, 3)) < 0.4
    found = average_precisions(scores, truth)
    for k in range(3):
        if truth[:, k].any():
            assert found[k] == pytest.approx(literal(scores[:, k], truth[:, k]))
        else:
            assert np.isnan(found[k])


def test_samples_are_the_literal_value_of_repeated_sounds():
    rng = np.random.default_rng(0)
    scores = rng.integers(6, size=(15, 4)).astype(float)
    truth = rng.random((15, 4)) < 0.3
    weights = rng.integers(3, size=(20, 15)).astype(float)
    found = resampled_precisions(scores, truth, weights)
    for row, value in zip(weights, found, strict=True):
        per_class = [
            literal(scores[:, k], truth[:, k], row) for k in range(4) if row[truth[:, k]].sum()
        ]
        assert value == pytest.approx(np.mean(per_class))


def test_a_sound_of_several_classes_counts_in_each():
    scores = np.array([[0.9, 0.8], [0.1, 0.9], [0.5, 0.1]])
    truth = np.array([[True, True], [False, False], [False, True]])
    assert average_precisions(scores, truth).tolist() == [1.0, pytest.approx((1 / 2 + 2 / 3) / 2)]
    assert mean_average_precision(scores, truth) == pytest.approx((1 + 7 / 12) / 2)


def test_knowing_nothing_gives_the_share_of_the_class():
    truth = np.zeros((10, 1), bool)
    truth[:3] = True
    assert average_precisions(np.zeros((10, 1)), truth)[0] == pytest.approx(0.3)


def test_a_sample_without_any_true_sound_has_no_value():
    scores, truth = np.array([[1.0], [0.0]]), np.array([[True], [False]])
    found = resampled_precisions(scores, truth, np.array([[0.0, 2.0], [1.0, 1.0]]))
    assert np.isnan(found[0])
    assert found[1] == 1
