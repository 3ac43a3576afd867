"""Resampling by recording against enumeration, and against the ordinary procedures."""

from itertools import product

import numpy as np
import pytest

from semdnn.evaluation import by_recording
from semdnn.evaluation.by_recording import (
    draw_resamples,
    paired_test_by_recording,
    percentile_interval,
    resampled_means,
)

RECORDINGS = ["a", "a", "a", "b", "c"]
VALUES = np.array([0.0, 0.3, 0.6, 1.0, 0.5])


def test_means_are_those_of_the_sounds_of_the_drawn_recordings():
    drawn = draw_resamples(RECORDINGS, np.random.default_rng(0), n_resamples=50)
    codes = [0, 0, 0, 1, 2]
    for counts, mean in zip(drawn.counts, resampled_means(VALUES[:, None], drawn), strict=True):
        literal = [v for v, c in zip(VALUES, codes, strict=True) for _ in range(counts[c])]
        assert mean[0] == pytest.approx(np.mean(literal))
    weights = np.concatenate(list(drawn.weights()))
    np.testing.assert_array_equal(weights, drawn.counts[:, codes])


def test_interval_nears_the_enumeration_of_all_draws():
    groups = {"a": [0.0, 0.3, 0.6], "b": [1.0], "c": [0.5]}
    means = [np.mean([v for g in draw for v in groups[g]]) for draw in product("abc", repeat=3)]
    low, high = np.quantile(means, [0.1, 0.9])
    drawn = draw_resamples(RECORDINGS, np.random.default_rng(1), n_resamples=20_000)
    found = percentile_interval(resampled_means(VALUES[:, None], drawn), level=0.8)
    np.testing.assert_allclose(found[0], [low, high], atol=0.02)


def test_clips_of_one_recording_widen_the_interval():
    rng = np.random.default_rng(2)
    values = np.repeat(rng.random(40), 10)[:, None]
    clustered = draw_resamples(np.repeat(np.arange(40), 10), rng, n_resamples=500)
    single = draw_resamples(np.arange(400), rng, n_resamples=500)
    wide, narrow = (
        np.ptp(percentile_interval(resampled_means(values, drawn))) for drawn in (clustered, single)
    )
    assert wide > 2.5 * narrow  # √10 in expectation


def test_a_missing_score_is_left_out():
    values = np.array([[0.2, np.nan], [0.4, 1.0]])
    drawn = draw_resamples(["x", "y"], np.random.default_rng(0), n_resamples=64)
    means = resampled_means(values, drawn)
    without = drawn.counts[:, 1] == 0
    assert without.any()
    np.testing.assert_array_equal(np.isnan(means[:, 1]), without)
    assert (means[~without, 1] == 1).all()
    assert percentile_interval(means)[1].tolist() == [1, 1]


def test_p_value_nears_the_enumeration_of_signs_of_recordings():
    rng = np.random.default_rng(3)
    recordings = np.repeat(np.arange(8), 3)
    a, b = rng.random(24) + 0.12, rng.random(24)
    sums = [(a - b)[recordings == r].sum() for r in range(8)]
    all_signs = np.abs([np.dot(signs, sums) for signs in product([-1, 1], repeat=8)])
    exact = np.mean(all_signs >= abs(np.sum(sums)) - 1e-12)
    p = paired_test_by_recording(a, b, recordings.tolist(), rng, n_permutations=20_000)
    assert 0.001 < exact < 0.9
    assert p == pytest.approx(exact, abs=0.02)


def test_copies_of_a_sound_add_no_evidence():
    rng = np.random.default_rng(4)
    a, b = rng.random(6) + 0.4, rng.random(6)
    copied = np.repeat(a, 30), np.repeat(b, 30), np.repeat(np.arange(6), 30)
    once = paired_test_by_recording(a, b, range(6), np.random.default_rng(0))
    often = paired_test_by_recording(*copied, np.random.default_rng(0))
    assert often == once >= 1 / 2**6


def test_small_blocks_give_the_same(monkeypatch):
    drawn = draw_resamples(RECORDINGS, np.random.default_rng(0), n_resamples=9)
    whole = resampled_means(VALUES[:, None], drawn)
    monkeypatch.setattr(by_recording, "_CELLS", 7)
    np.testing.assert_array_equal(resampled_means(VALUES[:, None], drawn), whole)
    assert sum(len(block) for block in drawn.weights()) == 9


def test_bad_arguments_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="0 sounds"):
        draw_resamples([], rng)
    with pytest.raises(ValueError, match="not those of 2 sounds"):
        resampled_means(np.zeros((3, 1)), draw_resamples(["a", "b"], rng))
    with pytest.raises(ValueError, match="level 95"):
        percentile_interval(np.zeros((3, 1)), level=95)
    with pytest.raises(ValueError, match="do not fit"):
        paired_test_by_recording(np.zeros(2), np.zeros(2), ["a"], rng)
