"""AMCSS against a literal loop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from semdnn.evaluation import amcss as module
from semdnn.evaluation.amcss import amcss
from semdnn.evaluation.dissimilarity import DissimilarityError
from semdnn.evaluation.ranking import ScoreError


def literal(top_words, truth, vectors, top_n):
    unit = [vector / np.sqrt(vector @ vector) for vector in vectors]
    result = []
    for sound, top in enumerate(top_words):
        curve = []
        for n in top_n:
            nearest = []
            for true in np.flatnonzero(truth[sound]):
                nearest.append(max(float(unit[true] @ unit[word]) for word in top[:n]))
            curve.append(sum(nearest) / len(nearest))
        result.append(curve)
    return np.array(result)


def problem(seed: int, n_sounds: int = 3, n_words: int = 20, n_dims: int = 4):
    rng = np.random.default_rng(seed)
    truth = rng.random((n_sounds, n_words)) < 0.2
    truth[:, 0] |= ~truth.any(axis=1)
    top = np.stack([rng.permutation(n_words) for _ in range(n_sounds)])
    return top, truth, rng.standard_normal((n_words, n_dims))


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 20))
def test_equals_a_literal_loop(seed, n_words) -> None:
    top, truth, vectors = problem(seed, n_words=n_words)
    scores = amcss(top, csr_array(truth), vectors)
    assert scores.shape == (3, 11)
    np.testing.assert_allclose(scores, literal(top, truth, vectors, range(5, 16)), atol=1e-12)


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_never_falls_with_n_and_ignores_vector_lengths(seed) -> None:
    top, truth, vectors = problem(seed)
    scores = amcss(top[:, :15], csr_array(truth), vectors)
    assert (np.diff(scores, axis=1) >= 0).all()
    longer = vectors * np.random.default_rng(seed).uniform(0.1, 9, (len(vectors), 1))
    np.testing.assert_allclose(amcss(top, csr_array(truth), longer), scores, atol=1e-12)


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_permuting_sounds_permutes_scores(seed) -> None:
    top, truth, vectors = problem(seed)
    order = np.random.default_rng(seed).permutation(len(top))
    before = amcss(top, csr_array(truth), vectors)
    after = amcss(top[order], csr_array(truth[order]), vectors)
    np.testing.assert_allclose(before[order], after, atol=1e-15)


def test_true_words_on_top_score_1() -> None:
    _, _, vectors = problem(0)
    truth = np.zeros((1, 20), dtype=bool)
    truth[0, [3, 7]] = True
    scores = amcss(np.array([[7, 3, 1, 0, 2]]), csr_array(truth), vectors, top_n=[2, 5])
    np.testing.assert_allclose(scores, 1)


def test_chunks_change_nothing(monkeypatch) -> None:
    top, truth, vectors = problem(3)
    whole = amcss(top, csr_array(truth), vectors)
    monkeypatch.setattr(module, "_CELLS", 1)
    np.testing.assert_allclose(amcss(top, csr_array(truth), vectors), whole, atol=1e-15)


def test_what_does_not_fit_is_refused() -> None:
    top, truth, vectors = problem(1)
    with pytest.raises(ValueError, match="15 predicted words a sound are needed, not 14"):
        amcss(top[:, :14], csr_array(truth), vectors)
    with pytest.raises(ValueError, match="does not fit"):
        amcss(top[:-1], csr_array(truth), vectors)
    with pytest.raises(ValueError, match="must be 1 or more"):
        amcss(top, csr_array(truth), vectors, top_n=[0, 5])
    truth[2] = False
    with pytest.raises(ScoreError, match="sound 2 has no true word"):
        amcss(top, csr_array(truth), vectors)
    truth[2, 0] = True
    vectors[4] = 0
    with pytest.raises(DissimilarityError, match="vector of word 4 is zero"):
        amcss(top, csr_array(truth), vectors)
