"""Scoring a set block by block, against the whole set at once and against one sound by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import nnls as peer
from scipy.sparse import csr_array

from semdnn.experiment import word_scores
from semdnn.experiment.evaluate import Predictions, score_set
from semdnn.semantics.dictionary import Dictionary

W, D, S = 40, 8, 23


@pytest.fixture
def dictionary():
    vectors = np.random.default_rng(0).normal(size=(W, D))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    words = tuple(f"word {index}" for index in range(W))
    return Dictionary(words, vectors, np.ones(W), np.zeros(W), "made up", 1.0)


@pytest.fixture
def data():
    rng = np.random.default_rng(1)
    truth = rng.random((S, W)) < 0.08
    truth[[3, 17]] = False
    truth[[4, 22], 5] = True
    return SimpleNamespace(
        names=range(S),
        truth=csr_array(truth),
        has_words=truth.any(axis=1),
        classes=range(4),
        class_vectors=rng.normal(size=(4, D)),
        class_truth=csr_array(np.eye(4, dtype=bool)[rng.integers(4, size=S)]),
    )


@pytest.fixture
def embeddings():
    return np.random.default_rng(2).normal(size=(S, D)).astype(np.float32)


def assert_same(one, other):
    assert one.per_sound.keys() == other.per_sound.keys()
    for key, values in one.per_sound.items():
        np.testing.assert_allclose(values, other.per_sound[key], atol=1e-6, err_msg=key)
    assert one.extra == other.extra
    np.testing.assert_array_equal(one.top, other.top)


@pytest.mark.parametrize("size", [1, 5, 21])
def test_blocks_change_no_score(monkeypatch, dictionary, data, embeddings, size):
    whole = score_set(Predictions(embeddings), dictionary, data)
    monkeypatch.setattr(word_scores, "BLOCK_SOUNDS", size)
    assert_same(score_set(Predictions(embeddings), dictionary, data), whole)
    n_scored = int(data.has_words.sum())
    assert 0 < n_scored < S
    assert whole.per_sound["ranking.dual"].shape == (n_scored,)
    assert whole.per_sound["zero_shot"].shape == (S,)


def test_blocks_change_no_score_of_word_probabilities(monkeypatch, dictionary, data, embeddings):
    probabilities = np.random.default_rng(3).random((S, W)).astype(np.float32)
    whole = score_set(Predictions(embeddings, probabilities), dictionary, data)
    monkeypatch.setattr(word_scores, "BLOCK_SOUNDS", 4)
    assert_same(score_set(Predictions(embeddings, probabilities), dictionary, data), whole)
    assert whole.extra == {}


def test_each_sound_is_ranked_by_its_own_weights(monkeypatch, dictionary, data, embeddings):
    monkeypatch.setattr(word_scores, "BLOCK_SOUNDS", 6)
    scores = score_set(Predictions(embeddings), dictionary, data)
    rows = np.pad(dictionary.vectors.astype(np.float64), ((0, 0), (0, 1)), constant_values=1.0)
    rows[:, :D] /= np.linalg.norm(rows[:, :D], axis=1, keepdims=True)
    n_weights = []
    for at, sound in enumerate(np.flatnonzero(data.has_words)):
        target = np.append(embeddings[sound] / np.linalg.norm(embeddings[sound]), 1.0)
        beta = peer(rows.T, target)[0]
        gradient = rows @ (target - beta @ rows)
        keys = list(zip(beta.tolist(), gradient.tolist(), strict=True))
        true = data.truth[[sound]].indices
        ranks = [1 + sum(key > keys[word] for key in keys) for word in true]
        expected = np.mean([1 - (rank - 1) / (W - 1) for rank in ranks])
        assert scores.per_sound["ranking.dual"][at] == pytest.approx(expected)
        n_weights.append(np.count_nonzero(beta))
    assert scores.extra["median_n_weights"] == np.median(n_weights)
    assert scores.extra["n_not_converged"] == 0
